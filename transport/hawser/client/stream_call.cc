#include "hawser/client/stream_call.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "hawser/client/channel.h"
#include "hawser/client/client_protocol.h"

namespace hawser::client {

using grpc::Status;

StreamCall::StreamCall(Responses responses, Events& events)
    : events_(events),
      responses_(responses),
      call_(Call::Completion::bind<&StreamCall::on_wire_done>(*this)),
      progress_(Delegate<void()>::bind<&StreamCall::on_progress>(*this)),
      work_link_(*this),
      unread_link_(*this) {
  call_.progress_ = &progress_;
}

// --- any thread --------------------------------------------------------------------------------------------

void StreamCall::reset() {
  call_.stream_.reset();
  call_.request_size_ = 0;
  staged_.clear();
  next_message_.clear();
  phase_ = Phase::kIdle;
  queued_bytes_ = 0;
  written_messages_ = 0;
  writes_ended_ = write_unanswered_ = read_wanted_ = false;
  cancel_status_.reset();
  wire_over_ = told_metadata_ = read_unanswered_ = false;
}

MutableBytes StreamCall::begin_write(std::size_t size) {
  next_message_.clear();
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::kIdle) call_.request_size_ = std::max(call_.request_size_, size);
    if (phase_ == Phase::kRunning && size > max_send_bytes_) {
      if (!cancel_status_) cancel_status_ = over_send_limit(size, max_send_bytes_);
      wake_loop();
      return {};
    }
  }
  if (size > std::numeric_limits<std::uint32_t>::max()) return {};
  return next_message_.append(size);
}

bool StreamCall::end_write(Last last, grpc::Compress compress) {
  if (compress == grpc::Compress::kAsCall && call_.encoding_ != grpc::Encoding::kIdentity) {
    next_message_.compress_last(call_.encoding_);
  }
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::kOver || wire_over_ || writes_ended_ || !next_message_.has_message()) return false;
  staged_.append_all(next_message_);
  ++written_messages_;
  writes_ended_ = last == Last::kYes;
  write_unanswered_ = phase_ == Phase::kRunning;
  wake_loop();
  return true;
}

void StreamCall::end_writes() {
  const std::lock_guard lock(mutex_);
  writes_ended_ = true;
  wake_loop();
}

bool StreamCall::is_writable() const {
  const std::lock_guard lock(mutex_);
  return phase_ != Phase::kOver && (!write_unanswered_ || staged_.remaining() + queued_bytes_ < kWriteMark);
}

bool StreamCall::read() {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::kOver || responses_ == Responses::kOne) return false;
  read_wanted_ = true;
  wake_loop();
  return true;
}

void StreamCall::cancel(Status status) {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::kOver || cancel_status_) return;
  cancel_status_ = std::move(status);
  wake_loop();
}

bool StreamCall::is_running() const {
  const std::lock_guard lock(mutex_);
  return phase_ == Phase::kRunning;
}

/// Holding mutex_, so that neither the call nor its channel can end meanwhile.
void StreamCall::wake_loop() {
  if (phase_ != Phase::kRunning || loop_knows_) return;
  loop_knows_ = true;
  channel_->post_work(*this);
}

// --- starting ----------------------------------------------------------------------------------------------

void StreamCall::prepare(Channel& channel) {
  channel_ = &channel;
  max_send_bytes_ = channel.send_limit(call_.path_);
  call_.has_request_ = true;
  call_.stream_.begin_streaming(responses_ == Responses::kMany);
  const std::lock_guard lock(mutex_);
  phase_ = Phase::kRunning;
  loop_knows_ = true;  // its work link goes with it
  take_operations();
}

void StreamCall::undo_prepare() {
  const std::lock_guard lock(mutex_);
  phase_ = Phase::kIdle;
}

/// The channel goes while messages wait to be read.
void StreamCall::close(Status status) {
  cancel(std::move(status));
  advance();
}

// --- the loop ----------------------------------------------------------------------------------------------

void StreamCall::on_wire_done(Call&) {
  {
    const std::lock_guard lock(mutex_);
    wire_over_ = true;
    staged_.clear();
  }
  if (!call_.stream_.is_read_out()) channel_->add_unread(*this);
  advance();
}

/// Tells events until there are none. Operations that they begin are seen here and need not wake the loop.
void StreamCall::advance() {
  if (advancing_) return;
  advancing_ = true;
  for (;;) {
    switch (next_event()) {
      case Event::kNone:
        advancing_ = false;
        return;
      case Event::kInitialMetadata:
        events_.on_initial_metadata();
        break;
      case Event::kMessage:
        events_.on_read(true);
        break;
      case Event::kNoMessage:
        events_.on_read(false);
        break;
      case Event::kWritten:
        events_.on_write_done(true);
        break;
      case Event::kNotWritten:
        events_.on_write_done(false);
        break;
      case Event::kCancel:
        apply_cancel();
        break;
      case Event::kDone:
        advancing_ = false;
        channel_->on_stream_over(call_);
        return events_.on_done();  // may destroy this
    }
  }
}

void StreamCall::apply_cancel() {
  std::optional<Status> status;
  {
    const std::lock_guard lock(mutex_);
    std::swap(status, cancel_status_);
  }
  if (wire_over_) {
    call_.stream_.abandon_unread(std::move(*status));
  } else {
    channel_->cancel_on_loop(call_, std::move(*status));
  }
}

/// What was written and asked for goes to the stream. Holding mutex_.
void StreamCall::take_operations() {
  grpc::ClientStream& stream = call_.stream_;
  bool has_news = false;
  if (!wire_over_ && stream.unsent_bytes() < kWriteMark) {
    has_news = staged_.has_message();
    stream.send(staged_);
  }
  if (writes_ended_ && !staged_.has_message() && stream.has_open_requests()) {
    stream.end_requests();
    has_news = true;
  }
  if (read_wanted_) {
    read_wanted_ = false;
    read_unanswered_ = true;
    stream.read_message();
    has_news = true;
  }
  queued_bytes_ = stream.unsent_bytes();
  if (call_.protocol_ == nullptr) return;
  call_.protocol_->on_messages_written(std::exchange(written_messages_, 0));
  if (has_news) call_.protocol_->wake();
}

StreamCall::Event StreamCall::next_event() {
  const grpc::ClientStream& stream = call_.stream_;
  const std::lock_guard lock(mutex_);
  loop_knows_ = true;
  if (cancel_status_) return Event::kCancel;
  take_operations();
  if (!told_metadata_ && stream.has_initial_metadata()) {
    told_metadata_ = true;
    return Event::kInitialMetadata;
  }
  if (read_unanswered_ && (stream.has_message() || (wire_over_ && stream.is_read_out()))) {
    read_unanswered_ = false;
    return stream.has_message() ? Event::kMessage : Event::kNoMessage;
  }
  if (write_unanswered_ && (wire_over_ || staged_.remaining() + queued_bytes_ < kWriteMark)) {
    write_unanswered_ = false;
    return wire_over_ ? Event::kNotWritten : Event::kWritten;
  }
  if (wire_over_ && stream.is_read_out()) {
    phase_ = Phase::kOver;
    unread_link_.unlink();
    channel_->unlink_work(*this);
    return Event::kDone;
  }
  loop_knows_ = false;
  return Event::kNone;
}

}  // namespace hawser::client
