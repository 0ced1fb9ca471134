// A blocking call of any kind, with messages as bytes: what `call` and reflection are made of.
//
// Threads: one writes, one reads; they may be two.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "hawser/client/channel.h"
#include "hawser/client/stream_call.h"

namespace hawser::tools {

class RawStream final : private client::StreamCall::Events {
 public:
  RawStream() : call_(client::StreamCall::Responses::kMany, *this) {}
  /// Cancels what still runs and waits for it.
  ~RawStream() override;
  RawStream(const RawStream&) = delete;
  RawStream& operator=(const RawStream&) = delete;

  /// For path, metadata, timeout and so on, before start().
  client::StreamCall& call() { return call_; }
  void start(client::Channel& channel);

  /// Waits until there is room. False: the call is over.
  bool write(std::string_view message);
  void end_writes() { call_.end_writes(); }
  /// Waits for a message; nullopt: there is none any more.
  std::optional<std::string> read();
  /// After the last read(): waits for the end.
  const grpc::Status& finish();
  const http2::HeaderBlock& initial_metadata() const { return call_.initial_metadata(); }
  /// After finish().
  const http2::HeaderBlock& trailing_metadata() const { return call_.trailing_metadata(); }

 private:
  void on_read(bool has_message) override;
  void on_write_done(bool ok) override;
  void on_done() override;

  client::StreamCall call_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool running_ = false;
  std::optional<bool> read_result_;
};

}  // namespace hawser::tools
