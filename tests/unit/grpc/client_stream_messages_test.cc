// Calls of many messages: sending, reading at the reader's pace, and which end counts.
#include "hawser/grpc/client_stream.h"

#include <string>

#include "support/in_all_chunkings.h"
#include "unit/grpc/client_stream_fixture.h"

namespace hawser::test {
namespace {

using grpc::ClientStream;
using grpc::StatusCode;
using http2::ErrorCode;

class ClientStreamMessagesFixture final {
 public:
  explicit ClientStreamMessagesFixture(bool many_responses = true) {
    stream().begin_streaming(many_responses);
  }

  ClientStream& stream() { return wire.stream(); }
  void open() {
    REQUIRE(wire.open());
    wire.drain();
  }
  void send(std::string_view message) {
    grpc::MessageWriter one;
    const MutableBytes room = one.append(message.size());
    if (!message.empty()) std::memcpy(room.data(), message.data(), message.size());
    stream().send(one);
  }
  std::string drained() {
    wire.sent.take();
    wire.drain();
    return wire.sent.summary();
  }
  void feed(FrameScript& script, const Chunking& chunking = Chunking::whole()) {
    wire.feed(script, chunking);
  }
  FrameScript& script() { return wire.script; }
  /// Reads one message that is there: its text, or what happened instead.
  std::string read() {
    stream().read_message();
    if (stream().has_message()) return as_text(stream().response());
    return stream().is_read_out() ? "(end)" : "(wait)";
  }
  std::string code() { return std::string(to_string(wire.status().code)); }

