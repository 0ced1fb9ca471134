// What a server tells a call that asks how long it took, and what it costs those that don't.
#include "hawser/server/call_timing.h"

#include <doctest/doctest.h>

#include "hawser/grpc/server_timing.h"
#include "support/hand_clock.h"
#include "support/in_all_chunkings.h"
#include "unit/server/server_fixture.h"

namespace hawser::test {
namespace {

using namespace std::chrono_literals;

server::ServerOptions reporting() {
  server::ServerOptions options;
  options.report_timing = true;
  return options;
}

Fields asking(std::string_view value = "1") {
  return with(request_fields(kEchoPath), grpc::kWantServerTiming, value);
}

class TimingFixture final {
 public:
  explicit TimingFixture(server::ServerOptions options = reporting()) : server(options) {
    server.set_clock(&HandClock::read);
    server.handshake();
  }
  void call(http2::StreamId id, const Fields& fields) {
    server.client.headers(id, fields).data(id, grpc_message("hello"), true);
  }
  std::string timing(http2::StreamId id) {
    return std::string(server.sent().last_headers(id).header("server-timing"));
  }

  HandClock clock;
  ServerFixture server;
};

TEST_CASE("CallTiming: a call that asks is told its stages in the trailers") {
  in_all_chunkings([](const Chunking& chunking) {
    TimingFixture fixture;
    fixture.server.hold_calls();
    fixture.call(1, asking());
    fixture.server.feed(chunking);
    fixture.clock.advance(1500us);
    fixture.server.finish_held();
    CHECK(fixture.server.status(1) == "0");
    CHECK(fixture.timing(1) == "queue;dur=0.000000, handler;dur=1.500000, reply;dur=0.000000");
    CHECK(fixture.server.sent().find(FrameType::kHeaders, 1)->header("server-timing") == "(none)");
    // The next call in the same object hasn't asked.
    fixture.call(3, request_fields(kEchoPath));
    fixture.server.feed(chunking);
    fixture.server.finish_held();
    CHECK(fixture.timing(3) == "(none)");
  });
}

TEST_CASE("CallTiming: calls that don't ask, or of a server that doesn't tell, read no clock") {
  bool is_told = true;
  Fields fields = asking();
  SUBCASE("nobody asks") { fields = request_fields(kEchoPath); }
  SUBCASE("another value doesn't ask") { fields = asking("0"); }
  SUBCASE("the server doesn't tell, which is the default") { is_told = false; }
  TimingFixture fixture(is_told ? reporting() : server::ServerOptions{});
  fixture.call(1, fields);
  fixture.server.feed();
  CHECK(fixture.server.status(1) == "0");
  CHECK(fixture.timing(1) == "(none)");
  CHECK(fixture.clock.take_reads() == 0);
}

TEST_CASE(
    "CallTiming: of requests read at once, each waits for the handlers before it, and each reply for those "
    "after") {
  TimingFixture fixture;
  fixture.server.method->on_start = [&](server::ServerCall& call) {
    fixture.clock.advance(10ms);
    reply_with(call, "done");
  };
  for (const http2::StreamId id : {1, 3, 5}) fixture.call(id, asking());
  fixture.server.feed();
  CHECK(fixture.timing(1) == "queue;dur=0.000000, handler;dur=10.000000, reply;dur=20.000000");
  CHECK(fixture.timing(3) == "queue;dur=10.000000, handler;dur=10.000000, reply;dur=10.000000");
  CHECK(fixture.timing(5) == "queue;dur=20.000000, handler;dur=10.000000, reply;dur=0.000000");
}

TEST_CASE("CallTiming: a binding says where the handler's own code begins and ends") {
  TimingFixture fixture;
  fixture.server.method->on_start = [&](server::ServerCall& call) {
    fixture.clock.advance(1ms);
    call.enter_handler();
    fixture.clock.advance(2ms);
    call.leave_handler();
    fixture.clock.advance(4ms);
    reply_with(call, "done");
  };
  fixture.call(1, asking());
  fixture.server.feed();
  CHECK(fixture.timing(1) == "queue;dur=1.000000, handler;dur=2.000000, reply;dur=4.000000");
}

TEST_CASE("CallTiming: a reply lasts until its last bytes fit into the client's window") {
  TimingFixture fixture;
  fixture.server.method->on_start = [](server::ServerCall& call) {
    reply_with(call, std::string(100'000, 'r'));
  };
  fixture.call(1, asking());
  fixture.server.feed();
  CHECK(fixture.timing(1) == "(none)");
  fixture.clock.advance(7ms);
  fixture.server.client.window_update(0, 100'000).window_update(1, 100'000);
  fixture.server.feed();
  CHECK(fixture.server.sent().body(1).size() == 100'005);
  CHECK(fixture.timing(1) == "queue;dur=0.000000, handler;dur=0.000000, reply;dur=7.000000");
}

TEST_CASE("CallTiming: only a reply with a message tells") {
  TimingFixture fixture;
  SUBCASE("not the handler's error") {
    fixture.server.method->on_start = [](server::ServerCall& call) {
      call.finish({grpc::StatusCode::kPermissionDenied, "no", {}});
    };
    fixture.call(1, asking());
    fixture.server.feed();
    CHECK(fixture.server.status(1) == "7");
  }
  SUBCASE("not a deadline that passed") {
    fixture.server.hold_calls();
    fixture.call(1, with(asking(), "grpc-timeout", "10m"));
    fixture.server.feed();
    fixture.server.driver().advance(10ms);
    CHECK(fixture.server.status(1) == "4");
    fixture.server.finish_held();
  }
  SUBCASE("not a method that isn't there") {
    Fields fields = request_fields("/test.Echo/None");
    fixture.call(1, with(fields, grpc::kWantServerTiming, "1"));
    fixture.server.feed();
    CHECK(fixture.server.status(1) == "12");
  }
  CHECK(fixture.timing(1) == "(none)");
}

TEST_CASE("CallTiming: an empty message tells, and so does one beside metadata of the handler") {
  TimingFixture fixture;
  fixture.server.method->on_start = [](server::ServerCall& call) {
    REQUIRE(call.add_trailing_metadata("server-timing", "cache;desc=hit"));
    reply_with(call, "");
  };
  fixture.call(1, asking());
  fixture.server.feed();
  CHECK(fixture.server.status(1) == "0");
  CHECK(fixture.timing(1) == "cache;desc=hit");
  CHECK(fixture.server.sent().last_headers(1).fields.back().value ==
        "queue;dur=0.000000, handler;dur=0.000000, reply;dur=0.000000");
}

}  // namespace
}  // namespace hawser::test
