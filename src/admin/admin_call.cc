#include "src/admin/admin_call.h"

#include <utility>

#include <grpcpp/support/status.h>

#include "src/crypto/stack_wipe.h"
#include "src/keys/refusal.h"

namespace hawser::admin {
namespace {

using keys::Refusal;
using keys::refuse;

::grpc::Status status_of(const Result<void>& result) {
  if (result) return ::grpc::Status::OK;
  // Anything else than a refusal is a library's or the kernel's word, which isn't for callers.
  if (result.error().scope != ErrorScope::kStream) return {::grpc::StatusCode::INTERNAL, "the server failed"};
  return {static_cast<::grpc::StatusCode>(result.error().code), result.error().detail};
}

tl::unexpected<Error> ended_before(::grpc::StatusCode code, std::string_view why) {
  return tl::unexpected<Error>(Error{ErrorScope::kStream, code, std::string(why)});
}

}  // namespace

AdminCall::AdminCall(::grpc::CallbackServerContext& context, access::CallRecord record, Observers observers)
    : deadline_(context.deadline()),
      arrived_(Clock::now()),
      record_(std::move(record)),
      observers_(observers) {}

void AdminCall::start(const Result<void>& permission, TaskThread& thread, Work work) {
  if (const auto reserved = reserve(); !reserved) return end(reserved);
  if (!permission) return end(permission);
  work_ = std::move(work);
  switch (thread.post(*this)) {
    case TaskThread::Posted::kYes:
      return;
    case TaskThread::Posted::kFull:
      return end(refuse(Refusal::kResourceExhausted, "too many administrative calls wait: try again later"));
    case TaskThread::Posted::kStopped:
      return give_up();
  }
}

void AdminCall::run(const std::stop_token& stop) {
  const Instant begun = Clock::now();
  record_.queue = begun - arrived_;
  Result<void> result = check_still_wanted();
  if (result) {
    // Of exported and imported keys.
    const crypto::StackWipe wipe;
    const std::stop_callback ends(stop, [this] { stop_.request_stop(); });
    const auto version = work_(stop_.get_token());
    if (version) {
      record_.key_version = *version;
    } else {
      result = tl::unexpected<Error>(version.error());
    }
    record_.exec = Clock::now() - begun;
  }
  end(result);
}

void AdminCall::give_up() { end(refuse(Refusal::kUnavailable, "the server is stopping")); }

Result<void> AdminCall::reserve() {
  for (access::CallObserver* observer : observers_) {
    if (!observer->reserve(record_)) {
      return refuse(Refusal::kUnavailable, "no record of this call can be kept, so it was not made");
    }
    ++reserved_;
  }
  return {};
}

Result<void> AdminCall::check_still_wanted() const {
  if (is_late()) {
    return ended_before(::grpc::StatusCode::DEADLINE_EXCEEDED,
                        "the deadline passed before anything was done");
  }
  if (stop_.stop_requested()) {
    return ended_before(::grpc::StatusCode::CANCELLED, "cancelled before anything was done");
  }
  return {};
}

void AdminCall::end(const Result<void>& result) {
  ::grpc::Status status = status_of(result);
  record_.code = status.error_code();
  record_.total = Clock::now() - arrived_;
  for (std::size_t i = 0; i < reserved_; ++i) observers_[i]->on_call(record_);
  Finish(std::move(status));
}

}  // namespace hawser::admin
