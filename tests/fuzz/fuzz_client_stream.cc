// A streaming grpc::ClientStream against any bytes of a server, read and written at any time.
//
// Input: whether there are many responses and what is sent before (1 byte), seed of pieces and operations (1
// byte), then the server's bytes behind its SETTINGS. Whatever they are: what is held is counted and stays
// within the window, the call ends, and then it can be read out.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>

#include "fuzz/check.h"
#include "support/bytes.h"
#include "support/frame_script.h"
#include "unit/grpc/client_stream_events.h"

namespace hawser::test {
namespace {

constexpr std::uint8_t kManyResponses = 1;
constexpr std::uint8_t kRequestsShift = 1;  // and up to seven requests before the start
constexpr std::size_t kWindow = 300;
constexpr std::size_t kConnectionHolds = 100;
constexpr std::size_t kMostPiece = 60;
constexpr grpc::RequestFields kFields{
    .path = "/a/b", .authority = "localhost", .user_agent = "fuzz/1", .timeout = {}};

http2::Limits limits() {
  http2::Limits small;
  small.header_list_bytes = 500;
  small.header_list_bytes_fatal = 1500;
  small.stream_window_bytes = kWindow;
  return small;
}

class Run final {
 public:
  Run(std::uint8_t flags, std::uint8_t seed)
      : random_(seed + 1U), many_responses_((flags & kManyResponses) != 0) {
    stream().begin_streaming(many_responses_);
    for (int i = flags >> kRequestsShift & 7; i > 0; --i) send();
    drain();  // our SETTINGS, whose acknowledgement makes the window small
    receive(as_bytes(FrameScript().settings().settings_ack().bytes()));
    fuzz_check(stream().open(*session_, handle_, kFields, config_->limits(), 200, &held_).has_value(),
               "a stream can be opened");
    drain();
  }

  void feed(Bytes bytes) {
    while (!bytes.empty()) {
      const Bytes piece = bytes.first(std::min<std::size_t>(bytes.size(), 1 + random_() % kMostPiece));
      bytes = bytes.subspan(piece.size());
      receive(piece);
      operate();
      drain();
      check();
    }
  }
  void end() {
    stream().abandon({grpc::StatusCode::kUnavailable, "the end", {}}, grpc::ClientStream::Unread::kKeep);
    check();
    fuzz_check(stream().is_finished(), "an abandoned call is finished");
    if (!many_responses_) return;
    // Each read takes at least a prefix.
    for (std::size_t i = 0; i <= kWindow && !stream().is_read_out(); ++i) stream().read_message();
    fuzz_check(stream().is_read_out(), "a finished call can be read out");
  }

 private:
  grpc::ClientStream& stream() { return handle_.stream; }

  void receive(Bytes bytes) {
    if (lost_) return;
    if (const Result<void> received = session_->receive(bytes); !received) {
      session_->end(static_cast<http2::ErrorCode>(received.error().code), received.error().detail);
      lost_ = true;
    }
  }
  void drain() {
    ByteQueue output;
    static_cast<void>(session_->drain(output, 1 << 20));
  }
  void send() {
    grpc::MessageWriter message;
    const MutableBytes room = message.append(random_() % 100);
    std::fill(room.begin(), room.end(), std::uint8_t{'x'});
    stream().send(message);
  }
  void operate() {
    switch (random_() % 8) {
      case 0:
      case 1:
        if (many_responses_ && (!asked_ || stream().has_message())) stream().read_message();
        asked_ = many_responses_;
        return;
      case 2:
        return send();
      case 3:
        if (random_() % 4 == 0) stream().end_requests();
        return;
      case 4:
        if (random_() % 16 == 0) stream().abandon({grpc::StatusCode::kCancelled, "", {}});
        return;
      default:
        return;
    }
  }
  void check() {
    // The piece that overruns the window still comes: the library delivers what it has read of the frame.
    fuzz_check(stream().held_bytes() <= kWindow + kMostPiece, "the window bounds what is held");
    fuzz_check(held_.held() == (stream().is_open() ? stream().held_bytes() : 0), "what is held is counted");
  }

  std::minstd_rand random_;
  const bool many_responses_;
  bool lost_ = false;
  bool asked_ = false;
  std::unique_ptr<http2::SessionConfig> config_ =
      http2::SessionConfig::create(http2::Role::kClient, limits()).value();
  http2::MemoryPool pool_;
  StreamEvents events_;
  std::unique_ptr<http2::Session> session_ = http2::Session::create(*config_, events_, pool_).value();
  StreamHandle handle_;
  grpc::HeldBytes held_{kConnectionHolds};
};

}  // namespace
}  // namespace hawser::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  hawser::test::Run run(data[0], data[1]);
  run.feed({data + 2, size - 2});
  run.end();
  return 0;
}
