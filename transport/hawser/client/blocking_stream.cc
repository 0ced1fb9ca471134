#include "hawser/client/blocking_stream.h"

#include <utility>

#include "hawser/client/channel.h"
#include "hawser/client/message_status.h"
#include "hawser/codec/protobuf_codec.h"

namespace hawser::client::detail {

using grpc::Status;
using grpc::StatusCode;

BlockingStream::Owner BlockingStream::start(Channel& channel, StreamCall::Responses responses,
                                            std::string_view path, const CallOptions& options,
                                            const Message* only_request) {
  Owner stream(new BlockingStream(channel, responses));
  stream->begin(path, options, only_request);
  return stream;
}

void BlockingStream::begin(std::string_view path, const CallOptions& options, const Message* only_request) {
  Status fault = apply(call_, channel_.options(), path, options);
  if (only_request != nullptr) {
    const std::size_t size = codec::serialized_size(*only_request);
    if (size == codec::kNotSerializable) {
      fault = not_serializable();
    } else {
      codec::serialize(*only_request, call_.begin_write(size));
      call_.end_write(StreamCall::Last::kYes);
    }
  }
  if (!fault.ok()) call_.cancel(std::move(fault));
  if (channel_.start(call_)) return;
  never_started_ = {StatusCode::kCancelled, "the channel was closed", {}};
  done_ = true;  // no other thread knows of it
}

void BlockingStream::Release::operator()(BlockingStream* stream) const {
  stream->call_.cancel();
  bool done = false;
  {
    const std::lock_guard lock(stream->mutex_);
    done = stream->done_;
    stream->released_ = true;
  }
  if (done) delete stream;
}

bool BlockingStream::refuses_to_block() {
  if (!never_started_.ok()) return true;
  {
    const std::lock_guard lock(mutex_);
    if (done_) return false;  // nothing waits any more, and the channel may be gone
  }
  if (!channel_.is_loop_thread()) return false;
  call_.cancel(blocks_loop());
  return true;
}

template <class Condition>
void BlockingStream::wait_until(Condition condition) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return done_ || condition(); });
}

bool BlockingStream::write(const Message& message, StreamCall::Last last, grpc::Compress compress) {
  if (!never_started_.ok()) return false;
  if (!call_.is_writable()) {
    if (refuses_to_block()) return false;
    wait_until([this] { return call_.is_writable(); });
  }
  const std::size_t size = codec::serialized_size(message);
  if (size == codec::kNotSerializable) {
    call_.cancel(not_serializable());
    return false;
  }
  const MutableBytes room = call_.begin_write(size);
  if (room.size() == size) codec::serialize(message, room);
  return call_.end_write(last, compress);
}

bool BlockingStream::read_bytes() {
  {
    const std::lock_guard lock(mutex_);
    read_answer_ = ReadAnswer::kNone;
  }
  if (!call_.read()) return false;
  wait_until([this] { return read_answer_ != ReadAnswer::kNone; });
  const std::lock_guard lock(mutex_);
  return read_answer_ == ReadAnswer::kMessage;
}

bool BlockingStream::read(Message& message) {
  if (refuses_to_block() || !read_bytes()) return false;
  if (codec::parse(message, call_.message())) return true;
  call_.cancel(not_parsable(message));
  return false;
}

const http2::HeaderBlock& BlockingStream::wait_for_initial_metadata() {
  if (!refuses_to_block()) wait_until([this] { return has_metadata_; });
  return call_.initial_metadata();
}

ReplyHead BlockingStream::finish(Message* response) {
  if (!never_started_.ok()) return {never_started_, {}, {}, {}};
  if (refuses_to_block()) return {blocks_loop(), {}, {}, {}};
  call_.end_writes();
  while (responses_ == StreamCall::Responses::kMany && read_bytes()) {
  }
  wait_until([] { return false; });
  ReplyHead head{call_.status(), call_.initial_metadata(), call_.trailing_metadata(), call_.times(),
                 call_.message_was_compressed()};
  if (head.ok() && response != nullptr && !codec::parse(*response, call_.response())) {
    head.status = not_parsable(*response);
  }
  return head;
}

void BlockingStream::on_initial_metadata() {
  const std::lock_guard lock(mutex_);
  has_metadata_ = true;
  changed_.notify_all();
}

void BlockingStream::on_read(bool has_message) {
  const std::lock_guard lock(mutex_);
  read_answer_ = has_message ? ReadAnswer::kMessage : ReadAnswer::kEnd;
  changed_.notify_all();
}

void BlockingStream::on_write_done(bool) {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

void BlockingStream::on_done() {
  bool released = false;
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
    released = released_;
    changed_.notify_all();  // within the lock: once that is released, a waiter may destroy this
  }
  if (released) delete this;
}

}  // namespace hawser::client::detail
