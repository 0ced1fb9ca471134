// Our client's compression against a stock grpc++ server. What flag each message had is for the interop
// programs (tests/interop/programs), which have grpc-core's own door to it.
#include <doctest/doctest.h>

#include <string>

#include "echo.pb.h"
#include "hawser/client/reader_writer.h"
#include "hawser/client/unary_call.h"
#include "interop/client/stock_server.h"
#include "support/sockets.h"

namespace hawser::test {
namespace {

using client::CallOptions;
using client::Channel;
using grpc::Encoding;
using std::chrono::seconds;

constexpr client::UnaryMethod<::echo::EchoRequest, ::echo::EchoResponse> kCompressionEcho{
    "/echo.EchoService/Echo"};
const std::string kLong(200'000, 'x');

CallOptions with_compression(Encoding encoding) {
  CallOptions options;
  options.timeout = seconds(30);
  options.compression = encoding;
  return options;
}

client::Reply<::echo::EchoResponse> compressed_echo(Channel& channel, const std::string& payload,
                                                    const CallOptions& options) {
  ::echo::EchoRequest request;
  request.set_payload(payload);
  return client::call(channel, kCompressionEcho, request, options);
}

TEST_CASE("stock server: compressed requests are read, in every encoding (P-59 to P-61)") {
  StockServer server;
  const auto channel = value_of(Channel::create(server.target()));
  for (const Encoding encoding : grpc::kAllEncodings) {
    CAPTURE(to_string(encoding));
    const auto reply = compressed_echo(*channel, kLong, with_compression(encoding));
    CHECK_MESSAGE(reply.ok(), reply.status.message);
    CHECK((reply.response.payload() == kLong));
    CHECK_FALSE(reply.response_was_compressed);
  }
}

TEST_CASE("stock server: replies that it compresses are read, in every encoding (P-59 to P-61)") {
  for (const grpc_compression_algorithm algorithm : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP}) {
    CAPTURE(algorithm);
    StockServer server(loopback(), 0, algorithm);
    const auto channel = value_of(Channel::create(server.target()));
    const auto reply = compressed_echo(*channel, kLong, with_compression(Encoding::kGzip));
    CHECK_MESSAGE(reply.ok(), reply.status.message);
    CHECK((reply.response.payload() == kLong));
    CHECK(reply.response_was_compressed);
  }
}

TEST_CASE(
    "stock server: a reply that is a bomb is RESOURCE_EXHAUSTED, and the next one is read (P-47, S-28)") {
  StockServer server(loopback(), 0, GRPC_COMPRESS_GZIP);
  const auto channel = value_of(Channel::create(server.target()));
  CallOptions options = with_compression(Encoding::kIdentity);
  options.max_receive_bytes = 100'000;
  const auto reply = compressed_echo(*channel, "large:10000000", options);
  CHECK(to_string(reply.status.code) == "RESOURCE_EXHAUSTED");
  CHECK(reply.status.message == "message is over the receive limit of 100000 bytes once decompressed");
  CHECK(compressed_echo(*channel, "hello", options).ok());
}

TEST_CASE("stock streams: a conversation with compressed and raw messages (P-60)") {
  using ::hawser::streamtest::Part;
  constexpr client::BidiStreaming<Part, Part> kTalk{"/hawser.streamtest.Streams/Talk"};
  StockServer server(loopback(), 0, GRPC_COMPRESS_DEFLATE);
  const auto channel = value_of(Channel::create(server.target()));
  client::ReaderWriter talk(*channel, kTalk, with_compression(Encoding::kGzip));
  for (int i = 0; i < 10; ++i) {
    Part part;
    part.set_data(kLong + std::to_string(i));
    REQUIRE(talk.write(part, i % 2 == 0 ? grpc::Compress::kAsCall : grpc::Compress::kNever));
    Part answer;
    REQUIRE(talk.read(answer));
    CHECK((answer.data() == part.data()));
    CHECK(talk.was_compressed());
  }
  CHECK(talk.finish().ok());
}

}  // namespace
}  // namespace hawser::test
