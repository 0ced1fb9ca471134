#include "src/signing/public_key_call.h"

#include <memory>
#include <utility>

#include "src/signing/operations.h"
#include "src/signing/outcome.h"

namespace hawser::signing {

PublicKeyCall::PublicKeyCall(const Start& start)
    : loop_(start.loop),
      keyring_(start.keyring),
      pending_(start.pending),
      observers_(start.observers),
      reserved_(start.reserved),
      arrived_(start.facts.arrived),
      deadline_(start.facts.deadline),
      connection_(start.facts.connection()),
      plan_(start.plan),
      record_(start.record),
      request_(start.request),
      response_(start.response),
      waiter_(PendingKeys::Waiter::Told::bind<&PublicKeyCall::on_told>(*this)) {}

lanes::Admission PublicKeyCall::start() {
  const PendingKeys::Outcome outcome = pending_.wait(waiter_, plan_.key_id);
  if (outcome == PendingKeys::Outcome::kWaits) return {};
  if (outcome != PendingKeys::Outcome::kNotPending) return refusal_to_wait(outcome);
  end(answer());
  return {};
}

void PublicKeyCall::OnCancel() {
  if (!pending_.leave(waiter_)) return;
  const lanes::Reason why = deadline_ <= Clock::now() ? lanes::Reason::kExpired : lanes::Reason::kCancelled;
  end(tl::unexpected<Error>(error_of(why)));
}

void PublicKeyCall::OnDone() {
  (void)is_over_.load(std::memory_order_acquire);  // what another thread did for it is over
  const std::unique_ptr<PublicKeyCall> self(this);
  const std::unique_lock lock = loop_.lock();
  loop_.connections.remove(connection_);
}

// On the thread that made the key.
void PublicKeyCall::on_told(bool is_closed) {
  end(is_closed ? tl::unexpected<Error>(error_of(lanes::Reason::kStopped)) : answer());
}

Result<void> PublicKeyCall::answer() {
  const std::shared_ptr<const keys::KeyMap> keys = keyring_.snapshot();
  const Result<KeyChoice> choice = choose_public_key(*keys, &pending_, plan_);
  if (!choice) return tl::unexpected<Error>(choice.error());
  record_.key_version = choice->version->number;
  fill_public_key(plan_, *choice, request_, response_);
  return {};
}

void PublicKeyCall::end(const Result<void>& done) {
  ::grpc::Status status = status_of(done);
  if (reserved_ > 0) {
    record_.code = status.error_code();
    record_.total = Clock::now() - arrived_;
    observers_.tell_reserved(record_, reserved_);
  }
  is_over_.store(true, std::memory_order_release);
  Finish(std::move(status));
}

}  // namespace hawser::signing
