// Compressed messages, in both directions (gRPC doc/compression.md).
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

#include "support/compressed.h"
#include "support/in_all_chunkings.h"
#include "unit/server/streaming_fixture.h"

namespace hawser::test {
namespace {

using grpc::Encoding;

constexpr Encoding kReal[] = {Encoding::kDeflate, Encoding::kGzip};
const std::string kText(500, 'a');
constexpr std::string_view kAccepted = "identity, deflate, gzip";

Fields with_encoding(Encoding encoding, std::string_view path = kEchoPath) {
  return with(request_fields(path), "grpc-encoding", std::string(to_string(encoding)));
}

Fields accepting(std::string_view encodings, std::string_view path = kEchoPath) {
  return with(request_fields(path), "grpc-accept-encoding", std::string(encodings));
}

/// Of the first header block of a reply.
std::string header(ServerFixture& server, http2::StreamId id, std::string_view name) {
  const Frame* headers = server.sent().find(FrameType::kHeaders, id);
  REQUIRE(headers != nullptr);
  return std::string(headers->header(name));
}

/// A server whose method replies with `text` in the encoding of its choice.
struct CompressingServer {
  explicit CompressingServer(Encoding encoding, std::string text = kText) {
    server.handshake();
    server.method->on_start = [encoding, text](server::ServerCall& call) {
      call.set_compression(encoding);
      const Result<MutableBytes> room = call.begin_message(text.size());
      std::copy(text.begin(), text.end(), room->begin());
      call.end_message();
      call.finish({});
    };
  }
  std::string first_header(std::string_view name) { return header(server, 1, name); }

  ServerFixture server;
};

TEST_CASE("ServerProtocol: a compressed request reaches its method decompressed") {
  for (const Encoding encoding : kReal) {
    in_all_chunkings([&](const Chunking& chunking) {
      ServerFixture server;
      server.handshake();
      bool was_compressed = false;
      server.method->on_start = [&](server::ServerCall& call) {
        was_compressed = call.request_was_compressed();
        reply_with(call, "done");
      };
      server.client.headers(1, with_encoding(encoding)).data(1, compressed_message(encoding, kText), true);
      server.feed(chunking);
      CHECK(server.method->last_request == kText);
      CHECK(was_compressed);
      CHECK(server.status(1) == "0");
      // The same call may have its message raw (P-60).
      server.client.headers(3, with_encoding(encoding)).data(3, grpc_message("raw"), true);
      server.feed(chunking);
      CHECK(server.method->last_request == "raw");
      CHECK_FALSE(was_compressed);
    });
  }
}

TEST_CASE("ServerProtocol: faults of a compressed request end it, and nothing else") {
  struct Row {
    std::string_view what;
    std::string encoding;
    std::string body;
    std::string grpc_status;
  };
  const std::string good = compressed(Encoding::kGzip, kText);
  std::string broken = good;
  broken[good.size() - 6] = static_cast<char>(broken[good.size() - 6] ^ 1);
  const Row rows[] = {
      {"no such data (P-59)", "gzip", grpc_message("nothing that zlib knows", true), "13"},
      {"cut short (P-59)", "gzip", grpc_message(good.substr(0, good.size() - 1), true), "13"},
      {"a wrong checksum (P-59)", "gzip", grpc_message(broken, true), "13"},
      {"garbage behind it (P-59)", "gzip", grpc_message(good + "x", true), "13"},
      {"two in one (P-59)", "gzip", grpc_message(good + good, true), "13"},
      {"no bytes at all", "gzip", grpc_message("", true), "13"},
      {"the other encoding (P-59)", "deflate", grpc_message(good, true), "13"},
      {"identity (P-56)", "identity", grpc_message(good, true), "13"},
      {"unknown (P-57)", "br", grpc_message(good, true), "12"},
      {"upper case (P-57)", "GZIP", grpc_message(good, true), "12"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    in_all_chunkings([&](const Chunking& chunking) {
      ServerFixture server;
      server.handshake();
      server.client.headers(1, with(request_fields(kEchoPath), "grpc-encoding", row.encoding));
      server.client.data(1, row.body, true);
      server.feed(chunking);
      CHECK(server.status(1) == row.grpc_status);
      CHECK(server.method->started == 0);
      CHECK(server.calls.in_use() == 0);
      CHECK(server.still_serves(3));
    });
  }
}

TEST_CASE("ServerProtocol: an unsupported encoding is UNIMPLEMENTED and says what is supported (P-57)") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    server.client.headers(1, with(request_fields(kEchoPath), "grpc-encoding", "snappy"));
    server.client.data(1, grpc_message("compressed", true), true);
    server.feed(chunking);
    CHECK(server.sent().summary().find("HEADERS 1 end") != std::string::npos);
    CHECK(server.status(1) == "12");
    CHECK(server.status_message(1) ==
          "grpc-encoding snappy is not supported; supported: identity, deflate, gzip");
    CHECK(server.sent().last_headers(1).header("grpc-accept-encoding") == kAccepted);
    CHECK(server.still_serves(3));
  });
}

