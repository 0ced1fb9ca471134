// A streaming call whose operations wait: what client::Writer, Reader and ReaderWriter are made of.
//
// Threads: one may write and another read at the same time; finish() when neither does any more; cancel() any
// time. On the channel's own loop thread nothing waits: the call ends with INTERNAL instead.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "hawser/client/call_options.h"
#include "hawser/client/stream_call.h"

namespace google::protobuf {
class MessageLite;
}

namespace hawser::client::detail {

class BlockingStream final : private StreamCall::Events {
 public:
  using Message = google::protobuf::MessageLite;

  /// Lets go of a stream: never waits. One that runs is cancelled, and destroyed on the loop when it ended.
  struct Release {
    void operator()(BlockingStream* stream) const;
  };
  using Owner = std::unique_ptr<BlockingStream, Release>;

  /// `only_request`: null, or the one request of a server-streaming call. What is wrong shows in finish().
  static Owner start(Channel& channel, StreamCall::Responses responses, std::string_view path,
                     const CallOptions& options, const Message* only_request = nullptr);

  bool write(const Message& message, StreamCall::Last last, grpc::Compress compress);
  void end_writes() { call_.end_writes(); }
  bool read(Message& message);
  bool was_compressed() const { return call_.message_was_compressed(); }
  const http2::HeaderBlock& wait_for_initial_metadata();
  void cancel() { call_.cancel(); }
  /// `response`: of a call with one response, else null.
  ReplyHead finish(Message* response = nullptr);

 private:
  enum class ReadAnswer { kNone, kMessage, kEnd };

  BlockingStream(Channel& channel, StreamCall::Responses responses)
      : channel_(channel), responses_(responses), call_(responses, *this) {}
  ~BlockingStream() override = default;

  void begin(std::string_view path, const CallOptions& options, const Message* only_request);
  bool refuses_to_block();
  bool read_bytes();
  template <class Condition>
  void wait_until(Condition condition);

  // StreamCall::Events
  void on_initial_metadata() override;
  void on_read(bool has_message) override;
  void on_write_done(bool ok) override;
  void on_done() override;

  Channel& channel_;
  const StreamCall::Responses responses_;
  StreamCall call_;
  grpc::Status never_started_;  // not OK: why there is no call

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  ReadAnswer read_answer_ = ReadAnswer::kNone;
  bool has_metadata_ = false;
  bool done_ = false;
  bool released_ = false;
};

}  // namespace hawser::client::detail
