// Ends of connections: GOAWAY, refusals, lost sockets, hostile servers.
#include "hawser/client/client_protocol.h"

#include <cerrno>

#include "support/in_all_chunkings.h"
#include "unit/client/protocol_fixture.h"

namespace hawser::test {
namespace {

using http2::ErrorCode;

constexpr http2::StreamId kAllStreams = 0x7FFFFFFF;

TEST_CASE("ClientProtocol: GOAWAY stops new calls, and open ones run on (P-84)") {
  in_all_chunkings([](const Chunking& chunking) {
    ProtocolFixture fixture;
    fixture.greet({{SettingId::kMaxConcurrentStreams, 1}});
    TestCall open;
    TestCall waiting;
    fixture.send(open);
    fixture.send(waiting);
    fixture.feed(fixture.script.goaway(kAllStreams, ErrorCode::kNoError, "max_age"), chunking);
    CHECK(fixture.owner.take() == "closing the server sent GOAWAY NO_ERROR: max_age, returned");
    CHECK_FALSE(fixture.protocol->accepts_calls());
    CHECK_FALSE(fixture.protocol->finished());
    fixture.feed(fixture.script.goaway(1, ErrorCode::kNoError), chunking);
    CHECK(fixture.owner.take() == "");
    fixture.feed(fixture.script.response(1, "pong"), chunking);
    CHECK(fixture.owner.take() == "done OK");
    CHECK(fixture.protocol->finished());
  });
}

TEST_CASE("ClientProtocol: calls above GOAWAY's last stream come back, once (P-84, P-104)") {
  ProtocolFixture fixture;
  fixture.greet();
  TestCall processed;
  TestCall unprocessed;
  fixture.send(processed);
  fixture.send(unprocessed);
  fixture.feed(fixture.script.goaway(1, ErrorCode::kNoError));
  CHECK(fixture.owner.take() == "closing the server sent GOAWAY NO_ERROR, returned");
  fixture.feed(fixture.script.response(1, "pong"));
  CHECK(fixture.owner.take() == "done OK");

  // On the next connection the same happens: now it is a failure.
  ProtocolFixture second;
  second.greet();
  unprocessed.begin("ping");
  second.send(unprocessed);
  second.feed(second.script.goaway(0, ErrorCode::kNoError));
  CHECK(second.owner.take() == "closing the server sent GOAWAY NO_ERROR, done UNAVAILABLE");
}

TEST_CASE("ClientProtocol: a refused stream comes back once, then fails (P-104)") {
  ProtocolFixture fixture;
  fixture.greet();
  TestCall call;
  fixture.owner.after_returned = [&](client::Call&) {
    call.begin("ping");
    fixture.start(call);
  };
  fixture.send(call);
  fixture.feed(fixture.script.reset(1, ErrorCode::kRefusedStream));
  CHECK(fixture.owner.take() == "returned");
  CHECK(fixture.sent().find(FrameType::kHeaders, 3) != nullptr);
  fixture.feed(fixture.script.reset(3, ErrorCode::kRefusedStream));
  CHECK(fixture.owner.take() == "done UNAVAILABLE");
}

TEST_CASE("ClientProtocol: GOAWAY with an error names it (P-86)") {
  ProtocolFixture fixture;
  fixture.greet();
  fixture.feed(fixture.script.goaway(0, ErrorCode::kEnhanceYourCalm, "too_many\npings"));
  CHECK(fixture.owner.take() == "closing the server sent GOAWAY ENHANCE_YOUR_CALM: too_many pings");
}

TEST_CASE("ClientProtocol: a second GOAWAY may lower the last stream, not raise it (P-84)") {
  SUBCASE("lower") {
    ProtocolFixture fixture;
    fixture.greet();
    TestCall call;
    fixture.send(call);
    fixture.feed(fixture.script.goaway(kAllStreams, ErrorCode::kNoError));
    fixture.feed(fixture.script.goaway(0, ErrorCode::kNoError));
    CHECK(fixture.owner.take() == "closing the server sent GOAWAY NO_ERROR, returned");
    CHECK(fixture.protocol->finished());
  }
  SUBCASE("raise") {
    ProtocolFixture fixture;
    fixture.greet();
    TestCall call;
    fixture.send(call);
    fixture.feed(fixture.script.goaway(1, ErrorCode::kNoError));
    fixture.feed(fixture.script.goaway(3, ErrorCode::kNoError));
    fixture.driver->drain();
    CHECK(fixture.protocol->finished());
    fixture.driver->disconnect();
    CHECK(fixture.owner.take() == "closing the server sent GOAWAY NO_ERROR, done UNAVAILABLE");
  }
}

TEST_CASE("ClientProtocol: after GOAWAY an idle connection says goodbye and is finished") {
  ProtocolFixture fixture;
  fixture.greet();
  fixture.feed(fixture.script.goaway(kAllStreams, ErrorCode::kNoError));
  fixture.driver->drain();
  CHECK(fixture.protocol->finished());
  CHECK(fixture.sent().find(FrameType::kGoaway) != nullptr);
}

TEST_CASE("ClientProtocol: a lost connection fails open calls and hands back waiting ones (P-77, P-104)") {
  ProtocolFixture fixture;
  fixture.greet({{SettingId::kMaxConcurrentStreams, 1}});
  TestCall open;
  TestCall waiting;
  fixture.send(open);
  fixture.send(waiting);
  fixture.protocol->disconnected(Error{ErrorScope::kIo, ECONNRESET, "read: Connection reset by peer"});
  CHECK(fixture.owner.take() == "closing read: Connection reset by peer, done UNAVAILABLE, returned");
  CHECK(open.call.status().message == "connection lost: read: Connection reset by peer");
  CHECK(fixture.protocol->load() == 0);
}

TEST_CASE("ClientProtocol: a completion may start calls elsewhere while the connection ends") {
  ProtocolFixture fixture;
  fixture.greet();
  ProtocolFixture other;
  other.greet();
  TestCall call;
  fixture.owner.after_done = [&](client::Call&) {
    call.begin("ping");
    other.start(call);
  };
  fixture.send(call);
  fixture.driver->disconnect();
  CHECK(call.call.is_in_flight() == false);  // nobody but a channel sets it
  other.driver->drain();
  other.feed(other.script.response(1, "pong"));
  CHECK(other.owner.take() == "done OK");
}

TEST_CASE("ClientProtocol: shut_down ends all calls, and the connection with GOAWAY") {
  ProtocolFixture fixture;
  fixture.greet({{SettingId::kMaxConcurrentStreams, 1}});
  TestCall open;
  TestCall waiting;
  fixture.send(open);
  fixture.send(waiting);
  fixture.sent().take();
  fixture.protocol->shut_down({grpc::StatusCode::kCancelled, "closed", {}}, fixture.driver->now());
  CHECK(fixture.owner.take() == "closing the channel is closed, done CANCELLED, done CANCELLED");
  fixture.driver->drain();
  CHECK(fixture.sent_summary() == "GOAWAY 0 NO_ERROR");
  CHECK(fixture.protocol->finished());
}

TEST_CASE("ClientProtocol: out of stream ids it hands calls back, and ends when the open ones have (P-10)") {
  ProtocolFixture fixture({.last_stream_id = 3});
  fixture.greet();
  TestCall calls[3];
  for (TestCall& call : calls) fixture.start(call);
  fixture.driver->drain();
  CHECK(fixture.owner.take() == "closing the connection has used its stream ids, returned");
  CHECK_FALSE(fixture.protocol->finished());
  fixture.feed(fixture.script.response(1, "one").response(3, "two"));
  CHECK(fixture.owner.take() == "done OK, done OK");
  fixture.driver->drain();
  CHECK(fixture.sent_summary().ends_with("GOAWAY 0 NO_ERROR"));
  CHECK(fixture.protocol->finished());
}

TEST_CASE("ClientProtocol: GOAWAY with a stream id that can't be ours ends the connection (P-84)") {
  ProtocolFixture fixture;
  fixture.greet();
  TestCall call;
  fixture.send(call);
  fixture.sent().take();
  fixture.feed(fixture.script.goaway(2, ErrorCode::kNoError));
  fixture.driver->drain();
  CHECK(fixture.sent().find(FrameType::kGoaway)->error_code() == ErrorCode::kProtocolError);
  CHECK(fixture.protocol->finished());
  fixture.driver->disconnect();
  CHECK(call.code() == "UNAVAILABLE");
}

TEST_CASE("ClientProtocol: what is no HTTP/2 ends the connection (P-1)") {
  ProtocolFixture fixture;
  TestCall call;
  fixture.send(call);
  fixture.feed(fixture.script.raw("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
  fixture.driver->drain();
  CHECK(fixture.protocol->finished());
  fixture.driver->disconnect();
  CHECK(fixture.owner.lines.size() == 2);
  CHECK(fixture.owner.lines[1] == "returned");
}

TEST_CASE("ClientProtocol: PUSH_PROMISE ends the connection (S-28)") {
  ProtocolFixture fixture;
  fixture.greet();
  TestCall call;
  fixture.send(call);
  fixture.sent().take();
  fixture.feed(fixture.script.frame(FrameType::kPushPromise, kFlagEndHeaders, 1, std::string("\0\0\0\2", 4)));
  fixture.driver->drain();
  CHECK(fixture.sent().find(FrameType::kGoaway)->error_code() == ErrorCode::kProtocolError);
  CHECK(fixture.protocol->finished());
  fixture.driver->disconnect();
  CHECK(call.code() == "UNAVAILABLE");
}

TEST_CASE("ClientProtocol: a header bomb ends the connection (S-28)") {
  ProtocolFixture fixture;
  fixture.greet();
  TestCall call;
  fixture.send(call);
  fixture.sent().take();
  // One indexed field of the dynamic table, two thousand times.
  std::string block = hpack_literal(":status", "200") + hpack_literal("a", std::string(1000, 'a'), true);
  for (int i = 0; i < 2000; ++i) block += hpack_indexed(62);
  fixture.feed(fixture.script.header_block(1, block));
  CHECK(fixture.sent().find(FrameType::kGoaway)->error_code() == ErrorCode::kEnhanceYourCalm);
  CHECK(call.code() == "UNAVAILABLE");
  CHECK(fixture.protocol->finished());
}

TEST_CASE("ClientProtocol: a flood of frames without work ends the connection (S-9, S-28)") {
  const struct {
    const char* name;
    void (*add)(FrameScript&);
  } rows[] = {
      {"settings", [](FrameScript& script) { script.settings(); }},
      {"pings", [](FrameScript& script) { script.ping(7); }},
      {"unknown frames", [](FrameScript& script) { script.frame(0x77, 0, 0, "x"); }},
      {"empty data", [](FrameScript& script) { script.data(1, ""); }},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    ProtocolFixture fixture;
    fixture.greet();
    TestCall call;
    fixture.send(call);
    fixture.feed(fixture.script.headers(1, response_fields()));
    for (int i = 0; i < 3000 && !fixture.protocol->finished(); ++i) {
      row.add(fixture.script);
      fixture.feed(fixture.script);
    }
    CHECK(fixture.protocol->finished());
    CHECK(call.code() == "UNAVAILABLE");
  }
}

TEST_CASE("ClientProtocol: GOAWAY is sent once, and input after the end is dropped") {
  ProtocolFixture fixture;
  fixture.greet();
  fixture.sent().take();
  fixture.protocol->shut_down({grpc::StatusCode::kCancelled, "closed", {}}, fixture.driver->now());
  fixture.protocol->shut_down({grpc::StatusCode::kCancelled, "closed", {}}, fixture.driver->now());
  fixture.protocol->receive(as_bytes(fixture.script.settings().ping(1).take()), fixture.driver->now());
  fixture.driver->drain();
  CHECK(fixture.sent().count(FrameType::kGoaway) == 1);
  CHECK(fixture.owner.take() == "closing the channel is closed");
}

TEST_CASE("ClientProtocol: a protocol may go while calls are out, after it was told to") {
  TestCall call;
  ProtocolFixture fixture;
  fixture.greet();
  fixture.send(call);
  fixture.driver->disconnect();
  fixture.protocol.reset();
  CHECK(call.code() == "UNAVAILABLE");
}

}  // namespace
}  // namespace hawser::test
