// Silent servers, connections without calls, and headers that the server would not take.
#include "hawser/client/client_protocol.h"

#include "unit/client/protocol_fixture.h"

namespace hawser::test {
namespace {

using client::KeepaliveOptions;
using http2::ErrorCode;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr KeepaliveOptions kTenSeconds{.time = seconds(10), .timeout = seconds(5)};

TEST_CASE("ClientProtocol: a silent server is asked, and its answer keeps the connection (P-88)") {
  ProtocolFixture fixture({}, kTenSeconds);
  fixture.greet();
  TestCall call;
  fixture.send(call);
  fixture.sent().take();
  fixture.driver->advance(seconds(10));
  CHECK(fixture.sent_summary() == "PING");
  fixture.feed(fixture.script.ping(0, true));
  fixture.driver->advance(seconds(9));
  CHECK(fixture.sent_summary() == "");
  fixture.driver->advance(seconds(1));
  CHECK(fixture.sent_summary() == "PING");
  fixture.feed(fixture.script.response(1, "pong"));
  CHECK(fixture.owner.take() == "done OK");
  fixture.driver->advance(seconds(1000));
  CHECK(fixture.sent_summary() == "");
  CHECK(fixture.protocol->is_ready());
}

TEST_CASE("ClientProtocol: a server that doesn't answer a PING is dead, its calls UNAVAILABLE (P-89)") {
  ProtocolFixture fixture({}, kTenSeconds);
  fixture.greet();
  TestCall call;
  fixture.send(call);
  fixture.driver->advance(seconds(15));
  CHECK(fixture.owner.take() == "closing the server did not answer a keepalive PING, done UNAVAILABLE");
  CHECK(fixture.protocol->finished());
}

TEST_CASE("ClientProtocol: a call after a quiet time asks at once (P-88)") {
  ProtocolFixture fixture({}, kTenSeconds);
  fixture.greet();
  fixture.driver->advance(seconds(100));
  CHECK(fixture.sent_summary() == "");
  TestCall call;
  fixture.send(call);
  fixture.driver->expire_if_due();
  fixture.driver->drain();
  CHECK(fixture.sent_summary() == "HEADERS 1, DATA 1 (9) end, PING");
}

TEST_CASE("ClientProtocol: it notes that the server found its pings too many (P-86)") {
  ProtocolFixture fixture;
  fixture.greet();
  CHECK_FALSE(fixture.protocol->pinged_too_often());
  fixture.feed(fixture.script.goaway(0, ErrorCode::kEnhanceYourCalm, "too_many_pings"));
  CHECK(fixture.protocol->pinged_too_often());
  ProtocolFixture other;
  other.greet();
  other.feed(other.script.goaway(0, ErrorCode::kEnhanceYourCalm, "other reasons"));
  CHECK_FALSE(other.protocol->pinged_too_often());
}

TEST_CASE("ClientProtocol: without calls for the idle time it says goodbye (P-96)") {
  ProtocolFixture fixture({}, {}, minutes(30));
  fixture.greet();
  TestCall call;
  fixture.send(call);
  fixture.sent().take();
  fixture.driver->advance(minutes(45));  // a call is open
  CHECK(fixture.owner.take() == "");
  fixture.feed(fixture.script.response(1, "pong"));
  CHECK(fixture.owner.take() == "done OK");
  fixture.driver->advance(minutes(29));
  CHECK(fixture.owner.take() == "");
  fixture.driver->advance(minutes(1));
  CHECK(fixture.owner.take() == "closing the connection was idle");
  CHECK(fixture.sent_summary().starts_with("GOAWAY"));
  CHECK(fixture.protocol->finished());
}

TEST_CASE("ClientProtocol: a connection that never had a call is idle, too (P-96)") {
  ProtocolFixture fixture({}, {}, minutes(30));
  fixture.greet();
  fixture.driver->advance(minutes(30));
  CHECK(fixture.owner.take() == "closing the connection was idle");
}

TEST_CASE("ClientProtocol: headers over the server's limit are not sent (P-40)") {
  ProtocolFixture fixture;
  fixture.greet({{SettingId::kMaxHeaderListSize, 1000}});
  TestCall small;
  TestCall large;
  CHECK(small.call.add_metadata("key", std::string(400, 'v')));
  CHECK(large.call.add_metadata("key", std::string(1000, 'v')));
  fixture.send(small);
  fixture.send(large);
  CHECK(fixture.owner.take() == "done RESOURCE_EXHAUSTED");
  CHECK(large.call.status().message.find("over the server's limit of 1000") != std::string::npos);
  CHECK(fixture.sent().count(FrameType::kHeaders) == 1);
}

}  // namespace
}  // namespace hawser::test
