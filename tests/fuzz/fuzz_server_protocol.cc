// server::ServerProtocol against any bytes of a client, in any pieces, with a clock that moves between them.
//
// Input: options (1 byte: kGreeted, kHold), seed of pieces and time (1 byte), then the client's bytes.
// Whatever they are: our output is HTTP/2, no call and no block of memory is left behind, no timer stays in
// the past.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "fuzz/check.h"
#include "hawser/server/server_protocol.h"
#include "support/frame_script.h"
#include "support/protocol_driver.h"

namespace hawser::test {
namespace {

constexpr std::uint8_t kGreeted = 1;  // the client's preface, SETTINGS and acknowledgement are sent first
constexpr std::uint8_t kHold = 2;     // handlers answer later, or never

// Echoes at once, or keeps calls for later.
class FuzzMethod final : public server::Method {
 public:
  explicit FuzzMethod(bool hold) : hold_(hold) {}
  std::string_view path() const override { return "/test.Echo/Call"; }
  void prepare(std::size_t) override {}
  void start(server::ServerCall& call) override {
    if (hold_) return held_.push_back(&call);
    finish(call);
  }
  void finish_one(std::size_t index) {
    if (held_.empty()) return;
    const auto chosen = held_.begin() + static_cast<std::ptrdiff_t>(index % held_.size());
    server::ServerCall& call = **chosen;
    held_.erase(chosen);
    finish(call);
  }
  std::size_t held() const { return held_.size(); }

 private:
  static void finish(server::ServerCall& call) {
    const Bytes request = call.request();
    const auto room = call.begin_message(request.size());
    if (!room) return call.finish({grpc::StatusCode::kResourceExhausted, "", ""});
    if (!request.empty()) std::memcpy(room->data(), request.data(), request.size());
    call.finish({});
  }

  const bool hold_;
  std::vector<server::ServerCall*> held_;
};

// Limits that short inputs can reach.
server::ServerOptions small_options() {
  server::ServerOptions options;
  options.limits.max_concurrent_streams = 4;
  options.limits.header_list_bytes = 500;
  options.limits.header_fields = 20;
  options.limits.header_list_bytes_fatal = 1500;
  options.limits.header_fields_fatal = 60;
  options.limits.stream_window_bytes = 300;
  options.limits.connection_window_bytes = 65'535;
  options.limits.fault_burst = 20;
  options.limits.idle_frame_burst = 50;
  options.max_receive_bytes = 200;
  options.max_assembly_bytes = 400;
  options.max_connection_idle = std::chrono::minutes(5);
  return options;
}

void run(std::uint8_t flags, std::uint8_t seed, Bytes bytes) {
  static const server::ServerOptions options = small_options();
  static const auto config = http2::SessionConfig::create(http2::Role::kServer, options.limits).value();
  server::Router router;
  auto owned = std::make_unique<FuzzMethod>((flags & kHold) != 0);
  FuzzMethod& method = *owned;
  static_cast<void>(router.add(std::move(owned)));
  http2::MemoryPool memory;
  server::CallPool calls(nullptr, 0);
  const server::WorkerResources resources{router, options, *config, memory, calls};
  std::minstd_rand random(seed + 1U);
  auto protocol = server::ServerProtocol::create(resources, {"unix:", ""}, kTestStart).value();
  {
    ProtocolDriver driver(*protocol);
    if ((flags & kGreeted) != 0) driver.feed(FrameScript().client_start().settings_ack().bytes());
    while (!bytes.empty()) {
      const Bytes piece = bytes.first(std::min<std::size_t>(bytes.size(), 1 + random() % 60));
      bytes = bytes.subspan(piece.size());
      driver.receive(piece);
      if (random() % 4 == 0) method.finish_one(random());
      if (random() % 8 == 0) driver.set_blocked(random() % 2 == 0);
      if (random() % 8 == 0) driver.advance(std::chrono::milliseconds(random() % 20'000));
      if (random() % 64 == 0) protocol->shutdown(driver.now());
      if (random() % 8 == 0) protocol->give_memory_back();
      driver.drain();
    }
    driver.set_blocked(false);
    driver.advance(std::chrono::minutes(10));
    fuzz_check(driver.protocol().finished() || protocol->next_expiry() > driver.now(),
               "timers are in the future");
    fuzz_check(!driver.sent().has_incomplete_frame(), "whole frames are sent");
    fuzz_check(protocol->running_calls() == method.held(), "running calls are those that the handler holds");
    driver.disconnect();
    fuzz_check(calls.in_use() == method.held(), "a closed connection leaves running handlers only");
  }
  protocol.reset();
  while (method.held() > 0) method.finish_one(0);
  fuzz_check(calls.in_use() == 0, "no call is left");
  fuzz_check(memory.blocks_in_use() == 0, "no block is left");
}

}  // namespace
}  // namespace hawser::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size >= 2) hawser::test::run(data[0], data[1], {data + 2, size - 2});
  return 0;
}
