// Request heads that are wrong, and those that only look it: what each is answered with, in every chunking.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "support/in_all_chunkings.h"
#include "unit/server/server_fixture.h"

namespace hawser::test {
namespace {

using http2::ErrorCode;
using namespace std::chrono_literals;

struct HeadRow {
  std::string_view what;
  Fields fields;
  std::string http_status;
  std::string grpc_status;
};

Fields request() { return request_fields(kEchoPath); }
Fields request(std::string_view name, std::string_view value) { return with(request(), name, value); }

// With the field `name` once more at the end.
Fields twice(Fields fields, std::string_view name) {
  fields.push_back(
      *std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == name; }));
  return fields;
}

HeadRow served(std::string_view what, Fields fields) { return {what, std::move(fields), "200", "0"}; }

// Sends each row as a whole request and expects one HEADERS with END_STREAM, or a served call; the
// connection serves on.
void check_rows(const std::vector<HeadRow>& rows) {
  for (const HeadRow& row : rows) {
    CAPTURE(row.what);
    in_all_chunkings([&](const Chunking& chunking) {
      ServerFixture server;
      server.handshake();
      server.client.headers(1, row.fields).data(1, grpc_message("x"), true);
      server.feed(chunking);
      const bool is_served = row.grpc_status == "0";
      CHECK(server.method->started == (is_served ? 1 : 0));
      const Frame* first = server.sent().find(FrameType::kHeaders, 1);
      REQUIRE(first != nullptr);
      CHECK(first->header(":status") == row.http_status);
      CHECK(first->header("content-type").starts_with("application/grpc"));
      CHECK(server.status(1) == row.grpc_status);
      if (!is_served) {
        CHECK(first->ends_stream());
        CHECK(server.status_message(1) != "(none)");
      }
      CHECK(server.calls.in_use() == 0);
      CHECK(server.still_serves(3));
    });
  }
}

TEST_CASE("ServerProtocol: only POST is served (P-14)") {
  check_rows({{"GET", request(":method", "GET"), "405", "13"},
              {"PUT", request(":method", "PUT"), "405", "13"},
              {"post in small letters", request(":method", "post"), "405", "13"}});
}

TEST_CASE("ServerProtocol: content-type decides whether it is gRPC (P-15, P-16)") {
  check_rows(
      {{"no content-type", without(request(), "content-type"), "415", "3"},
       {"another type", request("content-type", "application/json"), "415", "3"},
       {"an empty type", request("content-type", ""), "415", "3"},
       {"a longer word", request("content-type", "application/grpcfoo"), "415", "3"},
       {"gRPC-Web", request("content-type", "application/grpc-web"), "415", "3"},
       {"another codec", request("content-type", "application/grpc+json"), "200", "13"},
       {"another codec with parameters", request("content-type", "application/grpc+thrift;x=y"), "200", "13"},
       served("protobuf", request("content-type", "application/grpc+proto")),
       served("an empty codec", request("content-type", "application/grpc+")),
       served("parameters", request("content-type", "application/grpc;charset=utf-8")),
       served("codec and parameters", request("content-type", "application/grpc+proto;x=y")),
       served("capitals", request("content-type", "Application/GRPC+Proto"))});
}

TEST_CASE("ServerProtocol: the response's content-type echoes the codec") {
  ServerFixture server;
  server.handshake();
  server.client.headers(1, request("content-type", "application/grpc+proto"))
      .data(1, grpc_message("x"), true);
  server.feed();
  CHECK(server.sent().find(FrameType::kHeaders, 1)->header("content-type") == "application/grpc+proto");
}

