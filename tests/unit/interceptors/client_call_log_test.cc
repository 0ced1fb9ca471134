#include "hawser/interceptors/client_call_log.h"

#include <doctest/doctest.h>

#include "unit/interceptors/client_fixture.h"
#include "unit/interceptors/recording_sink.h"

namespace hawser::test {

TEST_CASE("ClientCallLog: a record a call, failures one level above") {
  RecordingSink sink(log::Level::kDebug);
  interceptors::ClientCallLog call_log(sink);
  ClientFixture fixture({.interceptors = {&call_log}});
  WaitingCall call;
  call.start(*fixture.channel);
  fixture.answer();
  CHECK(call.wait() == "OK");
  CHECK(sink.last["method"] == "/echo.EchoService/Echo");
  CHECK(sink.last["authority"] == fixture.server.target());
  CHECK(sink.last["status"] == "OK");
  CHECK(sink.last["retries"] == "0");
  CHECK(std::stoll(sink.last["us"]) >= 0);

  call.begin("again");
  call.call.set_authority("example.org");
  call.start(*fixture.channel);
  fixture.answer({{"grpc-status", "5"}, {"grpc-message", "no such thing"}});
  CHECK(call.wait() == "NOT_FOUND");
  CHECK(sink.last["status"] == "NOT_FOUND");
  CHECK(sink.last["detail"] == "no such thing");
  CHECK(sink.last["authority"] == "example.org");
  CHECK(sink.levels == std::vector{log::Level::kDebug, log::Level::kInfo});
}

TEST_CASE("ClientCallLog: a retried call is one record, the time is that of all attempts") {
  RecordingSink sink(log::Level::kDebug);
  interceptors::ClientCallLog call_log(sink);
  ClientFixture fixture({.service_config = R"({"methodConfig": [{"name": [{}], "retryPolicy": {
      "maxAttempts": 2, "initialBackoff": "0.03s", "maxBackoff": "0.03s", "backoffMultiplier": 1,
      "retryableStatusCodes": ["UNAVAILABLE"]}}]})",
                         .interceptors = {&call_log}});
  WaitingCall call;
  call.start(*fixture.channel);
  ScriptedPeer& peer = fixture.peer();
  peer.read_request(1);
  peer.send(peer.script.trailers(1, with(response_fields(), "grpc-status", "14")));
  fixture.next_id = 3;
  fixture.answer();
  CHECK(call.wait() == "OK");
  CHECK(sink.levels.size() == 1);
  CHECK(sink.last["retries"] == "1");
  CHECK(std::stoll(sink.last["us"]) >= 24'000);  // the wait with its jitter
}

TEST_CASE("ClientCallLog: a level that is off costs no record") {
  RecordingSink sink(log::Level::kInfo);
  interceptors::ClientCallLog call_log(sink);
  ClientFixture fixture({.interceptors = {&call_log}});
  WaitingCall call;
  call.start(*fixture.channel);
  fixture.answer();
  CHECK(call.wait() == "OK");
  CHECK(sink.levels.empty());
}

}  // namespace hawser::test
