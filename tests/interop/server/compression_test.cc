// Compression between stock grpc++ clients and Hawser (gRPC doc/compression.md). Which message came
// compressed is not for a grpc++ client to know without its own tests' door: the interop programs look at
// that. Here it is the bytes on the socket, and the server's side.
#include <doctest/doctest.h>

#include <atomic>

#include <grpcpp/support/channel_arguments.h>
#include <grpcpp/support/sync_stream.h>

#include "hawser/binding/server_context_bridge.h"
#include "interop/server/probes.h"
#include "interop/server/streams.h"
#include "support/stock_peers.h"

namespace hawser::test {
namespace {

constexpr grpc_compression_algorithm kAlgorithms[] = {GRPC_COMPRESS_NONE, GRPC_COMPRESS_DEFLATE,
                                                      GRPC_COMPRESS_GZIP};
const std::string kText(100'000, 'x');

bool is_real(grpc_compression_algorithm algorithm) { return algorithm != GRPC_COMPRESS_NONE; }

/// A channel that compresses all of its calls.
std::shared_ptr<::grpc::Channel> compressing_channel(const std::string& target,
                                                     grpc_compression_algorithm algorithm) {
  ::grpc::ChannelArguments arguments;
  arguments.SetCompressionAlgorithm(algorithm);
  return stock_channel(target, std::move(arguments));
}

}  // namespace

TEST_CASE("Compression: a stock client's compressed calls are read, by call and by channel (P-56 to P-59)") {
  std::atomic<bool> was_compressed{false};
  SyncProbeServer server(
      [&](::grpc::ServerContext& context, const ::probe::Request& request, ::probe::Reply& reply) {
        was_compressed = binding::CallInfo::of(context)->request_was_compressed();
        reply.set_text(request.text());
        return ::grpc::Status::OK;
      });
  for (const grpc_compression_algorithm algorithm : kAlgorithms) {
    CAPTURE(algorithm);
    ProbeCall by_call(server->channel(), request_with(kText),
                      [&](auto& context) { context.set_compression_algorithm(algorithm); });
    CHECK_MESSAGE(by_call.status().ok(), by_call.status().error_message());
    CHECK((by_call.reply().text() == kText));
    CHECK(was_compressed == is_real(algorithm));
    ProbeCall by_channel(compressing_channel(server->unix_target(), algorithm), request_with(kText));
    CHECK_MESSAGE(by_channel.status().ok(), by_channel.status().error_message());
    CHECK((by_channel.reply().text() == kText));
    CHECK(was_compressed == is_real(algorithm));
  }
}

TEST_CASE("Compression: what a handler compresses is read by stock clients (P-60, P-62)") {
  SyncProbeServer server(
      [](::grpc::ServerContext& context, const ::probe::Request& request, ::probe::Reply& reply) {
        if (request.number() < 10) {
          context.set_compression_algorithm(static_cast<grpc_compression_algorithm>(request.number()));
        } else {
          context.set_compression_level(static_cast<grpc_compression_level>(request.number() - 10));
        }
        reply.set_text(request.text());
        return ::grpc::Status::OK;
      });
  const auto channel = server->channel();
  for (const int choice : {0, 1, 2, 10, 11, 12, 13}) {
    CAPTURE(choice);
    ::probe::Request request = request_with(kText);
    request.set_number(choice);
    ProbeCall call(channel, request);
    CHECK_MESSAGE(call.status().ok(), call.status().error_message());
    CHECK((call.reply().text() == kText));
    CHECK(call.context().GetServerInitialMetadata().count("grpc-internal-encoding-request") == 0);
  }
}

TEST_CASE("Compression: ServerOptions compresses replies that no handler thought of (P-60)") {
  server::ServerOptions options = workers(1);
  options.compression = grpc::Encoding::kGzip;
  SyncProbeServer server(
      [](::grpc::ServerContext&, const ::probe::Request& request, ::probe::Reply& reply) {
        reply.set_text(request.text());
        return ::grpc::Status::OK;
      },
      options);
  ProbeCall call(server->channel(), request_with(kText));
  CHECK_MESSAGE(call.status().ok(), call.status().error_message());
  CHECK((call.reply().text() == kText));
}

TEST_CASE(
    "Compression: a stock client's bomb is RESOURCE_EXHAUSTED, and the connection serves on (P-47, S-26)") {
  SyncProbeServer server(
      [](::grpc::ServerContext&, const ::probe::Request&, ::probe::Reply&) { return ::grpc::Status::OK; });
  const auto channel = server->channel();
  const auto call = [&](std::size_t size) {
    ProbeCall bomb(channel, request_with(std::string(size, 'b')),
                   [](auto& context) { context.set_compression_algorithm(GRPC_COMPRESS_GZIP); });
    return bomb.status();
  };
  CHECK(call(4'000'000).ok());
  const ::grpc::Status refused = call(20'000'000);
  CHECK(refused.error_code() == ::grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(refused.error_message().find("once decompressed") != std::string::npos);
  CHECK(call(1000).ok());
  CHECK((*server)->open_connections() == 1);
}

TEST_CASE("Compression: streams both ways, with messages that opt out (P-60)") {
  StreamsServer server;
  std::atomic<int> compressed{0};
  server.handler.chat = [&](::grpc::CallbackServerContext& context) {
    context.set_compression_level(GRPC_COMPRESS_LEVEL_HIGH);
    auto* reactor = new ChatReactor(server.log);
    reactor->on_read = [reactor, &compressed, &context](bool ok) {
      if (!ok) return reactor->finish();
      if (binding::CallInfo::of(context)->request_was_compressed()) ++compressed;
      reactor->reply.set_text(reactor->request.text());
      reactor->options = ::grpc::WriteOptions();
      if (reactor->request.number() % 3 == 0) reactor->options.set_no_compression();
      reactor->write();
    };
    reactor->on_write = [reactor](bool ok) {
      if (ok) reactor->read();
    };
    reactor->read();
    return reactor;
  };
  const auto stub = ::probe::Streams::NewStub(server->channel());
  StreamContext context;
  context->set_compression_algorithm(GRPC_COMPRESS_GZIP);
  const auto stream = stub->Chat(&*context);
  for (int i = 0; i < 12; ++i) {
    ::probe::Request request = stream_request(kText + std::to_string(i));
    request.set_number(i);
    ::grpc::WriteOptions options;
    if (i % 2 == 0) options.set_no_compression();
    REQUIRE(stream->Write(request, options));
    ::probe::Reply reply;
    REQUIRE(stream->Read(&reply));
    CHECK((reply.text() == request.text()));
  }
  stream->WritesDone();
  CHECK(stream->Finish().ok());
  CHECK(compressed == 6);
}

}  // namespace hawser::test
