#include "hawser/client/health_watch.h"

#include <algorithm>
#include <utility>

#include "hawser/client/client_protocol.h"
#include "hawser/codec/health_check.h"
#include "hawser/event/loop.h"
#include "hawser/grpc/message_writer.h"

namespace hawser::client {
namespace {

using codec::ServingStatus;
using grpc::Status;
using grpc::StatusCode;

// A status and what later versions may add to it.
constexpr std::size_t kMostAnswerBytes = 4096;

std::string_view name_of(ServingStatus status) {
  switch (status) {
    case ServingStatus::kServing:
      return "SERVING";
    case ServingStatus::kNotServing:
      return "NOT_SERVING";
    case ServingStatus::kServiceUnknown:
      return "SERVICE_UNKNOWN";
    case ServingStatus::kUnknown:
      break;
  }
  return "UNKNOWN";
}

}  // namespace

HealthWatch::HealthWatch(event::Loop& loop, std::string_view service, const BackoffOptions& backoff,
                         std::uint32_t seed, Delegate<void()> changed)
    : loop_(loop),
      service_(service),
      request_(codec::health_check_request(service)),
      backoff_(backoff, seed),
      changed_(changed),
      call_(Call::Completion{}),
      progress_(Delegate<void()>::bind<&HealthWatch::on_progress>(*this)),
      retry_timer_(loop, event::Timer::Callback::bind<&HealthWatch::ask>(*this)) {
  call_.set_path("/grpc.health.v1.Health/Watch");
  call_.set_max_receive_bytes(kMostAnswerBytes);
  call_.progress_ = &progress_;
  call_.is_background_ = true;
}

void HealthWatch::start(ClientProtocol& protocol) {
  stop();
  protocol_ = &protocol;
  backoff_.reset();
  state_ = State::kAsking;
  ask_again_ = in_flight_;  // the call before is still on its way out
  if (!in_flight_) ask();
}

void HealthWatch::stop() {
  retry_timer_.disarm();
  protocol_ = nullptr;
  state_ = State::kStopped;
  reason_.clear();
  ask_again_ = false;
  if (call_.protocol_ != nullptr) {
    call_.protocol_->cancel(call_, {StatusCode::kCancelled, "the health check ends", {}}, loop_.now());
  }
}

void HealthWatch::ask() {
  grpc::MessageWriter message;
  const MutableBytes room = message.append(request_.size());
  std::copy(request_.begin(), request_.end(), room.begin());
  call_.stream_.begin_streaming(true);
  call_.stream_.send(message);
  call_.stream_.end_requests();
  call_.stream_.read_message();
  call_.deadline = kNever;
  call_.times_ = CallTimes{.started = loop_.now(), .sent = {}, .first_byte = {}, .done = {}};
  call_.retried_ = true;  // what a refusal leads to is decided here
  in_flight_ = true;
  next_call_ = saturating_add(loop_.now(), backoff_.next());
  protocol_->start(call_);
  if (state_ == State::kNotServing) enter(State::kAsking, {});
}

void HealthWatch::on_progress() {
  read_answers();
  if (call_.protocol_ != nullptr) call_.protocol_->wake();
}

void HealthWatch::read_answers() {
  while (protocol_ != nullptr && call_.stream_.has_message()) {
    take_answer(call_.stream_.response());
    call_.stream_.read_message();
  }
}

void HealthWatch::take_answer(Bytes message) {
  const std::optional<ServingStatus> status = codec::parse_health_check_response(message);
  if (!status) return enter(State::kNotServing, "the answer to a health check is no HealthCheckResponse");
  backoff_.reset();
  next_call_ = saturating_add(call_.times_.started, backoff_.next());
  if (*status == ServingStatus::kServing) return enter(State::kServing, {});
  std::string reason = "health check: \"" + service_ + "\" is ";
  enter(State::kNotServing, reason.append(name_of(*status)));
}

void HealthWatch::on_call_over() {
  in_flight_ = false;
  call_.place_ = Call::Place::kNowhere;
  if (protocol_ == nullptr) return;
  if (std::exchange(ask_again_, false)) return ask();
  read_answers();
  const Status& status = call_.status();
  if (status.code == StatusCode::kUnimplemented) {
    return enter(State::kServing, "the server has no health service: it counts as healthy");
  }
  retry_timer_.arm(next_call_);
  std::string reason = "health check failed: ";
  enter(State::kNotServing, reason.append(to_string(status.code)).append(": ").append(status.message));
}

void HealthWatch::enter(State state, std::string reason) {
  if (state == state_ && reason == reason_) return;
  state_ = state;
  reason_ = std::move(reason);
  changed_();
}

}  // namespace hawser::client