TEST_CASE("ServerProtocol: paths that name no method are UNIMPLEMENTED (P-18, P-19)") {
  std::vector<HeadRow> rows;
  for (const std::string_view path :
       {"/", "//", "///", "/x", "/test.Echo", "/test.Echo/", "//test.Echo/Call", "//Call", "/test.Echo//Call",
        "/test.Echo/Call/", "/test.Echo/call", "/Test.Echo/Call", "/test.Echo/Call?x=1", "/test.Echo/Call#",
        "/test.Echo/%43all", "/prefix/test.Echo/Call", "/unknown.Service/Call", "/test.Echo/Unknown",
        "/test.echo.Echo/Call"}) {
    rows.push_back({path, request(":path", path), "200", "12"});
  }
  // nghttp2 looks for the leading slash only under http and https.
  for (const std::string_view path : {"test.Echo/Call", "x", "*"}) {
    rows.push_back({path, with(request(":scheme", "grpc"), ":path", path), "200", "12"});
  }
  check_rows(rows);
}

TEST_CASE("ServerProtocol: unknown services and unknown methods are told apart") {
  ServerFixture server;
  server.handshake();
  server.client.headers(1, request(":path", "/no.Such/Call"), {.end_stream = true});
  server.client.headers(3, request(":path", "/test.Echo/NoSuch"), {.end_stream = true});
  server.feed();
  CHECK(server.status_message(1) == "unknown service no.Such");
  CHECK(server.status_message(3) == "unknown method NoSuch of service test.Echo");
}

TEST_CASE("ServerProtocol: a path of any bytes is quoted safely") {
  ServerFixture server;
  server.handshake();
  server.client.headers(1, request(":path", "/a\x80\xff%/b"), {.end_stream = true});
  server.feed();
  CHECK(server.status(1) == "12");
  for (const char c : server.status_message(1)) CHECK((c >= 0x20 && c <= 0x7E));
}

TEST_CASE("ServerProtocol: a malformed grpc-timeout is INTERNAL (P-28)") {
  std::vector<HeadRow> rows;
  for (const std::string_view value :
       {"", "1", "S", "1s", "-1S", "+1S", "1 S", "123456789S", "1.5S", "0x1S", "1SS"}) {
    rows.push_back({value, request("grpc-timeout", value), "200", "13"});
  }
  check_rows(rows);
}

TEST_CASE("ServerProtocol: a timeout of zero has passed on arrival (P-29)") {
  check_rows(
      {{"0n", request("grpc-timeout", "0n"), "200", "4"}, {"0H", request("grpc-timeout", "0H"), "200", "4"}});
}

TEST_CASE("ServerProtocol: a timeout beyond the clock is none") {
  check_rows({served("99999999H", request("grpc-timeout", "99999999H"))});
  ServerFixture server;
  server.handshake();
  server.method->on_start = [](server::ServerCall& call) {
    CHECK(call.expires_at() == kNever);
    reply_with(call, "");
  };
  server.client.headers(1, request("grpc-timeout", "99999999H")).data(1, grpc_message(""), true);
  server.feed();
}

TEST_CASE("ServerProtocol: -bin metadata that is no base64 fails its call alone (P-36, CVE-2023-32732)") {
  check_rows({{"a character outside the alphabet", request("x-bin", "!!!!"), "200", "13"},
              {"a length that can't be", request("x-bin", "AAAAA"), "200", "13"},
              {"one bad value of two", request("x-bin", "AQ,A"), "200", "13"},
              served("padded", request("x-bin", "AQ==")),
              served("unpadded", request("x-bin", "AQ")),
              served("empty", request("x-bin", "")),
              served("two values", request("x-bin", "AQ,Ag=="))});
}

TEST_CASE("ServerProtocol: what stock clients leave out or add is no reason to refuse (P-17, P-20, P-39)") {
  check_rows(
      {served("no te (P-17)", without(request(), "te")),
       served("no user-agent", without(request(), "user-agent")),
       served("host instead of :authority (P-13)", with(without(request(), ":authority"), "host", "x")),
       served("neither (P-13)", without(request(), ":authority")),
       served("an empty one (S-14)", request(":authority", "")),
       served("the path of a UNIX socket (S-14)", request(":authority", "/run/x.sock")),
       served("both", request("host", "other")), served("https", request(":scheme", "https")),
       served("another scheme (P-20)", request(":scheme", "grpc")),
       served("grpc-encoding without a compressed message", request("grpc-encoding", "gzip")),
       served("grpc-accept-encoding", request("grpc-accept-encoding", "identity, gzip")),
       served("values with blanks (P-39)", request("x-padded", "  value ")),
       served("bytes outside ASCII (P-39)", request("x-raw", "\x80\xff")),
       served("an empty value (P-38)", request("x-empty", "")),
       served("the length of the body", request("content-length", "6"))});
}

