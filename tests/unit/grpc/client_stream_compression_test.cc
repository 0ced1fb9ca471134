// Compressed requests and responses of a client's stream (gRPC doc/compression.md).
#include "hawser/grpc/client_stream.h"

#include <string>

#include "support/compressed.h"
#include "support/in_all_chunkings.h"
#include "unit/grpc/client_stream_fixture.h"

namespace hawser::test {
namespace {

using Fixture = ClientStreamFixture;
using grpc::Encoding;
using grpc::StatusCode;

constexpr Encoding kReal[] = {Encoding::kDeflate, Encoding::kGzip};
const std::string kText(500, 'a');
const Fields kOk{{"grpc-status", "0"}};

Fields encoded_response(std::string_view encoding) {
  return with(response_fields(), "grpc-encoding", encoding);
}

TEST_CASE("ClientStream: every request says what responses may be compressed with (P-61)") {
  Fixture fixture;
  fixture.begin_message("ping");
  REQUIRE(fixture.open());
  fixture.drain();
  CHECK(fixture.sent.frames()[0].header("grpc-accept-encoding") == "identity, deflate, gzip");
  CHECK(fixture.sent.frames()[0].header("grpc-encoding") == "(none)");
}

TEST_CASE("ClientStream: a request message is compressed, and its encoding named; the same when sent again") {
  for (const Encoding encoding : kReal) {
    Fixture fixture;
    grpc::RequestFields fields = Fixture::kFields;
    fields.encoding = encoding;
    fixture.begin_message(kText);
    fixture.stream().compress_message(encoding);
    fixture.stream().compress_message(encoding);  // once is enough
    REQUIRE(fixture.open(fields));
    fixture.drain();
    CHECK(fixture.sent.frames()[0].header("grpc-encoding") == to_string(encoding));
    CHECK(inflated(encoding, fixture.sent.body(1)) == kText);
    // P-104: refused, and sent again.
    fixture.feed(fixture.script.reset(1, http2::ErrorCode::kRefusedStream));
    REQUIRE(fixture.stream().was_refused());
    fixture.stream().rewind();
    REQUIRE(fixture.open(fields));
    fixture.drain();
    CHECK(inflated(encoding, fixture.sent.body(3)) == kText);
  }
}

TEST_CASE("ClientStream: a request message that gets no smaller goes as it is") {
  Fixture fixture;
  fixture.begin_message("short");
  fixture.stream().compress_message(Encoding::kGzip);
  REQUIRE(fixture.open());
  fixture.drain();
  CHECK(fixture.sent.body(1) == grpc_message("short"));
}

TEST_CASE("ClientStream: a compressed response is what it says") {
  for (const Encoding encoding : kReal) {
    in_all_chunkings([&](const Chunking& chunking) {
      Fixture fixture;
      fixture.start();
      fixture.script.headers(1, encoded_response(to_string(encoding)));
      fixture.script.data(1, compressed_message(encoding, kText)).trailers(1, kOk);
      fixture.feed(fixture.script, chunking);
      REQUIRE(fixture.status().ok());
      CHECK(as_text(fixture.stream().response()) == kText);
      CHECK(fixture.stream().response_was_compressed());
      // A raw message in a call whose encoding is named (P-60).
      fixture.stream().reset();
      fixture.start();
      fixture.script.headers(3, encoded_response(to_string(encoding)));
      fixture.feed(fixture.script.data(3, grpc_message("raw")).trailers(3, kOk), chunking);
      REQUIRE(fixture.status().ok());
      CHECK(as_text(fixture.stream().response()) == "raw");
      CHECK_FALSE(fixture.stream().response_was_compressed());
    });
  }
}

TEST_CASE("ClientStream: faults of a compressed response end the call and reset its stream") {
  const std::string good = compressed(Encoding::kGzip, kText);
  std::string broken = good;
  broken[good.size() - 6] = static_cast<char>(broken[good.size() - 6] ^ 1);
  const struct {
    const char* what;
    const char* encoding;
    std::string body;
    StatusCode code;
    const char* message;
  } rows[] = {
      {"no such data (P-59)", "gzip", grpc_message("nothing that zlib knows", true), StatusCode::kInternal,
       "message is not valid gzip data"},
      {"cut short (P-59)", "gzip", grpc_message(good.substr(0, good.size() - 1), true), StatusCode::kInternal,
       "message is not valid gzip data"},
      {"a wrong checksum (P-59)", "gzip", grpc_message(broken, true), StatusCode::kInternal,
       "message is not valid gzip data"},
      {"garbage behind it (P-59)", "gzip", grpc_message(good + "x", true), StatusCode::kInternal,
       "message is not valid gzip data"},
      {"the other encoding (P-59)", "deflate", grpc_message(good, true), StatusCode::kInternal,
       "message is not valid deflate data"},
      {"identity (P-56)", "identity", grpc_message(good, true), StatusCode::kInternal,
       "a message is marked compressed, but the response names no grpc-encoding"},
      {"unknown (P-58)", "snappy", grpc_message(good, true), StatusCode::kInternal,
       "grpc-encoding snappy is not supported; supported: identity, deflate, gzip"},
      {"one byte too many (P-47)", "gzip",
       compressed_message(Encoding::kGzip, std::string(kMaxReceive + 1, 'b')), StatusCode::kResourceExhausted,
       "message is over the receive limit of 1000 bytes once decompressed"},
      {"a bomb (P-47, S-28)", "gzip",
       grpc_message(compressed(Encoding::kGzip, std::string(900'000, 'b')), true),
       StatusCode::kResourceExhausted, "message is over the receive limit of 1000 bytes once decompressed"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    in_all_chunkings([&](const Chunking& chunking) {
      Fixture fixture;
      fixture.start();
      fixture.script.headers(1, encoded_response(row.encoding)).data(1, row.body);
      fixture.feed(fixture.script, chunking);
      check_status(fixture, row.code, row.message);
      fixture.drain();
      CHECK(fixture.sent.summary() == "RST_STREAM 1 CANCEL");
    });
  }
}

TEST_CASE("ClientStream: an unsupported encoding that no message uses does no harm (P-58)") {
  Fixture fixture;
  fixture.start();
  fixture.script.headers(1, encoded_response("snappy")).data(1, grpc_message("pong")).trailers(1, kOk);
  fixture.feed(fixture.script);
  REQUIRE(fixture.status().ok());
  CHECK(as_text(fixture.stream().response()) == "pong");
}

TEST_CASE("ClientStream: compressed messages of a stream are read one by one, those held after the end too") {
  in_all_chunkings([](const Chunking& chunking) {
    for (const bool read_late : {false, true}) {
      Fixture fixture;
      fixture.stream().begin_streaming(true);
      REQUIRE(fixture.open());
      fixture.drain();
      std::string got;
      const auto read_all = [&] {
        while (fixture.stream().has_message()) {
          got += as_text(fixture.stream().response()) +
                 (fixture.stream().response_was_compressed() ? " z, " : ", ");
          fixture.stream().read_message();
        }
      };
      if (!read_late) fixture.stream().read_message();
      fixture.script.headers(1, encoded_response("gzip"));
      for (const std::string& message : {compressed_message(Encoding::kGzip, kText), grpc_message("raw"),
                                         compressed_message(Encoding::kGzip, kText + "b")}) {
        fixture.feed(fixture.script.data(1, message), chunking);
        if (!read_late) read_all();
      }
      fixture.feed(fixture.script.trailers(1, kOk), chunking);
      if (read_late) fixture.stream().read_message();
      read_all();
      CHECK(got == kText + " z, raw, " + kText + "b z, ");
      CHECK(fixture.stream().is_read_out());
      CHECK(fixture.status().ok());
      CHECK(fixture.held.held() == 0);
    }
  });
}

TEST_CASE("ClientStream: a compressed message that can't be read ends the call when its turn comes") {
  const std::pair<std::string, StatusCode> rows[] = {
      {grpc_message("nothing that zlib knows", true), StatusCode::kInternal},
      {compressed_message(Encoding::kGzip, std::string(kMaxReceive + 1, 'b')),
       StatusCode::kResourceExhausted},
  };
  for (const auto& [bytes, code] : rows) {
    in_all_chunkings([&, &bad = bytes, expected = code](const Chunking& chunking) {
      for (const bool ended : {false, true}) {
        Fixture fixture;
        fixture.stream().begin_streaming(true);
        REQUIRE(fixture.open());
        fixture.drain();
        fixture.script.headers(1, encoded_response("gzip")).data(1, grpc_message("fine") + bad);
        if (ended) fixture.script.trailers(1, kOk);
        fixture.feed(fixture.script, chunking);
        fixture.stream().read_message();
        CHECK(as_text(fixture.stream().response()) == "fine");
        fixture.stream().read_message();
        CHECK_FALSE(fixture.stream().has_message());
        CHECK(fixture.stream().is_read_out());
        CHECK(to_string(fixture.status().code) == to_string(expected));
        CHECK(fixture.held.held() == 0);
      }
    });
  }
}

}  // namespace
}  // namespace hawser::test
