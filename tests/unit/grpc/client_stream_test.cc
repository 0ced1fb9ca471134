#include "hawser/grpc/client_stream.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include "support/bytes.h"
#include "support/frame_parser.h"
#include "support/frame_script.h"
#include "support/in_all_chunkings.h"

namespace hawser::test {
namespace {

using grpc::ClientStream;
using grpc::StatusCode;
using http2::ErrorCode;

// Hands the session's events to the one stream of the test, as client::ClientProtocol does.
struct Handle final : http2::Stream {
  ClientStream stream;
};

class Events final : public http2::SessionEvents {
 public:
  http2::Stream* on_stream_begin(http2::StreamId) override { return nullptr; }
  http2::HeaderVerdict on_header(http2::Stream& s, http2::HeaderField field) override {
    return of(s).on_header(field);
  }
  void on_headers_end(http2::Stream& s, bool end) override { of(s).on_headers_end(end); }
  void on_data(http2::Stream& s, Bytes bytes) override { of(s).on_data(bytes); }
  void on_end_of_stream(http2::Stream& s) override { of(s).on_end_of_stream(); }
  http2::BodyChunk on_body_wanted(http2::Stream& s, MutableBytes into) override {
    return of(s).on_body_wanted(into);
  }
  void on_last_frame_sent(http2::Stream& s) override { of(s).on_last_frame_sent(); }
  void on_stream_closed(http2::Stream& s, ErrorCode code) override { of(s).on_closed(code); }
  void on_reset_sent(http2::StreamId, ErrorCode) override {}
  void on_reset_received(http2::StreamId, ErrorCode) override {}
  void on_idle_frame(http2::IdleFrame) override {}
  void on_settings() override {}
  void on_settings_acknowledged() override {}
  void on_ping_acknowledged(std::uint64_t) override {}
  void on_goaway(http2::StreamId, ErrorCode, std::string_view) override {}

 private:
  static ClientStream& of(http2::Stream& stream) { return static_cast<Handle&>(stream).stream; }
};

constexpr std::size_t kMaxReceive = 1000;

// One call on one session; the test plays the server.
class Fixture final {
 public:
  Fixture() {
    feed(script.settings().settings_ack());
    drain();
    sent.take();
  }

  void begin_message(std::string_view message) {
    const MutableBytes room = stream().begin_message(message.size());
    if (!message.empty()) std::memcpy(room.data(), message.data(), message.size());
  }
  Result<void> open(const grpc::RequestFields& fields = kFields) {
    return stream().open(*session, handle, fields, config->limits(), kMaxReceive);
  }
  /// The usual beginning: the request has left.
  void start(std::string_view message = "ping") {
    begin_message(message);
    REQUIRE(open());
    drain();
    sent.take();
  }
  void feed(FrameScript& more, const Chunking& chunking = Chunking::whole()) {
    const std::string bytes = more.take();
    chunking.split(as_bytes(bytes), [&](Bytes piece) { REQUIRE(session->receive(piece)); });
  }
  void drain() {
    ByteQueue output;
    REQUIRE(session->drain(output, 1 << 30));
    sent.feed(output.readable());
  }
  ClientStream& stream() { return handle.stream; }
  const grpc::Status& status() { return stream().status(); }
  bool is_done() { return stream().is_finished() && stream().is_released(); }

  static constexpr grpc::RequestFields kFields{
      .path = "/echo.EchoService/Echo", .authority = "example.org", .user_agent = "test/1", .timeout = {}};

