// Calls on a connection that is well. Deadlines, limits and ends have files of their own.
#include "hawser/client/client_protocol.h"

#include "support/allocation_counter.h"
#include "support/in_all_chunkings.h"
#include "unit/client/protocol_fixture.h"

namespace hawser::test {
namespace {

TEST_CASE("ClientProtocol: it greets at once, and is ready when the server's SETTINGS came (P-4)") {
  ProtocolFixture fixture;
  CHECK(fixture.sent().saw_preface());
  CHECK(fixture.sent_summary().starts_with("SETTINGS"));
  CHECK(fixture.protocol->accepts_calls());
  CHECK_FALSE(fixture.protocol->is_ready());
  fixture.feed(fixture.script.settings());
  CHECK(fixture.owner.take() == "ready");
  CHECK(fixture.protocol->is_ready());
  CHECK(fixture.sent_summary() == "SETTINGS ack");
  fixture.feed(fixture.script.settings());
  CHECK(fixture.owner.take() == "");
}

TEST_CASE("ClientProtocol: a call started before SETTINGS waits for them") {
  ProtocolFixture fixture;
  TestCall call;
  fixture.send(call);
  fixture.sent().take();
  CHECK(fixture.protocol->load() == 1);
  fixture.greet();
  fixture.feed(fixture.script.response(1, "pong"));
  CHECK(fixture.owner.take() == "done OK");
}

TEST_CASE("ClientProtocol: a call from start to end") {
  in_all_chunkings([](const Chunking& chunking) {
    ProtocolFixture fixture;
    fixture.greet();
    TestCall call;
    CHECK_FALSE(fixture.protocol->has_served());
    fixture.start(call);
    CHECK(fixture.sent_summary() == "");  // opened by the drain
    CHECK(fixture.driver->output_ready());
    fixture.driver->drain();
    CHECK(fixture.sent_summary() == "HEADERS 1, DATA 1 (9) end");
    CHECK(fixture.protocol->load() == 1);
    CHECK(fixture.protocol->has_served());
    fixture.feed(fixture.script.response(1, "pong"), chunking);
    CHECK(fixture.owner.take() == "done OK");
    CHECK(as_view(call.call.response()) == "pong");
    CHECK(fixture.protocol->load() == 0);
    CHECK(fixture.protocol->has_served());
  });
}

TEST_CASE("ClientProtocol: times are those of the turns in which things happened") {
  ProtocolFixture fixture;
  fixture.greet();
  TestCall call;
  fixture.start(call);
  fixture.driver->advance(std::chrono::milliseconds(1));
  fixture.driver->drain();
  const Instant sent = fixture.driver->now();
  fixture.driver->advance(std::chrono::milliseconds(2));
  const Instant first_byte = fixture.driver->now();
  fixture.feed(fixture.script.headers(1, response_fields()));
  fixture.driver->advance(std::chrono::milliseconds(3));
  const Instant done = fixture.driver->now();
  fixture.feed(fixture.script.data(1, grpc_message("pong")).trailers(1, {{"grpc-status", "0"}}));
  CHECK(call.call.times().sent == sent);
  CHECK(call.call.times().first_byte == first_byte);
  CHECK(call.call.times().done == done);
}

TEST_CASE("ClientProtocol: the authority is the call's own, or the channel's (P-98)") {
  ProtocolFixture fixture;
  fixture.greet();
  TestCall plain;
  TestCall own;
  own.call.set_authority("other.org:80");
  fixture.send(plain);
  fixture.send(own);
  CHECK(fixture.sent().find(FrameType::kHeaders, 1)->header(":authority") == "example.org");
  CHECK(fixture.sent().find(FrameType::kHeaders, 3)->header(":authority") == "other.org:80");
}

TEST_CASE("ClientProtocol: metadata goes out checked and encoded (P-23, P-36)") {
  ProtocolFixture fixture;
  fixture.greet();
  TestCall call;
  CHECK(call.call.add_metadata("key", "value"));
  CHECK(call.call.add_metadata("key-bin", std::string_view("\0\xFF", 2)));
  for (const char* name : {"grpc-x", "Key", ":path", "te", "", "a b"}) {
    CAPTURE(name);
    CHECK_FALSE(call.call.add_metadata(name, "v"));
  }
  CHECK_FALSE(call.call.add_metadata("key", "\x80"));
  fixture.send(call);
  const Frame* headers = fixture.sent().find(FrameType::kHeaders, 1);
  CHECK(headers->header("key") == "value");
  CHECK(headers->header("key-bin") == "AP8");
}

TEST_CASE("ClientProtocol: many calls at once, answered in another order") {
  ProtocolFixture fixture;
  fixture.greet();
  std::vector<std::unique_ptr<TestCall>> calls;
  for (int i = 0; i < 50; ++i) {
    calls.push_back(std::make_unique<TestCall>("ping " + std::to_string(i)));
    fixture.start(*calls.back());
  }
  fixture.driver->drain();
  for (int i = 0; i < 50; ++i) {
    CHECK(fixture.sent().body(2 * i + 1) == grpc_message("ping " + std::to_string(i)));
  }
  for (int i = 49; i >= 0; --i) fixture.script.response(2 * i + 1, "pong " + std::to_string(i));
  fixture.feed(fixture.script);
  for (int i = 0; i < 50; ++i) CHECK(as_view(calls[i]->call.response()) == "pong " + std::to_string(i));
  CHECK(fixture.protocol->load() == 0);
}

TEST_CASE("ClientProtocol: a completion may start the next call, again and again") {
  ProtocolFixture fixture;
  fixture.greet();
  TestCall call;
  int left = 100;
  fixture.owner.after_done = [&](client::Call&) {
    if (left-- == 0) return;
    call.begin("again");
    fixture.start(call);
  };
  fixture.send(call);
  for (http2::StreamId id = 1; id <= 201; id += 2) {
    CHECK(fixture.sent().find(FrameType::kHeaders, id) != nullptr);
    fixture.feed(fixture.script.response(id, "pong"));
  }
  CHECK(left == -1);
  CHECK(fixture.protocol->load() == 0);
}

TEST_CASE("ClientProtocol: cancel ends a call wherever it is (P-79)") {
  const grpc::Status cancelled{grpc::StatusCode::kCancelled, "enough", {}};
  SUBCASE("waiting: nothing is sent") {
    ProtocolFixture fixture;
    fixture.greet();
    TestCall call;
    fixture.start(call);
    fixture.protocol->cancel(call.call, cancelled, fixture.driver->now());
    CHECK(fixture.owner.take() == "done CANCELLED");
    fixture.driver->drain();
    CHECK(fixture.sent_summary() == "");
  }
  SUBCASE("open: RST_STREAM CANCEL, and the slot is free") {
    ProtocolFixture fixture;
    fixture.greet({{SettingId::kMaxConcurrentStreams, 1}});
    TestCall call;
    TestCall next("next");
    fixture.send(call);
    fixture.send(next);
    CHECK(fixture.sent_summary() == "HEADERS 1, DATA 1 (9) end");
    fixture.protocol->cancel(call.call, cancelled, fixture.driver->now());
    CHECK(fixture.owner.take() == "done CANCELLED");
    CHECK(call.call.status().message == "enough");
    fixture.driver->drain();
    CHECK(fixture.sent_summary() == "RST_STREAM 1 CANCEL, HEADERS 3, DATA 3 (9) end");
    fixture.feed(fixture.script.response(1, "too late").response(3, "pong"));
    CHECK(fixture.owner.take() == "done OK");
  }
}

TEST_CASE("ClientProtocol: the owner gives a limit for each message, the call may give its own (P-47)") {
  ProtocolFixture fixture;
  fixture.greet();
  TestCall usual;
  TestCall generous;
  generous.call.set_max_receive_bytes(5000);
  fixture.send(usual);
  fixture.send(generous);
  const std::string message(2000, 'x');
  fixture.feed(fixture.script.response(1, message).response(3, message));
  CHECK(fixture.owner.take() == "done RESOURCE_EXHAUSTED, done OK");
}

TEST_CASE("ClientProtocol: a warm call allocates nothing" * doctest::skip(!AllocationCounter::kAvailable)) {
  ProtocolFixture fixture;
  fixture.greet();
  TestCall call;
  fixture.owner.lines.reserve(10'000);
  // The script and the parser allocate, so the bytes are made first and the output is looked at afterwards.
  std::vector<std::string> replies;
  for (http2::StreamId id = 1; id < 2000; id += 2)
    replies.push_back(fixture.script.response(id, "pong").take());
  ByteQueue output;
  std::uint64_t calls = 0;
  const auto round = [&](const std::string& reply) {
    const AllocationCounter counter;
    call.begin("ping");
    call.call.deadline = fixture.driver->now() + std::chrono::seconds(1);
    fixture.protocol->start(call.call);
    fixture.protocol->drain(output, fixture.driver->now());
    output.clear();
    fixture.protocol->receive(as_bytes(reply), fixture.driver->now());
    calls = counter.calls();
  };
  for (const std::string& reply : replies) round(reply);
  CHECK(fixture.owner.lines.size() == 1000);
  CHECK(calls == 0);
}

}  // namespace
}  // namespace hawser::test
