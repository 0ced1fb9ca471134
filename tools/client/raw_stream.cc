#include "tools/client/raw_stream.h"

#include <cstring>

namespace hawser::tools {

RawStream::~RawStream() {
  call_.cancel();
  finish();
}

void RawStream::start(client::Channel& channel) {
  running_ = true;
  if (!channel.start(call_)) running_ = false;
}

bool RawStream::write(std::string_view message) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !running_ || call_.is_writable(); });
    if (!running_) return false;
  }
  const MutableBytes room = call_.begin_write(message.size());
  if (room.size() >= message.size() && !message.empty()) {
    std::memcpy(room.data(), message.data(), message.size());
  }
  return call_.end_write();
}

std::optional<std::string> RawStream::read() {
  {
    const std::lock_guard lock(mutex_);
    read_result_.reset();
  }
  if (!call_.read()) return std::nullopt;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return read_result_.has_value(); });
  if (!*read_result_) return std::nullopt;
  const Bytes bytes = call_.message();
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

const grpc::Status& RawStream::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !running_; });
  return call_.status();
}

void RawStream::on_read(bool has_message) {
  const std::lock_guard lock(mutex_);
  read_result_ = has_message;
  changed_.notify_all();
}

void RawStream::on_write_done(bool) {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

void RawStream::on_done() {
  const std::lock_guard lock(mutex_);
  running_ = false;
  changed_.notify_all();
}

}  // namespace hawser::tools
