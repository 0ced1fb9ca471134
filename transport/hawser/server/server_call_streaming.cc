// The streaming half of ServerCall: operations, and when their answers are delivered.
#include <utility>

#include "hawser/event/loop.h"
#include "hawser/server/call_pool.h"
#include "hawser/server/server_call.h"
#include "hawser/server/server_protocol.h"
#include "hawser/server/stream_events.h"

namespace hawser::server {
namespace {

// Answers to one call before others get their turn: a handler that reads a thousand small messages asks for
// each in the answer to the one before (S-25).
constexpr int kAnswersAtOnce = 64;

}  // namespace

void ServerCall::read() {
  reading_ = true;
  if (!in_stream_) return answer_read(grpc::ServerStream::Read::kEnd);
  const grpc::ServerStream::Read outcome = stream_.read();
  protocol_->after_read(*this, 0);
  if (reading_) answer_read(outcome);
}

void ServerCall::continue_read() {
  if (!reading_) return;
  answer_read(stream_.continue_read());
}

void ServerCall::answer_read(grpc::ServerStream::Read outcome) {
  using Read = grpc::ServerStream::Read;
  if (outcome == Read::kPending) return;
  reading_ = false;
  set_due(outcome == Read::kMessage ? kDueMessage : kDueRequestsEnd);
}

void ServerCall::send_initial_metadata() {
  if (is_over()) return;
  stream_.send_initial_metadata();
  protocol_->pings_.forgive();
  protocol_->output_ready();
}

Result<MutableBytes> ServerCall::begin_write(std::size_t size) {
  const auto refuse = [](grpc::StatusCode code, std::string why) {
    return tl::unexpected<Error>(Error{ErrorScope::kStream, static_cast<int>(code), std::move(why)});
  };
  if (is_over()) return refuse(grpc::StatusCode::kCancelled, "the call is over");
  if (size > max_send_bytes_) {
    return refuse(grpc::StatusCode::kResourceExhausted, "reply of " + std::to_string(size) +
                                                            " bytes is over the send limit of " +
                                                            std::to_string(max_send_bytes_));
  }
  return stream_.begin_write(size);
}

void ServerCall::end_write(grpc::Compress compress) {
  stream_.end_write(compress);
  writing_ = true;
  protocol_->abuse_.on_message_sent();
  continue_write();
  protocol_->output_ready();
}

void ServerCall::continue_write() {
  if (!writing_ || stream_.queued_bytes() >= kWriteMark) return;
  writing_ = false;
  set_due(kDueWritable);
}

void ServerCall::send_status(const grpc::Status& status) {
  status_sent_ = true;
  cancel_callback_ = {};
  reply_early(status);
  answer_all();
}

void ServerCall::abort(const grpc::Status& status) {
  reply_early(status);
  cancel();
}

void ServerCall::reply_early(const grpc::Status& status) {
  if (is_over()) return;
  if (intercepted_ == 0) {
    stream_.reply(status);
  } else {
    grpc::Status changed = status;
    protocol_->tell_interceptors(*this, changed, true);
    stream_.reply(changed);
  }
  protocol_->await_reply(*this);
  protocol_->settle_held(*this, 0);
  protocol_->output_ready();
}

void ServerCall::answer_all() {
  if (std::exchange(reading_, false)) set_due(kDueRequestsEnd);
  if (std::exchange(writing_, false)) set_due(kDueWritable);
}

void ServerCall::wake() { set_due(kDueWake); }

void ServerCall::set_due(Due due) {
  const bool scheduled = due_ != 0 || delivering_;
  due_ |= due;
  if (!scheduled) schedule();
}

void ServerCall::schedule() {
  if (protocol_ != nullptr && (protocol_->is_busy() || loop_ == nullptr)) {
    protocol_->deliver_soon(*this);
  } else if (loop_ != nullptr) {
    due_posted_ = true;
    loop_->post(due_task_);
  } else {
    deliver();
  }
}

void ServerCall::on_due_task() {
  due_posted_ = false;
  deliver();
}

void ServerCall::deliver() {
  delivering_ = true;
  for (int i = 0; i < kAnswersAtOnce && due_ != 0; ++i) deliver_one();
  delivering_ = false;
  if (due_ != 0) return schedule();
  let_go();
}

void ServerCall::deliver_one() {
  const auto take = [this](Due due) {
    const bool is_due = (due_ & due) != 0;
    due_ &= ~static_cast<unsigned>(due);
    return is_due;
  };
  if (take(kDueMessage)) return events_->on_request_message();
  if (take(kDueRequestsEnd)) return events_->on_requests_end();
  if (take(kDueWritable)) return events_->on_writable();
  if (take(kDueWake)) events_->on_wake();
}

void ServerCall::end_events() {
  events_ = nullptr;
  due_ = 0;
  reading_ = writing_ = false;
  due_link_.unlink();
}

}  // namespace hawser::server