TEST_CASE("ServerProtocol: an unsupported encoding that no message uses does no harm (P-57)") {
  ServerFixture server;
  server.handshake();
  server.client.headers(1, with(request_fields(kEchoPath), "grpc-encoding", "snappy"));
  server.client.data(1, grpc_message("raw"), true);
  server.feed();
  CHECK(server.status(1) == "0");
}

// P-47, S-26: a few hundred bytes that say four MiB and one.
TEST_CASE("ServerProtocol: a decompression bomb is RESOURCE_EXHAUSTED, and makes no more than the limit") {
  for (const Encoding encoding : kReal) {
    in_all_chunkings([&](const Chunking& chunking) {
      server::ServerOptions options;
      options.max_receive_bytes = 10'000;
      ServerFixture server(options);
      server.handshake();
      server.client.headers(1, with_encoding(encoding));
      server.client.data(1, compressed_message(encoding, std::string(10'000, 'b')), true);
      server.client.headers(3, with_encoding(encoding));
      server.client.data(3, compressed_message(encoding, std::string(10'001, 'b')), true);
      server.client.headers(5, with_encoding(encoding));
      server.client.data(5, compressed_message(encoding, std::string(9'000'000, 'b')), true);
      server.feed(chunking);
      CHECK(server.status(1) == "0");
      CHECK(server.status(3) == "8");
      CHECK(server.status(5) == "8");
      CHECK(server.method->started == 1);
      CHECK(server.still_serves(7));
    });
  }
}

TEST_CASE("ServerProtocol: what a message says decompressed counts as bytes in assembly (S-24)") {
  server::ServerOptions options;
  options.max_assembly_bytes = 10'000;
  ServerFixture server(options);
  server.handshake();
  for (http2::StreamId id = 1; id <= 3; id += 2) {
    server.client.headers(id, with_encoding(Encoding::kGzip));
    server.client.data(id, compressed_message(Encoding::kGzip, std::string(6000, 'x')));
  }
  server.feed();
  CHECK(server.status(1) == "(none)");
  CHECK(server.status(3) == "8");
}

TEST_CASE("ServerProtocol: compressed messages of a stream are read one by one") {
  in_all_chunkings([](const Chunking& chunking) {
    StreamingFixture fixture;
    TestStream& stream = fixture.open(1, {{"grpc-encoding", "gzip"}});
    std::string flags;
    stream.on_message = [&] {
      flags += stream.call.request_was_compressed() ? 'z' : '-';
      stream.call.read();
    };
    stream.call.read();
    fixture.client().data(1,
                          compressed_message(Encoding::kGzip, kText) + grpc_message("raw") +
                              compressed_message(Encoding::kGzip, kText + "b"),
                          true);
    fixture.server.feed(chunking);
    CHECK(stream.messages == std::vector<std::string>{kText, "raw", kText + "b"});
    CHECK(flags == "z-z");
    CHECK(stream.events == "mmme");
  });
}

TEST_CASE("ServerProtocol: a compressed message of a stream that can't be read ends the call") {
  struct Row {
    std::string_view what;
    std::string encoding;
    std::string body;
    std::string grpc_status;
  };
  const Row rows[] = {
      {"corrupt (P-59)", "gzip", grpc_message("nothing that zlib knows", true), "13"},
      {"a bomb (P-47)", "gzip", compressed_message(Encoding::kGzip, std::string(1001, 'x')), "8"},
      {"unknown (P-57)", "snappy", grpc_message("x", true), "12"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    in_all_chunkings([&](const Chunking& chunking) {
      server::ServerOptions options;
      options.max_receive_bytes = 1000;
      StreamingFixture fixture(options);
      TestStream& stream = fixture.open(1, {{"grpc-encoding", row.encoding}});
      stream.on_message = [&] { stream.call.read(); };
      stream.call.read();
      fixture.client().data(1, grpc_message("fine") + row.body);
      fixture.server.feed(chunking);
      CHECK(fixture.server.status(1) == row.grpc_status);
      CHECK(stream.messages == std::vector<std::string>{"fine"});
      CHECK(stream.call.is_cancelled());
      CHECK(fixture.server.protocol().held_bytes() == 0);
      stream.finish();
      CHECK(fixture.server.still_serves(3));
    });
  }
}

TEST_CASE("ServerProtocol: a reply is compressed for a client that accepts it (P-60)") {
  for (const Encoding encoding : kReal) {
    in_all_chunkings([&](const Chunking& chunking) {
      CompressingServer compressing(encoding);
      ServerFixture& server = compressing.server;
      server.client.headers(1, accepting(kAccepted)).data(1, grpc_message("x"), true);
      server.feed(chunking);
      CHECK(compressing.first_header("grpc-encoding") == to_string(encoding));
      CHECK(inflated(encoding, server.sent().body(1)) == kText);
      CHECK(server.sent().body(1).size() < 100);
      CHECK(server.status(1) == "0");
    });
  }
}

TEST_CASE("ServerProtocol: a client that doesn't accept the encoding gets messages as they are (P-60)") {
  for (const std::string_view accepted : {"", "identity", "deflate", "snappy,br", "gzipped"}) {
    CAPTURE(accepted);
    CompressingServer compressing(Encoding::kGzip);
    ServerFixture& server = compressing.server;
    server.client.headers(1, accepting(accepted)).data(1, grpc_message("x"), true);
    server.feed();
    CHECK(compressing.first_header("grpc-encoding") == "(none)");
    CHECK(server.sent().body(1) == grpc_message(kText));
    CHECK(server.status(1) == "0");
  }
}

TEST_CASE(
    "ServerProtocol: grpc-accept-encoding is read with and without blanks, in one field or several (P-61)") {
  for (const Fields& more :
       {Fields{{"grpc-accept-encoding", "identity,gzip"}},
        Fields{{"grpc-accept-encoding", " deflate , gzip "}}, Fields{{"grpc-accept-encoding", "gzip"}},
        Fields{{"grpc-accept-encoding", "deflate"}, {"grpc-accept-encoding", "gzip"}}}) {
    CompressingServer compressing(Encoding::kGzip);
    Fields fields = request_fields(kEchoPath);
    fields.insert(fields.end(), more.begin(), more.end());
    compressing.server.client.headers(1, fields).data(1, grpc_message("x"), true);
    compressing.server.feed();
    CHECK(compressing.first_header("grpc-encoding") == "gzip");
  }
}

TEST_CASE("ServerProtocol: a message that gets no smaller is sent as it is (P-60)") {
  CompressingServer compressing(Encoding::kGzip, "short");
  compressing.server.client.headers(1, accepting(kAccepted)).data(1, grpc_message("x"), true);
  compressing.server.feed();
  CHECK(compressing.server.sent().body(1) == grpc_message("short"));
  CHECK(compressing.server.status(1) == "0");
}

TEST_CASE("ServerProtocol: what is supported is told to clients that speak of compression (P-61)") {
  struct Row {
    std::string_view what;
    Fields fields;
    std::string expected;
  };
  const Row rows[] = {
      {"nothing said", request_fields(kEchoPath), "(none)"},
      {"identity only", accepting("identity"), "(none)"},
      {"it accepts gzip", accepting("gzip"), std::string(kAccepted)},
      {"it compresses", with_encoding(Encoding::kGzip), std::string(kAccepted)},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    ServerFixture server;
    server.handshake();
    server.client.headers(1, row.fields).data(1, grpc_message("x"), true);
    server.feed();
    CHECK(header(server, 1, "grpc-accept-encoding") == row.expected);
    CHECK(header(server, 1, "grpc-encoding") == "(none)");
  }
}

TEST_CASE(
    "ServerProtocol: the server's default compresses replies, and a handler may choose otherwise (P-60)") {
  server::ServerOptions options;
  options.compression = Encoding::kDeflate;
  ServerFixture server(options);
  server.handshake();
  std::optional<Encoding> chosen;
  server.method->on_start = [&](server::ServerCall& call) {
    if (chosen) call.set_compression(*chosen);
    const Result<MutableBytes> room = call.begin_message(kText.size());
    std::copy(kText.begin(), kText.end(), room->begin());
    call.end_message();
    call.finish({});
  };
  http2::StreamId id = 1;
  const auto encoding_for = [&](std::optional<Encoding> choice, std::string_view accepted) {
    chosen = choice;
    server.client.headers(id, accepting(accepted)).data(id, grpc_message("x"), true);
    server.feed();
    const std::string named = header(server, id, "grpc-encoding");
    id += 2;
    return named;
  };
  CHECK(encoding_for(std::nullopt, kAccepted) == "deflate");
  CHECK(encoding_for(std::nullopt, "gzip") == "(none)");
  CHECK(encoding_for(Encoding::kGzip, kAccepted) == "gzip");
  CHECK(encoding_for(Encoding::kIdentity, kAccepted) == "(none)");
}

TEST_CASE("ServerProtocol: each message of a stream is compressed, or not, as its handler says (P-60)") {
  StreamingFixture fixture;
  TestStream& stream = fixture.open(1, {{"grpc-accept-encoding", std::string(kAccepted)}});
  stream.call.set_compression(Encoding::kGzip);
  const auto write = [&](grpc::Compress compress) {
    const Result<MutableBytes> room = stream.call.begin_write(kText.size());
    REQUIRE(room);
    std::copy(kText.begin(), kText.end(), room->begin());
    stream.call.end_write(compress);
    fixture.server.driver().drain();
  };
  write(grpc::Compress::kAsCall);
  CHECK(header(fixture.server, 1, "grpc-encoding") == "gzip");
  const std::string first = fixture.server.sent().body(1);
  CHECK(inflated(Encoding::kGzip, first) == kText);
  // The headers have named it: too late.
  stream.call.set_compression(Encoding::kDeflate);
  write(grpc::Compress::kNever);
  write(grpc::Compress::kAsCall);
  const std::string body = fixture.server.sent().body(1);
  const std::string raw = grpc_message(kText);
  REQUIRE(body.size() > first.size() + raw.size());
  CHECK(body.substr(first.size(), raw.size()) == raw);
  CHECK(inflated(Encoding::kGzip, body.substr(first.size() + raw.size())) == kText);
  stream.finish();
}

TEST_CASE("ServerProtocol: a call that failed says nothing of compression") {
  CompressingServer compressing(Encoding::kGzip);
  compressing.server.method->on_start = [](server::ServerCall& call) {
    call.set_compression(Encoding::kGzip);
    call.finish({grpc::StatusCode::kNotFound, "no", {}});
  };
  compressing.server.client.headers(1, accepting(kAccepted)).data(1, grpc_message("x"), true);
  compressing.server.feed();
  CHECK(compressing.server.sent().summary() == "HEADERS 1 end");
  CHECK(compressing.first_header("grpc-encoding") == "(none)");
}

}  // namespace
}  // namespace hawser::test
