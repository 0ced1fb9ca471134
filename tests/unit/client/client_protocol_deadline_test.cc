// Deadlines and the peer's limit on streams.
#include "hawser/client/client_protocol.h"

#include "unit/client/protocol_fixture.h"

namespace hawser::test {
namespace {

using http2::ErrorCode;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("ClientProtocol: grpc-timeout is what is left when the headers are written (P-30)") {
  ProtocolFixture fixture;
  fixture.greet({{SettingId::kMaxConcurrentStreams, 1}});
  TestCall first;
  TestCall second;
  fixture.send(first, seconds(5));
  fixture.send(second, seconds(5));
  CHECK(fixture.sent().find(FrameType::kHeaders, 1)->header("grpc-timeout") == "5000000u");
  fixture.driver->advance(milliseconds(1500));
  fixture.feed(fixture.script.response(1, "pong"));
  CHECK(fixture.sent().find(FrameType::kHeaders, 3)->header("grpc-timeout") == "3500000u");
}

TEST_CASE("ClientProtocol: a call without a deadline sends no grpc-timeout") {
  ProtocolFixture fixture;
  fixture.greet();
  TestCall call;
  fixture.send(call);
  CHECK(fixture.sent().find(FrameType::kHeaders, 1)->header("grpc-timeout") == "(none)");
  CHECK(fixture.protocol->next_expiry() == kNever);
}

TEST_CASE("ClientProtocol: at its deadline a call ends, and its stream is cancelled (P-31)") {
  ProtocolFixture fixture;
  fixture.greet();
  TestCall call;
  fixture.send(call, seconds(1));
  fixture.sent().take();
  CHECK(fixture.protocol->next_expiry() == fixture.driver->now() + seconds(1));
  fixture.driver->advance(milliseconds(999));
  CHECK(fixture.owner.take() == "");
  fixture.driver->advance(milliseconds(1));
  CHECK(fixture.owner.take() == "done DEADLINE_EXCEEDED");
  CHECK(fixture.sent_summary() == "RST_STREAM 1 CANCEL");
  CHECK(fixture.protocol->next_expiry() == kNever);
  fixture.feed(fixture.script.response(1, "too late"));
  CHECK(fixture.owner.take() == "");
}

TEST_CASE("ClientProtocol: a queued call ends at its deadline and is never sent") {
  ProtocolFixture fixture;
  fixture.greet({{SettingId::kMaxConcurrentStreams, 1}});
  TestCall first;
  TestCall second;
  fixture.send(first);
  fixture.send(second, seconds(1));
  fixture.sent().take();
  fixture.driver->advance(seconds(2));
  CHECK(fixture.owner.take() == "done DEADLINE_EXCEEDED");
  fixture.feed(fixture.script.response(1, "pong"));
  CHECK(fixture.owner.take() == "done OK");
  CHECK(fixture.sent_summary() == "");
}

TEST_CASE("ClientProtocol: a call whose deadline passed before the drain opens no stream (P-30)") {
  ProtocolFixture fixture;
  fixture.greet();
  TestCall call;
  fixture.start(call, milliseconds(5));
  fixture.driver->set_now(fixture.driver->now() + milliseconds(5));
  fixture.driver->drain();
  CHECK(fixture.owner.take() == "done DEADLINE_EXCEEDED");
  CHECK(fixture.sent_summary() == "");
}

TEST_CASE("ClientProtocol: many deadlines, each at its instant") {
  ProtocolFixture fixture;
  fixture.greet();
  std::vector<std::unique_ptr<TestCall>> calls;
  for (int i = 0; i < 60; ++i) {
    calls.push_back(std::make_unique<TestCall>());
    fixture.send(*calls.back(), milliseconds(1 + (i * 37) % 60));
  }
  for (std::size_t i = 1; i <= 60; ++i) {
    fixture.driver->advance(milliseconds(1));
    CHECK(fixture.owner.lines.size() == i);
  }
  CHECK(fixture.protocol->load() == 0);
}

TEST_CASE("ClientProtocol: the server's own CANCEL after the deadline is DEADLINE_EXCEEDED (P-32)") {
  ProtocolFixture fixture;
  fixture.greet();
  TestCall late;
  TestCall early;
  fixture.send(late, seconds(1));
  fixture.send(early, seconds(10));
  fixture.driver->set_now(fixture.driver->now() + seconds(1));
  fixture.feed(fixture.script.reset(1, ErrorCode::kCancel).reset(3, ErrorCode::kCancel));
  CHECK(fixture.owner.take() == "done DEADLINE_EXCEEDED, done CANCELLED");
}

TEST_CASE("ClientProtocol: calls over the peer's stream limit queue, and all succeed (P-5)") {
  ProtocolFixture fixture;
  fixture.greet({{SettingId::kMaxConcurrentStreams, 1}});
  std::vector<std::unique_ptr<TestCall>> calls;
  for (int i = 0; i < 10; ++i) {
    calls.push_back(std::make_unique<TestCall>());
    fixture.start(*calls.back());
  }
  fixture.driver->drain();
  CHECK(fixture.protocol->load() == 10);
  for (http2::StreamId id = 1; id < 21; id += 2) {
    CHECK(fixture.sent_summary() ==
          "HEADERS " + std::to_string(id) + ", DATA " + std::to_string(id) + " (9) end");
    fixture.feed(fixture.script.response(id, "pong"));
    CHECK(fixture.owner.take() == "done OK");
  }
}

TEST_CASE("ClientProtocol: the limit follows the server's SETTINGS, up, down and to zero") {
  ProtocolFixture fixture;
  fixture.greet({{SettingId::kMaxConcurrentStreams, 0}});
  TestCall calls[4];
  for (TestCall& call : calls) fixture.start(call);
  fixture.driver->drain();
  CHECK(fixture.sent().count(FrameType::kHeaders) == 0);
  fixture.feed(fixture.script.settings({{SettingId::kMaxConcurrentStreams, 3}}));
  CHECK(fixture.sent().count(FrameType::kHeaders) == 3);
  fixture.feed(fixture.script.settings({{SettingId::kMaxConcurrentStreams, 1}}));
  fixture.feed(fixture.script.response(1, "pong").response(3, "pong"));
  CHECK(fixture.sent().count(FrameType::kHeaders) == 3);
  fixture.feed(fixture.script.response(5, "pong"));
  CHECK(fixture.sent().count(FrameType::kHeaders) == 4);
  fixture.feed(fixture.script.response(7, "pong"));
  CHECK(fixture.owner.take() == "done OK, done OK, done OK, done OK");
}

TEST_CASE(
    "ClientProtocol: without a limit of the server's, 100 streams before SETTINGS and all after (P-5)") {
  ProtocolFixture fixture;
  fixture.greet();
  std::vector<std::unique_ptr<TestCall>> calls;
  for (int i = 0; i < 300; ++i) {
    calls.push_back(std::make_unique<TestCall>(""));
    fixture.start(*calls.back());
  }
  fixture.driver->drain();
  CHECK(fixture.sent().count(FrameType::kHeaders) == 300);
}

TEST_CASE("ClientProtocol: no SETTINGS in time ends the connection") {
  ProtocolFixture fixture;
  TestCall call;
  fixture.send(call);
  CHECK(fixture.protocol->next_expiry() == kTestStart + ProtocolFixture::kHandshake);
  fixture.driver->advance(ProtocolFixture::kHandshake);
  CHECK(fixture.owner.take() == "closing the server sent no SETTINGS in time: is it HTTP/2?, returned");
  CHECK(fixture.protocol->finished());
  CHECK_FALSE(fixture.protocol->accepts_calls());
  CHECK(fixture.protocol->next_expiry() == kNever);
}

}  // namespace
}  // namespace hawser::test
