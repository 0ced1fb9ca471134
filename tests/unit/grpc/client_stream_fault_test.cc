// Responses that break a rule, resets, and ends of our own.
#include "hawser/grpc/client_stream.h"

#include <string>

#include "support/in_all_chunkings.h"
#include "unit/grpc/client_stream_fixture.h"

namespace hawser::test {
namespace {

using Fixture = ClientStreamFixture;
using grpc::ClientStream;
using grpc::StatusCode;
using http2::ErrorCode;

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
              {ErrorCode::kSettingsTimeout, StatusCode::kInternal},
              {ErrorCode::kStreamClosed, StatusCode::kInternal},
              {ErrorCode::kFrameSizeError, StatusCode::kInternal},
              {ErrorCode::kCompressionError, StatusCode::kInternal},
              {ErrorCode::kConnectError, StatusCode::kInternal},
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
