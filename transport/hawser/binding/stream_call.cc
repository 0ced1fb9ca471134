#include "hawser/binding/stream_call.h"

#include <utility>

#include <google/protobuf/message_lite.h>

#include "hawser/binding/unary_reply.h"
#include "hawser/codec/protobuf_codec.h"

namespace hawser::binding {

StreamCall::StreamCall(server::ServerCall& call, ContextBacking& backing, Reactions& reactions)
    : call_(call), reactions_(reactions), task_(event::Task::Callback::bind<&StreamCall::on_task>(*this)) {
  link_context(context_, call, backing, Delegate<void()>::bind<&StreamCall::try_cancel>(*this));
  call_.set_stream_events(*this);
}

StreamCall::~StreamCall() { unlink_context(context_); }

void StreamCall::bound() {
  bound_ = has_reactor_ = true;
  call_.set_cancel_callback(Delegate<void()>::bind<&StreamCall::on_cancelled>(*this));
  perform(std::exchange(early_, 0));
}

void StreamCall::finish_without_reactor(const grpc::Status& status) {
  bound_ = finished_ = true;
  call_.send_status(status);
  call_.wake();
}

// --- operations

void StreamCall::send_initial_metadata() { ask(kMetadata); }

void StreamCall::read(google::protobuf::MessageLite& into) {
  read_into_ = &into;
  ask(kRead);
}

void StreamCall::write(const google::protobuf::MessageLite& message, grpc::Compress compress) {
  write_message_ = &message;
  write_compress_ = compress;
  ask(kWrite);
}

void StreamCall::finish(::grpc::Status status, const google::protobuf::MessageLite* message, LastMessage when,
                        grpc::Compress compress) {
  status_ = std::move(status);
  last_message_ = message;
  last_message_when_ = when;
  last_message_compress_ = compress;
  ask(kFinish);
}

void StreamCall::try_cancel() {
  if (!call_.is_loop_thread()) cancelled_elsewhere_.store(true);
  ask(kCancel);
}

void StreamCall::ask(Operation operation) {
  if (call_.is_loop_thread()) {
    if (!bound_) {
      early_ |= operation;
      return;
    }
    // Behind what other threads have asked for, lest a finish overtakes a write.
    if (wanted_.load(std::memory_order_acquire) == 0) return perform(operation);
  }
  if (wanted_.fetch_or(operation, std::memory_order_acq_rel) == 0) call_.post(task_);
}

void StreamCall::on_task() {
  const unsigned operations = wanted_.exchange(0, std::memory_order_acq_rel);
  if (done_) return reactions_.on_released();
  perform(operations);
  end_if_complete();
}

void StreamCall::perform(unsigned operations) {
  if ((operations & kMetadata) != 0) perform_metadata();
  if ((operations & kWrite) != 0) perform_write();
  if ((operations & kRead) != 0) {
    reading_ = true;
    call_.read();
  }
  if ((operations & kFinish) != 0) perform_finish();
  if ((operations & kCancel) != 0 && !finished_) call_.cancel_by_handler();
}

void StreamCall::perform_metadata() {
  metadata_owed_ = true;
  metadata_ok_ = take_headers() && !call_.is_over();
  if (metadata_ok_) call_.send_initial_metadata();
  call_.wake();
}

void StreamCall::perform_write() {
  writing_ = true;
  if (send_message(*write_message_, write_compress_)) return;
  write_failed_ = true;
  call_.wake();
}

void StreamCall::perform_finish() {
  const bool send_last =
      last_message_ != nullptr && (status_.ok() || last_message_when_ == LastMessage::kAlways);
  if (take_headers() &&
      (!send_last || call_.is_over() || send_message(*last_message_, last_message_compress_))) {
    const Result<void> taken = take_trailing_metadata(context_, call_);
    call_.send_status(taken ? from_stock(status_) : from_error(taken.error()));
  }
  finished_ = true;
  call_.wake();
}

bool StreamCall::take_headers() {
  if (std::exchange(headers_taken_, true)) return true;
  const Result<void> taken = take_initial_metadata(context_, call_);
  if (!taken) call_.abort(from_error(taken.error()));
  return taken.has_value();
}

/// False: it was not sent, and the call is over.
bool StreamCall::send_message(const google::protobuf::MessageLite& message, grpc::Compress compress) {
  if (!take_headers()) return false;
  const std::size_t size = codec::serialized_size(message);
  if (size == codec::kNotSerializable) {
    call_.abort(
        {grpc::StatusCode::kInternal, "the response can't be serialised as " + message.GetTypeName(), {}});
    return false;
  }
  const Result<MutableBytes> room = call_.begin_write(size);
  if (!room) {
    call_.abort(from_error(room.error()));
    return false;
  }
  codec::serialize(message, *room);
  call_.end_write(compress);
  return true;
}

// --- answers

void StreamCall::on_request_message() {
  const bool parsed = codec::parse(*read_into_, call_.request());
  if (!parsed) {
    call_.abort({grpc::StatusCode::kInternal,
                 "a request message is not a valid " + read_into_->GetTypeName(),
                 {}});  // P-53
  }
  reading_ = false;
  reactions_.on_read_done(parsed);
  end_if_complete();
}

void StreamCall::on_requests_end() {
  reading_ = false;
  reactions_.on_read_done(false);
  end_if_complete();
}

void StreamCall::on_writable() {
  // Of the message that came with the status nobody is told.
  if (!std::exchange(writing_, false)) return;
  reactions_.on_write_done(!call_.is_cancelled());
  end_if_complete();
}

void StreamCall::on_cancelled() {
  mark_cancelled(context_);
  cancel_owed_ = true;
  call_.wake();
}

void StreamCall::on_wake() {
  if (std::exchange(metadata_owed_, false)) reactions_.on_metadata_sent(metadata_ok_);
  if (std::exchange(write_failed_, false)) {
    writing_ = false;
    reactions_.on_write_done(false);
  }
  if (std::exchange(cancel_owed_, false)) reactions_.on_cancel();
  end_if_complete();
}

void StreamCall::end_if_complete() {
  const bool owes = reading_ || writing_ || metadata_owed_ || cancel_owed_;
  if (!finished_ || owes || done_) return;
  // Another thread's operation that was noted already is carried out, and answered, first.
  if ((wanted_.load(std::memory_order_acquire) & ~static_cast<unsigned>(kCancel)) != 0) return;
  done_ = true;
  call_.finish({}, server::ServerCall::Finished::bind<&StreamCall::on_finished>(*this));
}

void StreamCall::on_finished() {
  if (has_reactor_) reactions_.on_done();
  // Another thread may have called TryCancel() up to the very OnDone: the task releases.
  if (wanted_.load(std::memory_order_acquire) == 0) reactions_.on_released();
}

}  // namespace hawser::binding