// A41 and RFC 9113 8.2.2: the HTTP/2 layer answers these by itself.
TEST_CASE(
    "ServerProtocol: requests that HTTP/2 forbids are reset, the connection serves on (P-12, P-17, P-21)") {
  const std::pair<std::string_view, Fields> rows[] = {
      {"connection", request("connection", "close")},
      {"keep-alive", request("keep-alive", "1")},
      {"proxy-connection", request("proxy-connection", "x")},
      {"transfer-encoding", request("transfer-encoding", "chunked")},
      {"upgrade", request("upgrade", "h2c")},
      {"te: gzip", request("te", "gzip")},
      {"capitals in a name", request("X-Name", "x")},
      {"a newline in a value", request("x", "a\nb")},
      {"an unknown pseudo field",
       Fields{{":method", "POST"}, {":odd", "x"}, {":path", "/a/b"}, {":scheme", "http"}}},
      {"no :path", without(request(), ":path")},
      {"two :authority", Fields{{":authority", "a"},
                                {":authority", "b"},
                                {":method", "POST"},
                                {":path", std::string(kEchoPath)},
                                {":scheme", "http"}}},
      {"two :path", Fields{{":authority", "a"},
                           {":method", "POST"},
                           {":path", std::string(kEchoPath)},
                           {":path", "/a/b"},
                           {":scheme", "http"}}},
      {"two :method", Fields{{":authority", "a"},
                             {":method", "POST"},
                             {":method", "POST"},
                             {":path", std::string(kEchoPath)},
                             {":scheme", "http"}}},
      {"two host", twice(request("host", "a"), "host")},
      {"no :method", without(request(), ":method")},
      {"no :scheme", without(request(), ":scheme")},
      {"a pseudo field after the others", with(without(request(), ":path"), ":path", kEchoPath)},
      {"content-length that is too long", request("content-length", "7")},
      {"content-length that is no number", request("content-length", "six")},
  };
  for (const auto& row : rows) {
    CAPTURE(row.first);
    in_all_chunkings([&](const Chunking& chunking) {
      ServerFixture server;
      server.handshake();
      server.client.headers(1, row.second).data(1, grpc_message("x"), true);
      server.feed(chunking);
      CHECK(server.sent().summary() == "RST_STREAM 1 PROTOCOL_ERROR");
      CHECK(server.method->started == 0);
      CHECK(server.calls.in_use() == 0);
      CHECK(server.still_serves(3));
    });
  }
}

TEST_CASE(
    "ServerProtocol: a header list over the soft limit is RESOURCE_EXHAUSTED, HPACK stays in step (P-41)") {
  in_all_chunkings([](const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    Fields fields = request();
    for (int i = 0; i < 20; ++i) fields.push_back({"x-" + std::to_string(i), std::string(1000, 'x')});
    server.client.headers(1, fields).data(1, grpc_message("x"), true);
    server.feed(chunking);
    // A RST_STREAM NO_ERROR follows when the reply left before the body came.
    CHECK(server.sent().summary().starts_with("HEADERS 1 end"));
    CHECK(server.status(1) == "8");
    CHECK(server.method->started == 0);
    // The table holds fields of the refused list: the next call uses them.
    server.client.headers(3, with(request(), "x-19", std::string(1000, 'x')))
        .data(3, grpc_message("y"), true);
    server.feed(chunking);
    CHECK(server.status(3) == "0");
  });
}

TEST_CASE("ServerProtocol: a field more than the soft limit is RESOURCE_EXHAUSTED") {
  const auto fields_in_all = [](std::size_t count) {
    Fields fields = request();
    while (fields.size() < count) fields.push_back({"x", ""});
    return fields;
  };
  check_rows({served("100 fields", fields_in_all(100)), {"101 fields", fields_in_all(101), "200", "8"}});
}

