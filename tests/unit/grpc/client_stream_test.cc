// Requests, and responses as they should be. Faults have a file of their own.
#include "hawser/grpc/client_stream.h"

#include <string>

#include "support/in_all_chunkings.h"
#include "unit/grpc/client_stream_fixture.h"

namespace hawser::test {
namespace {

using Fixture = ClientStreamFixture;
using grpc::StatusCode;
using http2::ErrorCode;

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
  fields.encoding = grpc::Encoding::kGzip;
  REQUIRE(fixture.open(fields));
  fixture.drain();
  const Frame& headers = fixture.sent.frames()[0];
  CHECK(names_of(headers) ==
        ":method :scheme :path :authority grpc-timeout te content-type user-agent grpc-encoding "
        "grpc-accept-encoding key key-bin");
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
  CHECK(names_of(fixture.sent.frames()[0]) ==
        ":method :scheme :path :authority te content-type user-agent grpc-accept-encoding");
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
  CHECK(headers.fields.size() == 48);
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

TEST_CASE("ClientStream: values with blanks around them, or beyond ASCII, fail no call (P-38, P-39)") {
  in_all_chunkings([](const Chunking& chunking) {
    Fixture fixture;
    fixture.start();
    Fields head = with(response_fields(), "padded", "  value ");
    head.push_back({"raw", "\x80\xFF"});
    head.push_back({"empty", ""});
    head.push_back({"empty-bin", ""});
    fixture.script.headers(1, head).data(1, grpc_message("pong"));
    fixture.feed(fixture.script.trailers(1, {{"grpc-status", "0"}, {"late", " \xC3\xA4 "}}), chunking);
    check_status(fixture, StatusCode::kOk, "");
    const http2::HeaderBlock& initial = fixture.stream().initial_metadata();
    CHECK(initial.find("padded") == "  value ");
    CHECK(initial.find("raw") == "\x80\xFF");
    CHECK(initial.find("empty").data() != nullptr);
    CHECK(initial.find("empty-bin").data() != nullptr);
    CHECK(fixture.stream().trailing_metadata().find("late") == " \xC3\xA4 ");
  });
}

TEST_CASE("ClientStream: a named encoding that isn't used does no harm") {
  Fixture fixture;
  fixture.start();
  fixture.script.headers(1, with(response_fields(), "grpc-encoding", "gzip")).data(1, grpc_message("pong"));
  fixture.feed(fixture.script.trailers(1, {{"grpc-status", "0"}}));
  check_status(fixture, StatusCode::kOk, "");
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

}  // namespace
}  // namespace hawser::test
