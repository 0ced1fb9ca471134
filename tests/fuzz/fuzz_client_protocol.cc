// client::ClientProtocol against any bytes of a server, in any pieces, with a clock that moves between them.
//
// Input: number of calls and whether the server greets first (1 byte), seed of pieces and time (1 byte), then
// the server's bytes. Whatever they are: each call ends exactly once, our output is HTTP/2, nothing is left
// behind.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "fuzz/check.h"
#include "hawser/client/client_protocol.h"
#include "support/frame_script.h"
#include "support/protocol_driver.h"

namespace hawser::test {
namespace {

constexpr std::uint8_t kGreeted = 1;
constexpr std::uint8_t kCallsShift = 1;  // and up to seven calls

class FuzzOwner final : public client::ClientProtocol::Owner {
 public:
  void on_ready(client::ClientProtocol&) override {
    fuzz_check(!ready_, "ready once");
    ready_ = true;
  }
  void on_closing(client::ClientProtocol&, const Error&) override {
    fuzz_check(!closing_, "closing once");
    closing_ = true;
  }
  void on_call_done(client::Call& call) override { end(call); }
  void on_call_returned(client::Call& call) override { end(call); }

  std::vector<client::Call*> running;

 private:
  void end(client::Call& call) { fuzz_check(std::erase(running, &call) == 1, "a call ends once"); }

  bool ready_ = false;
  bool closing_ = false;
};

const client::ProtocolConfig& config() {
  static const client::ProtocolConfig shared = [] {
    http2::Limits limits;
    limits.header_list_bytes = 500;
    limits.header_fields = 20;
    limits.header_list_bytes_fatal = 1500;
    limits.header_fields_fatal = 60;
    limits.stream_window_bytes = 300;
    client::ProtocolConfig made;
    made.session = http2::SessionConfig::create(http2::Role::kClient, limits).value();
    made.authority = "localhost";
    made.user_agent = "fuzz/1";
    made.max_receive_bytes = 200;
    return made;
  }();
  return shared;
}

void run(std::uint8_t flags, std::uint8_t seed, Bytes bytes) {
  http2::MemoryPool memory;
  FuzzOwner owner;
  std::minstd_rand random(seed + 1U);
  std::vector<std::unique_ptr<client::Call>> calls;
  auto protocol =
      client::ClientProtocol::create(config(), owner, memory, kTestStart + std::chrono::seconds(20)).value();
  {
    ProtocolDriver driver(*protocol);
    const auto start_call = [&] {
      if (!protocol->accepts_calls()) return;
      calls.push_back(std::make_unique<client::Call>(client::Call::Completion{}));
      client::Call& call = *calls.back();
      call.set_path("/a/b");
      const MutableBytes room = call.begin_request(random() % 30);
      std::fill(room.begin(), room.end(), std::uint8_t{'x'});
      call.deadline = random() % 3 == 0 ? driver.now() + std::chrono::seconds(5) : kNever;
      owner.running.push_back(&call);
      protocol->start(call);
    };
    for (int i = flags >> kCallsShift & 7; i > 0; --i) start_call();
    driver.drain();
    if ((flags & kGreeted) != 0) driver.feed(FrameScript().settings().settings_ack().bytes());
    while (!bytes.empty()) {
      const Bytes piece = bytes.first(std::min<std::size_t>(bytes.size(), 1 + random() % 60));
      bytes = bytes.subspan(piece.size());
      driver.receive(piece);
      if (random() % 8 == 0) start_call();
      if (random() % 16 == 0 && !owner.running.empty()) {
        protocol->cancel(*owner.running.front(), {grpc::StatusCode::kCancelled, "", ""}, driver.now());
      }
      if (random() % 8 == 0) driver.advance(std::chrono::milliseconds(random() % 3000));
      driver.drain();
    }
    fuzz_check(!driver.sent().has_incomplete_frame(), "whole frames are sent");
    driver.disconnect();
    fuzz_check(owner.running.empty(), "a closed connection has no calls");
  }
  protocol.reset();
  fuzz_check(memory.blocks_in_use() == 0, "no block is left");
}

}  // namespace
}  // namespace hawser::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size >= 2) hawser::test::run(data[0], data[1], {data + 2, size - 2});
  return 0;
}
