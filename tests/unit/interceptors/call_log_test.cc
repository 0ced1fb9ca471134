#include "hawser/interceptors/call_log.h"

#include <doctest/doctest.h>

#include "unit/interceptors/recording_sink.h"
#include "unit/server/server_fixture.h"

namespace hawser::test {

TEST_CASE("CallLog: a record a call, failures one level above") {
  RecordingSink sink(log::Level::kDebug);
  interceptors::CallLog call_log(sink);
  server::ServerOptions options;
  options.interceptors = {&call_log};
  ServerFixture server(options);
  server.handshake();
  server.client.request(1, kEchoPath, "x");
  server.feed();
  CHECK(sink.last["method"] == kEchoPath);
  CHECK(sink.last["peer"] == "ipv4:192.0.2.1:4711");
  CHECK(sink.last["status"] == "OK");

  server.method->on_start = [](server::ServerCall& call) {
    call.finish({grpc::StatusCode::kNotFound, "no such thing", {}});
  };
  server.client.request(3, kEchoPath, "x");
  server.feed();
  CHECK(sink.last["status"] == "NOT_FOUND");
  CHECK(sink.last["detail"] == "no such thing");
  CHECK(sink.levels == std::vector{log::Level::kDebug, log::Level::kInfo});
}

TEST_CASE("CallLog: the time is that of the call") {
  RecordingSink sink(log::Level::kTrace);
  interceptors::CallLog call_log(sink);
  server::ServerOptions options;
  options.interceptors = {&call_log};
  ServerFixture server(options);
  server.handshake();
  server.hold_calls();
  server.client.request(1, kEchoPath, "x");
  server.feed();
  server.driver().advance(std::chrono::milliseconds(12));
  server.client.reset(1, http2::ErrorCode::kCancel);
  server.feed();
  CHECK(sink.last["us"] == "12000");
  CHECK(sink.last["status"] == "CANCELLED");
}

TEST_CASE("CallLog: a level that is off costs no record") {
  RecordingSink sink(log::Level::kInfo);
  interceptors::CallLog call_log(sink);
  server::ServerOptions options;
  options.interceptors = {&call_log};
  ServerFixture server(options);
  server.handshake();
  server.client.request(1, kEchoPath, "x");
  server.feed();
  CHECK(sink.levels.empty());
}

}  // namespace hawser::test
