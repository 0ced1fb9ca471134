// What handlers say and learn of compression by their stock context (docs/server_context.md).
#include <doctest/doctest.h>

#include <optional>

#include "support/compressed.h"
#include "unit/binding/binding_fixture.h"

namespace hawser::test {
namespace {

using grpc::Encoding;

constexpr std::string_view kAccepted = "identity, deflate, gzip";
const std::string kText(400, 'x');

Fields accepting(std::string_view encodings) { return {{"grpc-accept-encoding", std::string(encodings)}}; }

/// One call of a synchronous handler that chooses by `choose` and replies with kText: its grpc-encoding. The
/// body is what that says.
std::string chosen_encoding(std::string_view accepted,
                            const std::function<void(::grpc::ServerContext&)>& choose) {
  SyncHandler handler;
  handler.call = [&](::grpc::ServerContext& context, const ::probe::Request&, ::probe::Reply& reply) {
    choose(context);
    reply.set_text(kText);
    return ::grpc::Status::OK;
  };
  BindingFixture fixture(handler);
  fixture.call(1, {}, accepting(accepted));
  CHECK(fixture.status(1) == "0");
  const Frame* headers = fixture.driver().sent().find(FrameType::kHeaders, 1);
  REQUIRE(headers != nullptr);
  CHECK(headers->header("grpc-internal-encoding-request") == "(none)");
  const std::string named(headers->header("grpc-encoding"));
  const std::string body = fixture.driver().sent().body(1);
  ::probe::Reply reply;
  const std::optional<Encoding> encoding = grpc::parse_encoding(named == "(none)" ? "" : named);
  REQUIRE(encoding);
  CHECK(reply.ParseFromString(*encoding == Encoding::kIdentity ? body.substr(5) : inflated(*encoding, body)));
  CHECK(reply.text() == kText);
  CHECK((*encoding == Encoding::kIdentity || body.size() < 100));
  return named;
}

}  // namespace

TEST_CASE("Bridge: set_compression_algorithm() compresses the reply") {
  const auto algorithm = [](grpc_compression_algorithm choice, std::string_view accepted) {
    return chosen_encoding(accepted, [choice](auto& context) { context.set_compression_algorithm(choice); });
  };
  CHECK(algorithm(GRPC_COMPRESS_GZIP, kAccepted) == "gzip");
  CHECK(algorithm(GRPC_COMPRESS_DEFLATE, kAccepted) == "deflate");
  CHECK(algorithm(GRPC_COMPRESS_NONE, kAccepted) == "(none)");
  // P-60: never what the client doesn't accept.
  CHECK(algorithm(GRPC_COMPRESS_GZIP, "identity,deflate") == "(none)");
  CHECK(algorithm(GRPC_COMPRESS_GZIP, "") == "(none)");
}

TEST_CASE("Bridge: levels are mapped to what the client accepts, as grpc-core does (P-62)") {
  struct Row {
    grpc_compression_level level;
    std::string_view accepted;
    std::string_view expected;
  };
  const Row rows[] = {
      {GRPC_COMPRESS_LEVEL_NONE, kAccepted, "(none)"},  {GRPC_COMPRESS_LEVEL_LOW, kAccepted, "gzip"},
      {GRPC_COMPRESS_LEVEL_MED, kAccepted, "deflate"},  {GRPC_COMPRESS_LEVEL_HIGH, kAccepted, "deflate"},
      {GRPC_COMPRESS_LEVEL_LOW, "deflate", "deflate"},  {GRPC_COMPRESS_LEVEL_HIGH, "gzip", "gzip"},
      {GRPC_COMPRESS_LEVEL_HIGH, "identity", "(none)"}, {GRPC_COMPRESS_LEVEL_LOW, "", "(none)"},
      {GRPC_COMPRESS_LEVEL_MED, "snappy,gzip", "gzip"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.level);
    CAPTURE(row.accepted);
    const auto choose = [&](auto& context) { context.set_compression_level(row.level); };
    CHECK(chosen_encoding(row.accepted, choose) == row.expected);
  }
}

TEST_CASE("Bridge: a level counts more than an algorithm") {
  CHECK(chosen_encoding(kAccepted, [](auto& context) {
          context.set_compression_level(GRPC_COMPRESS_LEVEL_HIGH);
          context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
        }) == "deflate");
  CHECK(chosen_encoding(kAccepted, [](auto& context) {
          context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
          context.set_compression_level(GRPC_COMPRESS_LEVEL_NONE);
        }) == "(none)");
}

TEST_CASE("Bridge: a handler that says nothing has nothing compressed (P-60)") {
  CHECK(chosen_encoding(kAccepted, [](auto&) {}) == "(none)");
}

TEST_CASE("Bridge: a compressed request is parsed, and CallInfo says that it was one") {
  SyncHandler handler;
  bool was_compressed = false;
  handler.call = [&](::grpc::ServerContext& context, const ::probe::Request& request, ::probe::Reply& reply) {
    was_compressed = binding::CallInfo::of(context)->request_was_compressed();
    reply.set_text(request.text());
    return ::grpc::Status::OK;
  };
  BindingFixture fixture(handler);
  ::probe::Request request;
  request.set_text(kText);
  const Fields fields = with(request_fields(kCallPath), "grpc-encoding", "gzip");
  fixture.client.headers(1, fields).data(1, compressed_message(Encoding::kGzip, request.SerializeAsString()),
                                         true);
  fixture.client.headers(3, fields).data(3, grpc_message(request.SerializeAsString()), true);
  fixture.feed(Chunking::whole());
  CHECK(fixture.reply(1).text() == kText);
  CHECK(fixture.reply(3).text() == kText);
  CHECK_FALSE(was_compressed);
  fixture.client.headers(5, fields).data(5, compressed_message(Encoding::kGzip, request.SerializeAsString()),
                                         true);
  fixture.feed(Chunking::bytewise());
  CHECK(was_compressed);
}

TEST_CASE("StreamCall: each message is compressed unless its WriteOptions say otherwise (P-60)") {
  StreamLog log;
  StreamsHandler handler;
  handler.watch = [&](::grpc::CallbackServerContext& context, const ::probe::Request&) {
    context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    auto* reactor = new WatchReactor(log);
    reactor->reply.set_text(kText);
    reactor->on_write = [reactor, count = 0](bool) mutable {
      ++count;
      reactor->options = count == 1 ? ::grpc::WriteOptions().set_no_compression() : ::grpc::WriteOptions();
      if (count == 3) reactor->options.set_no_compression();
      if (count < 3) return reactor->write();
      reactor->write_and_finish();
    };
    reactor->write();
    return reactor;
  };
  BindingFixture fixture(handler);
  Fields fields = with(request_fields(kWatchPath), "grpc-accept-encoding", std::string(kAccepted));
  fixture.client.headers(1, fields).data(1, grpc_message(""), true);
  fixture.feed();
  CHECK(fixture.driver().sent().find(FrameType::kHeaders, 1)->header("grpc-encoding") == "gzip");
  ::probe::Reply reply;
  reply.set_text(kText);
  const std::string raw = grpc_message(reply.SerializeAsString());
  const std::string small = compressed_message(Encoding::kGzip, reply.SerializeAsString());
  CHECK((fixture.driver().sent().body(1) == small + raw + small + raw));
  CHECK(fixture.status(1) == "0");
}

TEST_CASE("StreamCall: the choice made when initial metadata were sent stays") {
  StreamLog log;
  StreamsHandler handler;
  handler.chat = [&](::grpc::CallbackServerContext& context) {
    context.set_compression_level(GRPC_COMPRESS_LEVEL_LOW);
    auto* reactor = new ChatReactor(log);
    reactor->reply.set_text(kText);
    reactor->on_metadata = [reactor, &context](bool) {
      context.set_compression_level(GRPC_COMPRESS_LEVEL_HIGH);
      reactor->write_and_finish();
    };
    reactor->send_initial_metadata();
    return reactor;
  };
  BindingFixture fixture(handler);
  Fields fields = with(request_fields(kChatPath), "grpc-accept-encoding", std::string(kAccepted));
  fixture.client.headers(1, fields);
  fixture.feed();
  CHECK(fixture.driver().sent().find(FrameType::kHeaders, 1)->header("grpc-encoding") == "gzip");
  ::probe::Reply reply;
  REQUIRE(reply.ParseFromString(inflated(Encoding::kGzip, fixture.driver().sent().body(1))));
  CHECK(reply.text() == kText);
}

TEST_CASE("StreamCall: the one reply of an upload is compressed too, and reads tell of their message") {
  StreamLog log;
  StreamsHandler handler;
  std::string flags;
  handler.upload = [&](::grpc::CallbackServerContext& context, ::probe::Reply& reply) {
    context.set_compression_algorithm(GRPC_COMPRESS_DEFLATE);
    reply.set_text(kText);
    auto* reactor = new UploadReactor(log);
    reactor->on_read = [reactor, &context, &flags](bool ok) {
      if (!ok) return reactor->finish();
      flags += binding::CallInfo::of(context)->request_was_compressed() ? 'z' : '-';
      reactor->read();
    };
    reactor->read();
    return reactor;
  };
  BindingFixture fixture(handler);
  Fields fields = with(request_fields(kUploadPath), "grpc-accept-encoding", std::string(kAccepted));
  ::probe::Request request;
  request.set_text(kText);
  const std::string bytes = request.SerializeAsString();
  fixture.client.headers(1, with(fields, "grpc-encoding", "deflate"));
  fixture.client.data(
      1, compressed_message(Encoding::kDeflate, bytes) + grpc_message(bytes) + grpc_message(""), true);
  fixture.feed(Chunking::bytewise());
  CHECK(flags == "z--");
  ::probe::Reply reply;
  REQUIRE(reply.ParseFromString(inflated(Encoding::kDeflate, fixture.driver().sent().body(1))));
  CHECK(reply.text() == kText);
}

}  // namespace hawser::test