  FrameScript script;
  FrameParser sent;
  std::unique_ptr<http2::SessionConfig> config = *http2::SessionConfig::create(http2::Role::kClient, {});
  http2::MemoryPool pool;
  Events events;
  std::unique_ptr<http2::Session> session = *http2::Session::create(*config, events, pool);
  Handle handle;
};

void check_status(Fixture& fixture, StatusCode code, std::string_view message) {
  CHECK(fixture.is_done());
  CHECK(to_string(fixture.status().code) == to_string(code));
  CHECK(fixture.status().message == message);
}

std::string names_of(const Frame& frame) {
  std::string names;
  for (const Field& field : frame.fields) names += (names.empty() ? "" : " ") + field.name;
  return names;
}

TEST_CASE("ClientStream: a request is HEADERS and one message that ends the stream") {
  Fixture fixture;
  fixture.begin_message("ping");
  REQUIRE(fixture.open());
  CHECK(fixture.stream().is_open());
  fixture.drain();
  CHECK(fixture.sent.summary() == "HEADERS 1, DATA 1 (9) end");
  CHECK(fixture.sent.body(1) == grpc_message("ping"));
}

TEST_CASE("ClientStream: request fields are in the order of the gRPC protocol (P-25)") {
  Fixture fixture;
  http2::HeaderBlock metadata;
  metadata.add("key", "value");
  metadata.add("key-bin", "AQ");
  fixture.begin_message("ping");
  grpc::RequestFields fields = Fixture::kFields;
  fields.timeout = std::chrono::milliseconds(1500);
  fields.metadata = &metadata;
  REQUIRE(fixture.open(fields));
  fixture.drain();
  const Frame& headers = fixture.sent.frames()[0];
  CHECK(names_of(headers) ==
        ":method :scheme :path :authority grpc-timeout te content-type user-agent key key-bin");
  CHECK(headers.header(":method") == "POST");
  CHECK(headers.header(":scheme") == "http");
  CHECK(headers.header(":path") == "/echo.EchoService/Echo");
  CHECK(headers.header(":authority") == "example.org");
  CHECK(headers.header("grpc-timeout") == "1500000u");
  CHECK(headers.header("te") == "trailers");
  CHECK(headers.header("content-type") == "application/grpc");
  CHECK(headers.header("user-agent") == "test/1");
  CHECK(headers.header("key") == "value");
}

TEST_CASE("ClientStream: without deadline and metadata nothing of them is sent") {
  Fixture fixture;
  fixture.begin_message("");
  REQUIRE(fixture.open());
  fixture.drain();
  CHECK(names_of(fixture.sent.frames()[0]) == ":method :scheme :path :authority te content-type user-agent");
}

TEST_CASE("ClientStream: more metadata than fits the stack is sent as well") {
  Fixture fixture;
  http2::HeaderBlock metadata;
  for (int i = 0; i < 40; ++i) metadata.add("key-" + std::to_string(i), std::to_string(i));
  fixture.begin_message("ping");
  grpc::RequestFields fields = Fixture::kFields;
  fields.metadata = &metadata;
  REQUIRE(fixture.open(fields));
  fixture.drain();
  const Frame& headers = fixture.sent.frames()[0];
  CHECK(headers.fields.size() == 47);
  CHECK(headers.header("key-39") == "39");
}

TEST_CASE("ClientStream: an empty message is sent as its prefix (P-46)") {
  Fixture fixture;
  fixture.begin_message("");
  REQUIRE(fixture.open());
  fixture.drain();
  CHECK(fixture.sent.body(1) == std::string(5, '\0'));
}

TEST_CASE("ClientStream: a large message goes out as the window allows") {
  Fixture fixture;
  const std::string message(200'000, 'm');
  fixture.begin_message(message);
  REQUIRE(fixture.open());
  fixture.drain();
  CHECK(fixture.sent.body(1).size() == 65535);
  fixture.feed(fixture.script.window_update(0, 1 << 20).window_update(1, 1 << 20));
  fixture.drain();
  CHECK(fixture.sent.body(1) == grpc_message(message));
}

TEST_CASE("ClientStream: a response is one message and the trailers") {
  in_all_chunkings([](const Chunking& chunking) {
    Fixture fixture;
    fixture.start();
    fixture.script.headers(1, with(response_fields(), "early", "1")).data(1, grpc_message("pong"));
    fixture.feed(fixture.script, chunking);
    CHECK(fixture.stream().has_response_head());
    CHECK_FALSE(fixture.stream().is_finished());
    fixture.feed(fixture.script.trailers(1, {{"grpc-status", "0"}, {"late", "2"}}), chunking);
    check_status(fixture, StatusCode::kOk, "");
    CHECK(as_view(fixture.stream().response()) == "pong");
    CHECK(fixture.stream().initial_metadata().find("early") == "1");
    CHECK(fixture.stream().initial_metadata().size() == 1);
    CHECK(fixture.stream().trailing_metadata().find("late") == "2");
    CHECK(fixture.stream().trailing_metadata().size() == 1);
    fixture.drain();
    CHECK(fixture.sent.summary() == "");
  });
}

TEST_CASE("ClientStream: an empty response message is a message (P-46)") {
  Fixture fixture;
  fixture.start();
  fixture.feed(fixture.script.response(1, ""));
  check_status(fixture, StatusCode::kOk, "");
  CHECK(fixture.stream().response().empty());
}

TEST_CASE("ClientStream: received bytes are given back as credit") {
  Fixture fixture;
  fixture.handle.stream.reset();
  fixture.begin_message("ping");
  REQUIRE(fixture.stream().open(*fixture.session, fixture.handle, Fixture::kFields, fixture.config->limits(),
                                4 << 20));
  fixture.drain();
  fixture.sent.take();
  const std::string message(400'000, 'm');
  const std::string body = grpc_message(message);
  fixture.script.headers(1, response_fields());
  for (std::size_t i = 0; i < body.size(); i += 16000) fixture.script.data(1, body.substr(i, 16000));
  fixture.feed(fixture.script);
  fixture.drain();
  CHECK(fixture.sent.find(FrameType::kWindowUpdate, 1) != nullptr);
  fixture.feed(fixture.script.trailers(1, {{"grpc-status", "0"}}));
  check_status(fixture, StatusCode::kOk, "");
  CHECK(as_view(fixture.stream().response()) == message);
}

TEST_CASE("ClientStream: an error status needs no message (P-52)") {
  in_all_chunkings([](const Chunking& chunking) {
    {  // in trailers only
      Fixture fixture;
      fixture.start();
      Fields fields = with(response_fields(), "grpc-status", "5");
      fields.push_back({"grpc-message", "no%20such%20thing"});
      fields.push_back({"why", "because"});
      fixture.feed(fixture.script.trailers(1, fields), chunking);
      check_status(fixture, StatusCode::kNotFound, "no such thing");
      CHECK(fixture.stream().trailing_metadata().find("why") == "because");
      CHECK(fixture.stream().initial_metadata().empty());
    }
    {  // in trailers after headers
      Fixture fixture;
      fixture.start();
      fixture.script.headers(1, response_fields());
      fixture.feed(fixture.script.trailers(1, {{"grpc-status", "8"}, {"grpc-message", "m"}}), chunking);
      check_status(fixture, StatusCode::kResourceExhausted, "m");
    }
    {  // with a message before it
      Fixture fixture;
      fixture.start();
      fixture.feed(fixture.script.response(1, "ignored", "10"), chunking);
      check_status(fixture, StatusCode::kAborted, "");
    }
  });
}

TEST_CASE("ClientStream: an OK status needs exactly one message (P-49, P-51)") {
  in_all_chunkings([](const Chunking& chunking) {
    {  // none
      Fixture fixture;
      fixture.start();
      fixture.script.headers(1, response_fields()).trailers(1, {{"grpc-status", "0"}});
      fixture.feed(fixture.script, chunking);
      check_status(fixture, StatusCode::kInternal,
                   "a unary call has one response message, this one has none");
    }
    {  // none, in trailers only
      Fixture fixture;
      fixture.start();
      fixture.feed(fixture.script.trailers(1, with(response_fields(), "grpc-status", "0")), chunking);
      check_status(fixture, StatusCode::kInternal,
                   "a unary call has one response message, this one has none");
    }
    {  // half of one
      Fixture fixture;
      fixture.start();
      fixture.script.headers(1, response_fields()).data(1, grpc_message("pong").substr(0, 7));
      fixture.feed(fixture.script.trailers(1, {{"grpc-status", "0"}}), chunking);
      check_status(fixture, StatusCode::kInternal, "the response ended inside a message");
    }
    {  // two: failed at once
      Fixture fixture;
      fixture.start();
      fixture.script.headers(1, response_fields()).data(1, grpc_message("a") + grpc_message("b"));
      fixture.feed(fixture.script, chunking);
      check_status(fixture, StatusCode::kInternal,
                   "a unary call has one response message, this one has more");
      fixture.drain();
      CHECK(fixture.sent.summary() == "RST_STREAM 1 CANCEL");
    }
  });
}

TEST_CASE("ClientStream: bad framing and oversize fail at once and reset the stream") {
  const struct {
    std::string body;
    StatusCode code;
    const char* message;
  } rows[] = {
      {grpc_prefix(3, 2), StatusCode::kInternal, "invalid message flag 2: not a gRPC message"},
      {grpc_prefix(kMaxReceive + 1), StatusCode::kResourceExhausted,
       "message of 1001 bytes is over the receive limit of 1000"},
      {grpc_message("zip", true), StatusCode::kInternal,
       "a message is marked compressed, but the response names no grpc-encoding"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.message);
    Fixture fixture;
    fixture.start();
    fixture.feed(fixture.script.headers(1, response_fields()).data(1, row.body));
    check_status(fixture, row.code, row.message);
    fixture.drain();
    CHECK(fixture.sent.summary() == "RST_STREAM 1 CANCEL");
  }
}

TEST_CASE("ClientStream: a compressed message names the encoding that is missing (P-58)") {
  Fixture fixture;
  fixture.start();
  fixture.script.headers(1, with(response_fields(), "grpc-encoding", "gzip"));
  fixture.feed(fixture.script.data(1, grpc_message("zip", true)));
  check_status(fixture, StatusCode::kInternal, "grpc-encoding gzip is not supported; supported: identity");
}

TEST_CASE("ClientStream: a named encoding that isn't used does no harm") {
  Fixture fixture;
  fixture.start();
  fixture.script.headers(1, with(response_fields(), "grpc-encoding", "gzip")).data(1, grpc_message("pong"));
  fixture.feed(fixture.script.trailers(1, {{"grpc-status", "0"}}));
  check_status(fixture, StatusCode::kOk, "");
}

TEST_CASE("ClientStream: what isn't gRPC is told by its HTTP status, type and body (P-69, P-70)") {
  const struct {
    const char* http_status;
    StatusCode code;
  } rows[] = {{"400", StatusCode::kInternal},         {"401", StatusCode::kUnauthenticated},
              {"403", StatusCode::kPermissionDenied}, {"404", StatusCode::kUnimplemented},
              {"429", StatusCode::kUnavailable},      {"431", StatusCode::kInternal},
              {"502", StatusCode::kUnavailable},      {"503", StatusCode::kUnavailable},
              {"504", StatusCode::kUnavailable},      {"500", StatusCode::kUnknown},
              {"200", StatusCode::kUnknown},          {"302", StatusCode::kUnknown}};
  for (const auto& row : rows) {
    CAPTURE(row.http_status);
    Fixture fixture;
    fixture.start();
    fixture.script.headers(1, {{":status", row.http_status}, {"content-type", "text/html"}});
    fixture.feed(fixture.script.data(1, "<h1>no\n\"way\"</h1>", true));
    check_status(fixture, row.code,
                 "the server did not answer with gRPC: HTTP status " + std::string(row.http_status) +
                     ", content-type \"text/html\", body: <h1>no \"way\"</h1>");
  }
}

TEST_CASE("ClientStream: a foreign response may end in its headers or its trailers") {
  SUBCASE("headers") {
    Fixture fixture;
    fixture.start();
    fixture.feed(fixture.script.trailers(1, {{":status", "503"}, {"content-type", "text/plain"}}));
    check_status(fixture, StatusCode::kUnavailable,
                 "the server did not answer with gRPC: HTTP status 503, content-type \"text/plain\"");
  }
  SUBCASE("trailers") {
    Fixture fixture;
    fixture.start();
    fixture.script.headers(1, {{":status", "404"}}).data(1, "gone").trailers(1, {{"a", "b"}});
    fixture.feed(fixture.script);
    check_status(fixture, StatusCode::kUnimplemented,
                 "the server did not answer with gRPC: HTTP status 404, content-type \"\", body: gone");
  }
  SUBCASE("trailers with a grpc-status, which counts (P-69)") {
    Fixture fixture;
    fixture.start();
    fixture.script.headers(1, {{":status", "503"}, {"content-type", "application/grpc"}});
    fixture.feed(fixture.script.trailers(1, {{"grpc-status", "7"}, {"grpc-message", "not you"}}));
    check_status(fixture, StatusCode::kPermissionDenied, "not you");
  }
}

TEST_CASE("ClientStream: of a large foreign body 1 KiB is read, then the stream is reset (S-28)") {
  Fixture fixture;
  fixture.start();
  fixture.script.headers(1, {{":status", "502"}, {"content-type", "text/html"}});
  fixture.feed(fixture.script.data(1, std::string(600, 'a')));
  CHECK_FALSE(fixture.stream().is_finished());
  fixture.feed(fixture.script.data(1, std::string(600, 'b')));
  check_status(fixture, StatusCode::kUnavailable,
               "the server did not answer with gRPC: HTTP status 502, content-type \"text/html\", body: " +
                   std::string(600, 'a') + std::string(424, 'b'));
  fixture.drain();
  CHECK(fixture.sent.summary() == "RST_STREAM 1 CANCEL");
}

TEST_CASE("ClientStream: trailers without grpc-status are UNKNOWN") {
  Fixture fixture;
  fixture.start();
  fixture.script.headers(1, response_fields()).data(1, grpc_message("pong")).trailers(1, {{"a", "b"}});
  fixture.feed(fixture.script);
  check_status(fixture, StatusCode::kUnknown, "the trailers have no grpc-status");
}

TEST_CASE("ClientStream: END_STREAM without trailers is INTERNAL (P-71)") {
  in_all_chunkings([](const Chunking& chunking) {
    Fixture fixture;
    fixture.start();
    fixture.script.headers(1, response_fields()).data(1, grpc_message("pong"), true);
    fixture.feed(fixture.script, chunking);
    check_status(fixture, StatusCode::kInternal, "the server closed the stream without sending trailers");
  });
}

TEST_CASE("ClientStream: 1xx blocks are skipped, up to 16 of them (P-70, S-28)") {
  Fixture fixture;
  fixture.start();
  for (int i = 0; i < ClientStream::kMostInformational; ++i) {
    fixture.script.headers(1, {{":status", "103"}, {"hint", "x"}});
  }
  fixture.feed(fixture.script);
  CHECK_FALSE(fixture.stream().is_finished());
  CHECK_FALSE(fixture.stream().has_response_head());
  SUBCASE("then the response") {
    fixture.feed(fixture.script.response(1, "pong"));
    check_status(fixture, StatusCode::kOk, "");
    CHECK(fixture.stream().initial_metadata().empty());
  }
  SUBCASE("one more is too many") {
    fixture.feed(fixture.script.headers(1, {{":status", "103"}}));
    check_status(fixture, StatusCode::kInternal, "too many informational responses");
    fixture.drain();
    CHECK(fixture.sent.summary() == "RST_STREAM 1 ENHANCE_YOUR_CALM");
  }
}

TEST_CASE("ClientStream: HTTP/2's own rules for responses fail the call (P-70, P-71)") {
  const struct {
    const char* what;
    Fields fields;
    bool end;
  } rows[] = {{"1xx that ends the stream", {{":status", "103"}}, true},
              {"no :status", {{"content-type", "application/grpc"}}, false},
              {"a connection field", with(response_fields(), "connection", "close"), false}};
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Fixture fixture;
    fixture.start();
    fixture.feed(fixture.script.headers(1, row.fields, {.end_stream = row.end}));
    fixture.drain();
    CHECK(fixture.is_done());
    CHECK(fixture.status().code == StatusCode::kInternal);
    CHECK(fixture.sent.summary() == "RST_STREAM 1 PROTOCOL_ERROR");
  }
}

TEST_CASE("ClientStream: a second block that doesn't end the stream fails the call (P-71)") {
  Fixture fixture;
  fixture.start();
  fixture.script.headers(1, response_fields()).headers(1, {{"a", "b"}});
  fixture.feed(fixture.script);
  fixture.drain();
  CHECK(fixture.is_done());
  CHECK(fixture.status().code == StatusCode::kInternal);
  CHECK(fixture.sent.summary() == "RST_STREAM 1 PROTOCOL_ERROR");
}

TEST_CASE("ClientStream: metadata faults fail the call and leave the connection (P-36, P-40)") {
  SUBCASE("broken base64 in the headers") {
    Fixture fixture;
    fixture.start();
    fixture.feed(fixture.script.headers(1, with(response_fields(), "x-bin", "!")));
    check_status(fixture, StatusCode::kInternal, "response metadata has a -bin value that is not base64");
    fixture.drain();
    CHECK(fixture.sent.summary() == "RST_STREAM 1 CANCEL");
  }
  SUBCASE("broken base64 in the trailers") {
    Fixture fixture;
    fixture.start();
    fixture.script.headers(1, response_fields()).data(1, grpc_message("pong"));
    fixture.feed(fixture.script.trailers(1, {{"grpc-status", "0"}, {"x-bin", "!"}}));
    check_status(fixture, StatusCode::kInternal, "response metadata has a -bin value that is not base64");
  }
  SUBCASE("too much") {
    Fixture fixture;
    fixture.start();
    Fields fields = response_fields();
    for (int i = 0; i < 5; ++i) fields.push_back({"big", std::string(4000, 'x')});
    fixture.feed(fixture.script.headers(1, fields));
    CHECK(fixture.status().code == StatusCode::kResourceExhausted);
    CHECK(fixture.is_done());
  }
}

TEST_CASE("ClientStream: a reset before the status maps to a status (P-72, P-73)") {
  const struct {
    ErrorCode reset;
    StatusCode code;
  } rows[] = {{ErrorCode::kNoError, StatusCode::kInternal},
              {ErrorCode::kProtocolError, StatusCode::kInternal},
              {ErrorCode::kInternalError, StatusCode::kInternal},
              {ErrorCode::kFlowControlError, StatusCode::kInternal},
              {ErrorCode::kRefusedStream, StatusCode::kUnavailable},
              {ErrorCode::kCancel, StatusCode::kCancelled},
              {ErrorCode::kEnhanceYourCalm, StatusCode::kResourceExhausted},
              {ErrorCode::kInadequateSecurity, StatusCode::kPermissionDenied},
              {ErrorCode::kHttp11Required, StatusCode::kInternal},
              {static_cast<ErrorCode>(0x77), StatusCode::kUnknown}};
  for (const auto& row : rows) {
    CAPTURE(to_string(row.reset));
    {  // at once
      Fixture fixture;
      fixture.start();
      fixture.feed(fixture.script.reset(1, row.reset));
      CHECK(fixture.is_done());
      CHECK(to_string(fixture.status().code) == to_string(row.code));
      CHECK(fixture.stream().was_refused() == (row.reset == ErrorCode::kRefusedStream));
    }
    {  // after headers and data
      Fixture fixture;
      fixture.start();
      fixture.script.headers(1, response_fields()).data(1, grpc_message("pong"));
      fixture.feed(fixture.script.reset(1, row.reset));
      CHECK(fixture.is_done());
      CHECK(to_string(fixture.status().code) == to_string(row.code));
      CHECK_FALSE(fixture.stream().was_refused());
    }
  }
}

TEST_CASE("ClientStream: a server that answers early gets RST_STREAM NO_ERROR (P-75)") {
  Fixture fixture;
  fixture.start(std::string(100'000, 'm'));  // more than the window
  fixture.feed(fixture.script.response(1, "pong"));
  check_status(fixture, StatusCode::kOk, "");
  CHECK(as_view(fixture.stream().response()) == "pong");
  fixture.drain();
  CHECK(fixture.sent.summary() == "RST_STREAM 1 NO_ERROR");
  // A reset that crosses ours changes nothing.
  fixture.feed(fixture.script.reset(1, ErrorCode::kNoError));
  check_status(fixture, StatusCode::kOk, "");
}

TEST_CASE("ClientStream: abandon ends the call with our status and CANCEL") {
  const grpc::Status ours{StatusCode::kDeadlineExceeded, "too late", {}};
  SUBCASE("before the response") {
    Fixture fixture;
    fixture.start();
    fixture.stream().abandon(ours);
    check_status(fixture, StatusCode::kDeadlineExceeded, "too late");
    fixture.drain();
    CHECK(fixture.sent.summary() == "RST_STREAM 1 CANCEL");
    SUBCASE("and what comes after it is nobody's") {
      fixture.feed(fixture.script.response(1, "pong"));
      check_status(fixture, StatusCode::kDeadlineExceeded, "too late");
    }
  }
  SUBCASE("before the headers have left nothing leaves") {
    Fixture fixture;
    fixture.begin_message("ping");
    REQUIRE(fixture.open());
    fixture.stream().abandon(ours);
    fixture.drain();
    CHECK(fixture.sent.summary() == "");
    CHECK(fixture.is_done());
  }
  SUBCASE("after the end it does nothing") {
    Fixture fixture;
    fixture.start();
    fixture.feed(fixture.script.response(1, "pong"));
    fixture.stream().abandon(ours);
    check_status(fixture, StatusCode::kOk, "");
    fixture.drain();
    CHECK(fixture.sent.summary() == "");
  }
}

TEST_CASE("ClientStream: on_lost is a reset with a status of our own") {
  Fixture fixture;
  fixture.start();
  fixture.stream().on_lost({StatusCode::kDeadlineExceeded, "late", {}});
  check_status(fixture, StatusCode::kDeadlineExceeded, "late");
  CHECK_FALSE(fixture.stream().was_refused());
  fixture.session->forget(1);  // what the session does by itself when it closes a stream
}

TEST_CASE("ClientStream: a call that was never opened can end, too") {
  ClientStream stream;
  CHECK(stream.is_released());
  stream.finish_unopened({StatusCode::kUnavailable, "no way", {}});
  CHECK(stream.is_finished());
  CHECK(stream.is_released());
  CHECK(stream.status().message == "no way");
}

TEST_CASE("ClientStream: a refused call can be sent again as it was") {
  Fixture fixture;
  fixture.start();
  fixture.feed(fixture.script.reset(1, ErrorCode::kRefusedStream));
  REQUIRE(fixture.is_done());
  fixture.stream().rewind();
  CHECK_FALSE(fixture.stream().was_refused());
  REQUIRE(fixture.open());
  fixture.drain();
  CHECK(fixture.sent.body(3) == grpc_message("ping"));
  fixture.feed(fixture.script.response(3, "pong"));
  check_status(fixture, StatusCode::kOk, "");
}

TEST_CASE("ClientStream: one object makes many calls, and nothing of one is in the next") {
  Fixture fixture;
  http2::StreamId id = 1;
  for (int i = 0; i < 10; ++i, id += 4) {
    fixture.stream().reset();
    fixture.start("ping " + std::to_string(i));
    Fields fields = with(response_fields(), "grpc-status", "5");
    fields.push_back({"grpc-message", "failed"});
    fields.push_back({"a", "b"});
    fixture.feed(fixture.script.trailers(id, fields));
    check_status(fixture, StatusCode::kNotFound, "failed");

    fixture.stream().reset();
    CHECK(fixture.stream().trailing_metadata().empty());
    fixture.start("pong " + std::to_string(i));
    fixture.feed(fixture.script.response(id + 2, "reply " + std::to_string(i)));
    check_status(fixture, StatusCode::kOk, "");
    CHECK(as_view(fixture.stream().response()) == "reply " + std::to_string(i));
    CHECK(fixture.stream().trailing_metadata().empty());
  }
}

TEST_CASE("ClientStream: nothing is opened when the session has no stream to give") {
  Fixture fixture;
  fixture.session->end(ErrorCode::kNoError, "");
  fixture.drain();
  fixture.begin_message("ping");
  const Result<void> opened = fixture.open();
  if (!opened) CHECK(fixture.stream().is_released());
}

}  // namespace
}  // namespace hawser::test