TEST_CASE("ServerProtocol: a list of exactly the soft limit passes, a byte more doesn't") {
  std::size_t size = 0;
  for (const Field& field : request()) size += field.name.size() + field.value.size() + 32;
  const std::size_t room = http2::Limits{}.header_list_bytes - size - 32 - 1;
  check_rows({served("full", request("x", std::string(room, 'v'))),
              {"over", request("x", std::string(room + 1, 'v')), "200", "8"}});
}

TEST_CASE("ServerProtocol: a header list over the hard limit ends the connection") {
  const auto attack = [](const std::string& block, const Chunking& chunking) {
    ServerFixture server;
    server.handshake();
    server.client.header_block(1, block, {.end_stream = true}).request(3, kEchoPath, "x");
    server.feed(chunking);
    CHECK(server.goaway() == "ENHANCE_YOUR_CALM");
    CHECK(server.protocol().finished());
    CHECK(server.method->started == 0);
  };
  std::string head;
  for (const Field& field : request()) head += hpack_literal(field.name, field.value);
  SUBCASE("by bytes, from a few on the wire (CVE-2016-6581)") {
    head += hpack_literal("a", std::string(3500, 'x'), true);
    for (int i = 0; i < 30; ++i) head += hpack_indexed(62);
  }
  SUBCASE("by fields (CVE-2026-49975)") {
    head += hpack_literal("a", "", true);
    for (int i = 0; i < 1000; ++i) head += hpack_indexed(62);
  }
  for (const Chunking& chunking : Chunking::all()) attack(head, chunking);
}

// What the handler sees of a request's head.
std::string seen_of(const server::ServerCall& call) {
  const grpc::RequestHead& head = call.head();
  std::string text = std::string(head.path()) + " to " + std::string(head.authority());
  if (head.timeout()) text += " within " + std::to_string(*head.timeout() / 1s) + " s";
  for (std::size_t i = 0; i < head.metadata().size(); ++i) {
    text += " " + std::string(head.metadata()[i].name) + "=" + std::string(head.metadata()[i].value);
  }
  return text;
}

// The calls of a pool are used for one head after another, and blocks that leave HPACK's table alone are
// known from the third time on.
TEST_CASE("ServerProtocol: each call has the fields of its own block, whichever came before") {
  const Fields heads[] = {
      with(with(request(), "grpc-timeout", "70S"), "x-name", "a"), with(request(), "x-name", "b"),
      request(":authority", "elsewhere"), with(request(), ":method", "GET"),  // refused
  };
  ServerFixture server;
  std::string seen;
  server.method->on_start = [&](server::ServerCall& call) {
    seen = seen_of(call);
    reply_with(call, "x");
  };
  std::map<int, std::string> first_seen;
  // Each after each, also on a new connection of the same worker.
  for (int connection = 0; connection < 2; ++connection) {
    server.connect();
    server.handshake();
    http2::StreamId id = 1;
    for (const int which : {0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 2, 1, 2, 2, 0, 2, 3, 2, 3, 3, 3, 1, 3, 0, 3}) {
      std::string block;
      for (const Field& field : heads[which]) block += hpack_literal(field.name, field.value);
      CAPTURE(which);
      CAPTURE(id);
      seen = "nothing";
      server.client.header_block(id, block).data(id, grpc_message("x"), true);
      server.feed();
      CHECK(server.sent().last_headers(id).header("grpc-status") == (which == 3 ? "13" : "0"));
      CHECK(first_seen.try_emplace(which, seen).first->second == seen);
      id += 2;
    }
  }
  CHECK(first_seen.at(0).find(" within 70 s") != std::string::npos);
  CHECK(first_seen.at(0).find(" x-name=a") != std::string::npos);
  CHECK(first_seen.at(1).find(" within ") == std::string::npos);
  CHECK(first_seen.at(1).find(" x-name=b") != std::string::npos);
  CHECK(first_seen.at(2).find(" to elsewhere") != std::string::npos);
  CHECK(first_seen.at(3) == "nothing");
}

}  // namespace
}  // namespace hawser::test
