#include "hawser/server/call_pool.h"

#include <doctest/doctest.h>

#include "support/allocation_counter.h"
#include "unit/server/server_fixture.h"

namespace hawser::test {
namespace {

TEST_CASE("CallPool: a call goes back when stream and handler have both let go") {
  ServerFixture server;
  server.handshake();
  server.hold_calls();
  server.client.request(1, kEchoPath, "x");
  server.feed();
  CHECK(server.calls.in_use() == 1);
  SUBCASE("the handler last") {
    server.client.reset(1, http2::ErrorCode::kCancel);
    server.feed();
    CHECK(server.calls.in_use() == 1);
    server.finish_held();
  }
  SUBCASE("the stream last") {
    reply_with(*server.held.front(), "x");
    server.held.clear();
    CHECK(server.calls.in_use() == 1);
    server.driver().drain();
  }
  CHECK(server.calls.in_use() == 0);
}

TEST_CASE("CallPool: nothing of a call is left for the next one") {
  ServerFixture server;
  server.handshake();
  server.method->on_start = [](server::ServerCall& call) {
    CHECK(call.add_initial_metadata("x-first", "1"));
    CHECK(call.add_trailing_metadata("x-last", "2"));
    reply_with(call, "long answer");
  };
  Fields fields = with(with(request_fields(kEchoPath), "x-request", "r"), "grpc-timeout", "1S");
  server.client.headers(1, with(fields, "content-type", "application/grpc+proto"));
  server.client.data(1, grpc_message("long request"), true);
  server.feed();
  CHECK(server.status(1) == "0");
  server.method->on_start = [](server::ServerCall& call) {
    CHECK(call.head().metadata().find("x-request").data() == nullptr);
    CHECK(call.expires_at() == kNever);
    CHECK_FALSE(call.is_cancelled());
    CHECK(call.request().empty());
    call.finish({grpc::StatusCode::kAborted, "", ""});
  };
  server.client.headers(3, request_fields(kEchoPath)).data(3, grpc_message(""), true);
  server.feed();
  CHECK(server.sent().last_headers(3).fields ==
        Fields{{":status", "200"}, {"content-type", "application/grpc"}, {"grpc-status", "10"}});
}

// The whole server side of a call but protobuf: session, stream, router, call, reply.
TEST_CASE("CallPool: a warm call allocates nothing" * doctest::skip(!AllocationCounter::kAvailable)) {
  constexpr int kWarmUp = 30;
  constexpr int kCalls = 200;
  ServerFixture server;
  server.handshake();
  std::vector<std::string> requests;
  for (int i = 0; i < kWarmUp + kCalls; ++i) {
    requests.push_back(server.client.request(2 * i + 1, kEchoPath, "ping").take());
  }
  // Without doctest's assertions and the fixture's records, which allocate.
  class Echo final : public server::Method {
   public:
    std::string_view path() const override { return kEchoPath; }
    void prepare(std::size_t) override {}
    void start(server::ServerCall& call) override {
      const Bytes request = call.request();
      const auto room = call.begin_message(request.size());
      if (room) std::memcpy(room->data(), request.data(), request.size());
      call.finish({});
    }
  };
  server::Router router;
  REQUIRE(router.add(std::make_unique<Echo>()));
  const auto config = http2::SessionConfig::create(http2::Role::kServer, server.options.limits).value();
  const server::WorkerResources resources{router, server.options, *config, server.memory, server.calls};
  const auto protocol = server::ServerProtocol::create(resources, {"unix:", ""}, kTestStart).value();
  FrameScript start;
  ByteQueue output;
  output.reserve(8192);
  protocol->receive(as_bytes(start.client_start().settings_ack().bytes()), kTestStart);
  const auto call = [&](const std::string& bytes) {
    protocol->receive(as_bytes(bytes), kTestStart);
    protocol->drain(output, kTestStart);
    output.clear();
  };
  for (int i = 0; i < kWarmUp; ++i) call(requests[static_cast<std::size_t>(i)]);
  const std::uint64_t from_heap = server.memory.heap_allocations();
  const AllocationCounter allocations;
  for (int i = kWarmUp; i < kWarmUp + kCalls; ++i) call(requests[static_cast<std::size_t>(i)]);
  const std::uint64_t calls_of_new = allocations.calls();
  CHECK(calls_of_new == 0);
  CHECK(server.memory.heap_allocations() == from_heap);
  CHECK(protocol->running_calls() == 0);
}

}  // namespace
}  // namespace hawser::test