  ClientStreamFixture wire;
};

const Fields kOkHead{{"grpc-status", "0"}};

TEST_CASE("ClientStream: each of many requests goes when it is written") {
  ClientStreamMessagesFixture fixture;
  fixture.open();
  CHECK(fixture.wire.sent.summary() == "HEADERS 1");
  fixture.send("one");
  CHECK(fixture.drained() == "DATA 1 (8)");
  fixture.send("two");
  fixture.send("");
  CHECK(fixture.drained() == "DATA 1 (13)");
  CHECK(fixture.wire.sent.body(1) == grpc_message("two") + grpc_message(""));
  CHECK(fixture.drained() == "");
}

TEST_CASE("ClientStream: requests that end later end with an empty DATA (P-55)") {
  ClientStreamMessagesFixture fixture;
  fixture.open();
  fixture.send("one");
  CHECK(fixture.drained() == "DATA 1 (8)");
  fixture.stream().end_requests();
  CHECK(fixture.drained() == "DATA 1 (0) end");
  fixture.send("late");
  fixture.stream().end_requests();
  CHECK(fixture.drained() == "");
}

TEST_CASE("ClientStream: END_STREAM is on the last request when it is known to be the last (P-54, P-55)") {
  ClientStreamMessagesFixture fixture;
  fixture.send("one");
  fixture.stream().end_requests();
  fixture.open();
  CHECK(fixture.wire.sent.summary() == "HEADERS 1, DATA 1 (8) end");
}

TEST_CASE("ClientStream: a call may have no request at all") {
  ClientStreamMessagesFixture fixture;
  fixture.stream().end_requests();
  fixture.open();
  CHECK(fixture.wire.sent.summary() == "HEADERS 1, DATA 1 (0) end");
}

TEST_CASE("ClientStream: requests wait for the peer's window, and unsent_bytes says how many") {
  ClientStreamMessagesFixture fixture;
  fixture.open();
  fixture.send(std::string(100'000, 'x'));
  fixture.drained();
  CHECK(fixture.wire.sent.body(1).size() == 65535);
  CHECK(fixture.stream().unsent_bytes() == 100'005 - 65535);
  fixture.feed(fixture.script().window_update(0, 1 << 20).window_update(1, 1 << 20));
  fixture.drained();
  CHECK(fixture.stream().unsent_bytes() == 0);
}

TEST_CASE("ClientStream: messages are read one by one, then comes the status (P-78)") {
  in_all_chunkings([](const Chunking& chunking) {
    ClientStreamMessagesFixture fixture;
    fixture.open();
    fixture.script().headers(1, with(response_fields(), "early", "1"));
    fixture.script().data(1, grpc_message("one") + grpc_message("")).data(1, grpc_message("three"));
    fixture.feed(fixture.script().trailers(1, {{"grpc-status", "5"}, {"late", "2"}}), chunking);
    CHECK(fixture.stream().initial_metadata().find("early") == "1");
    CHECK(fixture.stream().is_finished());
    CHECK_FALSE(fixture.stream().is_read_out());
    CHECK(fixture.read() == "one");
    CHECK(fixture.read() == "");
    CHECK_FALSE(fixture.stream().is_read_out());
    CHECK(fixture.read() == "three");
    CHECK(fixture.stream().is_read_out());
    CHECK(fixture.read() == "(end)");
    CHECK(fixture.code() == "NOT_FOUND");
    CHECK(fixture.stream().trailing_metadata().find("late") == "2");
  });
}

TEST_CASE("ClientStream: a read that waits is answered by the bytes that come") {
  in_all_chunkings([](const Chunking& chunking) {
    ClientStreamMessagesFixture fixture;
    fixture.open();
    CHECK(fixture.read() == "(wait)");
    fixture.feed(fixture.script().headers(1, response_fields()).data(1, grpc_message("one")), chunking);
    CHECK(fixture.stream().has_message());
    CHECK(as_view(fixture.stream().response()) == "one");
    CHECK(fixture.stream().held_bytes() == 0);
    CHECK(fixture.read() == "(wait)");
    fixture.feed(fixture.script().data(1, grpc_message("two") + grpc_message("three")), chunking);
    CHECK(as_view(fixture.stream().response()) == "two");
    CHECK(fixture.stream().held_bytes() == grpc_message("three").size());
    CHECK(fixture.read() == "three");
    CHECK(fixture.read() == "(wait)");
    fixture.feed(fixture.script().trailers(1, kOkHead), chunking);
    CHECK_FALSE(fixture.stream().has_message());
    CHECK(fixture.stream().is_read_out());
    CHECK(fixture.code() == "OK");
  });
}

TEST_CASE("ClientStream: responses may be none") {
  ClientStreamMessagesFixture fixture;
  fixture.open();
  fixture.feed(fixture.script().headers(1, response_fields()).trailers(1, kOkHead));
  CHECK(fixture.read() == "(end)");
  CHECK(fixture.code() == "OK");
  CHECK(fixture.stream().has_initial_metadata());
}

TEST_CASE("ClientStream: a status alone has no initial metadata") {
  ClientStreamMessagesFixture fixture;
  fixture.open();
  fixture.feed(fixture.script().trailers(1, with(response_fields(), "grpc-status", "7")));
  CHECK(fixture.read() == "(end)");
  CHECK(fixture.code() == "PERMISSION_DENIED");
  CHECK_FALSE(fixture.stream().has_initial_metadata());
}

TEST_CASE("ClientStream: unread bytes get no stream credit, and connection credit up to the limit (P-9)") {
  ClientStreamMessagesFixture fixture;
  fixture.open();
  fixture.drained();
  fixture.script().headers(1, response_fields());
  // The window of 512 KiB is filled; the connection may hold 100,000 bytes with credit.
  const std::string message = grpc_message(std::string(995, 'm'));
  for (int i = 0; i < 524; ++i) fixture.script().data(1, message);
  fixture.feed(fixture.script());
  CHECK(fixture.stream().held_bytes() == 524'000);
  CHECK(fixture.wire.held.held() == 524'000);
  CHECK(fixture.wire.held.withheld() == 424'000);
  fixture.drained();
  CHECK(fixture.wire.sent.find(FrameType::kWindowUpdate, 1) == nullptr);
  // Over 262,144 bytes of the window read, both get their credit.
  for (int i = 0; i < 270; ++i) REQUIRE(fixture.read() == std::string(995, 'm'));
  fixture.drained();
  CHECK(fixture.wire.sent.find(FrameType::kWindowUpdate, 1) != nullptr);
  CHECK(fixture.wire.held.held() == 254'000);
  for (int i = 0; i < 254; ++i) REQUIRE(fixture.read() == std::string(995, 'm'));
  CHECK(fixture.read() == "(wait)");
  CHECK(fixture.wire.held.held() == 0);
  CHECK(fixture.wire.held.withheld() == 0);
}

TEST_CASE("ClientStream: a message larger than the window is credited while it is read (P-9)") {
  ClientStreamMessagesFixture fixture;
  REQUIRE(fixture.stream().open(*fixture.wire.session, fixture.wire.handle, ClientStreamFixture::kFields,
                                fixture.wire.config->limits(), 4 << 20, &fixture.wire.held));
  fixture.drained();
  CHECK(fixture.read() == "(wait)");
  const std::string message(2'000'000, 'm');
  const std::string body = grpc_message(message);
  fixture.feed(fixture.script().headers(1, response_fields()));
  for (std::size_t i = 0; i < body.size(); i += 16'000) {
    fixture.feed(fixture.script().data(1, body.substr(i, 16'000)));
    fixture.wire.drain();
  }
  REQUIRE(fixture.stream().has_message());
  CHECK(as_view(fixture.stream().response()) == message);
}

TEST_CASE("ClientStream: what is held leaves the connection's count with the stream") {
  const auto held_after = [](auto end) {
    ClientStreamMessagesFixture fixture;
    fixture.open();
    fixture.feed(fixture.script().headers(1, response_fields()).data(1, std::string(200'000 / 16, 'x')));
    CHECK(fixture.wire.held.held() == 12'500);
    end(fixture);
    return fixture.wire.held.held();
  };
  CHECK(held_after([](ClientStreamMessagesFixture& f) { f.feed(f.script().trailers(1, kOkHead)); }) == 0);
  CHECK(held_after([](ClientStreamMessagesFixture& f) { f.feed(f.script().reset(1, ErrorCode::kCancel)); }) ==
        0);
  CHECK(held_after([](ClientStreamMessagesFixture& f) {
          f.stream().abandon({StatusCode::kCancelled, "", {}});
        }) == 0);
  CHECK(held_after([](ClientStreamMessagesFixture& f) {
          f.stream().on_lost({StatusCode::kUnavailable, "", {}});
        }) == 0);
}

TEST_CASE(
    "ClientStream: a stream that ends inside a message is INTERNAL once that message is asked for (P-49)") {
  for (const std::string& cut : {std::string(2, '\0'), grpc_prefix(4) + "ab"}) {
    in_all_chunkings([&](const Chunking& chunking) {
      for (const bool wait : {false, true}) {
        ClientStreamMessagesFixture fixture;
        fixture.open();
        fixture.feed(fixture.script().headers(1, response_fields()).data(1, grpc_message("one") + cut),
                     chunking);
        CHECK(fixture.read() == "one");
        if (wait) CHECK(fixture.read() == "(wait)");
        fixture.feed(fixture.script().trailers(1, kOkHead), chunking);
        if (!wait) CHECK(fixture.read() == "(end)");
        CHECK(fixture.stream().is_read_out());
        CHECK(fixture.code() == "INTERNAL");
        CHECK(fixture.wire.status().message == "the response ended inside a message");
      }
    });
  }
}

TEST_CASE("ClientStream: a cut message changes no error status (P-52)") {
  ClientStreamMessagesFixture fixture;
  fixture.open();
  fixture.script().headers(1, response_fields()).data(1, std::string(3, '\0'));
  fixture.feed(fixture.script().trailers(1, {{"grpc-status", "8"}}));
  CHECK(fixture.read() == "(end)");
  CHECK(fixture.code() == "RESOURCE_EXHAUSTED");
}

TEST_CASE("ClientStream: a message that can't be read ends the call when its turn comes (P-45, P-47)") {
  struct Fault {
    std::string bytes;
    std::string_view code;
  };
  const Fault faults[] = {{grpc_prefix(kMaxReceive + 1), "RESOURCE_EXHAUSTED"},
                          {grpc_prefix(1, 2), "INTERNAL"},
                          {grpc_message("squeezed", true), "INTERNAL"}};
  for (const Fault& fault : faults) {
    CAPTURE(fault.code);
    in_all_chunkings([&](const Chunking& chunking) {
      for (const bool ended : {false, true}) {
        ClientStreamMessagesFixture fixture;
        fixture.open();
        fixture.drained();
        fixture.script().headers(1, response_fields());
        fixture.script().data(1, grpc_message("one") + fault.bytes).data(1, grpc_message("never read"));
        if (ended) fixture.script().trailers(1, kOkHead);
        fixture.feed(fixture.script(), chunking);
        CHECK(fixture.read() == "one");
        CHECK(fixture.stream().is_finished() == ended);
        CHECK(fixture.read() == "(end)");
        CHECK(fixture.code() == fault.code);
        CHECK(fixture.wire.held.held() == 0);
        if (!ended) CHECK(fixture.drained().ends_with("RST_STREAM 1 CANCEL"));
      }
    });
  }
}

TEST_CASE("ClientStream: a broken message that a read waits for ends the call at once") {
  in_all_chunkings([](const Chunking& chunking) {
    ClientStreamMessagesFixture fixture;
    fixture.open();
    CHECK(fixture.read() == "(wait)");
    fixture.script().headers(1, response_fields()).data(1, grpc_prefix(1, 9) + grpc_message("rest"));
    fixture.feed(fixture.script(), chunking);
    CHECK(fixture.wire.is_done());
    CHECK(fixture.code() == "INTERNAL");
    CHECK(fixture.wire.held.held() == 0);
  });
}

TEST_CASE("ClientStream: messages outlive a reset by the server (P-78), but no abandoning") {
  for (const bool reset : {true, false}) {
    ClientStreamMessagesFixture fixture;
    fixture.open();
    fixture.feed(fixture.script().headers(1, response_fields()).data(1, grpc_message("one")));
    if (reset) {
      fixture.feed(fixture.script().reset(1, ErrorCode::kEnhanceYourCalm));
    } else {
      fixture.stream().abandon({StatusCode::kDeadlineExceeded, "", {}});
    }
    CHECK(fixture.wire.is_done());
    CHECK(fixture.read() == (reset ? "one" : "(end)"));
    CHECK(fixture.code() == (reset ? "RESOURCE_EXHAUSTED" : "DEADLINE_EXCEEDED"));
  }
}

TEST_CASE("ClientStream: a lost connection's messages can be read, when they are to be kept") {
  ClientStreamMessagesFixture fixture;
  fixture.open();
  fixture.feed(fixture.script().headers(1, response_fields()).data(1, grpc_message("one")));
  fixture.stream().abandon({StatusCode::kUnavailable, "lost", {}}, ClientStream::Unread::kKeep);
  CHECK(fixture.read() == "one");
  CHECK(fixture.read() == "(end)");
  CHECK(fixture.code() == "UNAVAILABLE");
}

TEST_CASE("ClientStream: the owner of unread messages may end the call otherwise") {
  ClientStreamMessagesFixture fixture;
  fixture.open();
  fixture.feed(
      fixture.script().headers(1, response_fields()).data(1, grpc_message("one")).trailers(1, kOkHead));
  CHECK_FALSE(fixture.stream().is_read_out());
  fixture.stream().abandon_unread({StatusCode::kCancelled, "", {}});
  CHECK(fixture.stream().is_read_out());
  CHECK(fixture.code() == "CANCELLED");
}

TEST_CASE("ClientStream: the server may end while requests are being written (P-75)") {
  ClientStreamMessagesFixture fixture;
  fixture.open();
  fixture.send("one");
  fixture.drained();
  fixture.feed(
      fixture.script().headers(1, response_fields()).data(1, grpc_message("r")).trailers(1, kOkHead));
  CHECK(fixture.drained() == "RST_STREAM 1 NO_ERROR");
  fixture.send("late");
  fixture.stream().end_requests();
  CHECK(fixture.drained() == "");
  CHECK(fixture.read() == "r");
  CHECK(fixture.read() == "(end)");
  CHECK(fixture.code() == "OK");
}

TEST_CASE("ClientStream: many requests and one response is as strict as unary (P-51)") {
  const auto code_of = [](std::string_view body) {
    ClientStreamMessagesFixture fixture(false);
    fixture.open();
    fixture.send("one");
    fixture.send("two");
    fixture.stream().end_requests();
    CHECK(fixture.drained() == "DATA 1 (16) end");
    fixture.feed(fixture.script().headers(1, response_fields()).data(1, body));
    if (!fixture.stream().is_finished()) fixture.feed(fixture.script().trailers(1, kOkHead));
    CHECK(fixture.stream().is_read_out());
    return fixture.code();
  };
  CHECK(code_of(grpc_message("pong")) == "OK");
  CHECK(code_of("") == "INTERNAL");
  CHECK(code_of(grpc_message("pong") + grpc_message("pong")) == "INTERNAL");
}

TEST_CASE("ClientStream: a refused stream is sent again with all of its messages (P-104)") {
  ClientStreamMessagesFixture fixture;
  fixture.open();
  fixture.send("one");
  fixture.drained();
  CHECK(fixture.read() == "(wait)");
  fixture.feed(fixture.script().reset(1, ErrorCode::kRefusedStream));
  REQUIRE(fixture.stream().was_refused());
  fixture.stream().rewind();
  fixture.send("two");
  fixture.open();
  fixture.drained();
  fixture.send("three");
  fixture.stream().end_requests();
  fixture.wire.drain();
  CHECK(fixture.wire.sent.summary() == "DATA 3 (10) end");
  fixture.feed(fixture.script().headers(3, response_fields()).data(3, grpc_message("answer")));
  CHECK(fixture.stream().has_message());
}

TEST_CASE("ClientStream: what rewind brings back is everything since the start") {
  ClientStreamMessagesFixture fixture;
  fixture.open();
  fixture.send("one");
  fixture.drained();
  fixture.feed(fixture.script().reset(1, ErrorCode::kRefusedStream));
  fixture.stream().rewind();
  fixture.wire.sent.take();
  fixture.send("two");
  fixture.open();
  CHECK(fixture.wire.sent.body(3) == grpc_message("one") + grpc_message("two"));
}

TEST_CASE("ClientStream: over 256 KiB sent, or a response begun, nothing is kept for a resend (P-106)") {
  ClientStreamMessagesFixture fixture;
  fixture.feed(fixture.script().window_update(0, 1 << 24));
  fixture.open();
  fixture.feed(fixture.script().window_update(1, 1 << 24));
  fixture.send(std::string(200'000, 'x'));
  fixture.drained();
  fixture.send(std::string(200'000, 'x'));
  fixture.drained();
  fixture.feed(fixture.script().reset(1, ErrorCode::kRefusedStream));
  CHECK(fixture.wire.is_done());
  CHECK_FALSE(fixture.stream().was_refused());
  CHECK(fixture.code() == "UNAVAILABLE");

  ClientStreamMessagesFixture begun;
  begun.open();
  begun.send("one");
  begun.drained();
  begun.feed(begun.script().headers(1, response_fields()).reset(1, ErrorCode::kRefusedStream));
  CHECK_FALSE(begun.stream().was_refused());
}

TEST_CASE("ClientStream: one object makes streaming and unary calls in turn") {
  ClientStreamMessagesFixture fixture;
  fixture.open();
  fixture.feed(
      fixture.script().headers(1, response_fields()).data(1, grpc_message("a")).trailers(1, kOkHead));
  fixture.stream().reset();
  fixture.wire.start("ping");
  fixture.feed(fixture.script().response(3, "pong"));
  CHECK(fixture.code() == "OK");
  CHECK(as_view(fixture.stream().response()) == "pong");
  fixture.stream().begin_streaming(true);
  fixture.open();
  fixture.feed(
      fixture.script().headers(5, response_fields()).data(5, grpc_message("b")).trailers(5, kOkHead));
  CHECK(fixture.read() == "b");
}

}  // namespace
}  // namespace hawser::test
