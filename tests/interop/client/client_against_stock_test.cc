// Our client against a stock grpc++ server: what one call does.
#include <doctest/doctest.h>

#include <string>

#include "echo.pb.h"
#include "hawser/client/unary_call.h"
#include "interop/client/stock_server.h"
#include "support/sockets.h"

namespace hawser::test {
namespace {

using client::CallOptions;
using client::Channel;
using client::ChannelOptions;
using client::Reply;
using client::UnaryMethod;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr UnaryMethod<::echo::EchoRequest, ::echo::EchoResponse> kClientEcho{"/echo.EchoService/Echo"};

Reply<::echo::EchoResponse> echo(Channel& channel, std::string_view payload, CallOptions options = {}) {
  ::echo::EchoRequest request;
  request.set_payload(std::string(payload));
  request.set_timestamp(12345);
  if (options.timeout == Duration::max()) options.timeout = seconds(30);  // a failing test ends
  return client::call(channel, kClientEcho, request, options);
}

std::string code_of(const client::ReplyHead& reply) { return std::string(to_string(reply.status.code)); }

struct Pair {
  explicit Pair(ChannelOptions options = {})
      : channel(value_of(Channel::create(server.target(), std::move(options)))) {}
  StockServer server;
  std::unique_ptr<Channel> channel;
};

TEST_CASE("stock server: a call") {
  Pair pair;
  const auto reply = echo(*pair.channel, "hello");
  REQUIRE(code_of(reply) == "OK");
  CHECK(reply.response.payload() == "hello");
  CHECK(reply.response.request_timestamp() == 12345);
}

TEST_CASE("stock server: payloads come back as they went") {
  Pair pair;
  const std::string_view payloads[] = {"", "a",
                                       "gr\xC3\xBC\xC3\x9F"
                                       "e \xE4\xB8\x96\xE7\x95\x8C \xF0\x9F\x9A\xA2",
                                       std::string_view("nul\0inside", 10)};
  for (const std::string_view payload : payloads) {
    const auto reply = echo(*pair.channel, payload);
    REQUIRE(code_of(reply) == "OK");
    CHECK(reply.response.payload() == payload);
  }
}

TEST_CASE("stock server: messages around the sizes where something changes") {
  Pair pair;
  // Frames end at 16 KiB, windows at 64 KiB and 512 KiB, buffers are kept up to 64 KiB.
  for (const std::size_t size : {16'000, 16'384, 16'385, 65'530, 65'536, 70'000, 524'288, 1'000'000}) {
    CAPTURE(size);
    std::string payload(size, 'x');
    for (std::size_t i = 0; i < size; i += 97) payload[i] = static_cast<char>('a' + i % 26);
    const auto reply = echo(*pair.channel, payload);
    REQUIRE(code_of(reply) == "OK");
    CHECK(reply.response.payload() == payload);
  }
}

TEST_CASE("stock server: 4 MiB is the limit of a response, and only of that call (P-47)") {
  Pair pair;
  constexpr int kLimit = 4 * 1024 * 1024;
  // The message is the payload, its tag and length: five bytes.
  const auto largest = echo(*pair.channel, "large:" + std::to_string(kLimit - 5));
  REQUIRE(code_of(largest) == "OK");
  CHECK(largest.response.payload().size() == kLimit - 5);
  CHECK(code_of(echo(*pair.channel, "large:" + std::to_string(kLimit - 4))) == "RESOURCE_EXHAUSTED");
  CHECK(code_of(echo(*pair.channel, "large:" + std::to_string(2 * kLimit))) == "RESOURCE_EXHAUSTED");
  const auto more =
      echo(*pair.channel, "large:" + std::to_string(2 * kLimit), {.max_receive_bytes = 3 * kLimit});
  CHECK(code_of(more) == "OK");
  CHECK(code_of(echo(*pair.channel, std::string(kLimit - 16, 'x'))) == "OK");
  CHECK(code_of(echo(*pair.channel, "still here")) == "OK");
}

TEST_CASE("stock server: every status arrives with its message and details") {
  Pair pair;
  for (int code = 1; code <= 16; ++code) {
    const auto reply = echo(*pair.channel, "status:" + std::to_string(code) + ":why " + std::to_string(code));
    CHECK(static_cast<int>(reply.status.code) == code);
    CHECK(reply.status.message == "why " + std::to_string(code));
    CHECK(reply.status.details == "details\xFF");
  }
}

TEST_CASE("stock server: status messages are percent-encoded on the way (P-66, P-67)") {
  Pair pair;
  const std::string_view texts[] = {"100% sure", "line\nline\ttab\r", "\xE2\x98\xBA and \xF0\x9F\x9A\xA2",
                                    "%41%", ""};
  for (const std::string_view text : texts) {
    const auto reply = echo(*pair.channel, "status:3:" + std::string(text));
    CHECK(code_of(reply) == "INVALID_ARGUMENT");
    CHECK(reply.status.message == text);
  }
}

TEST_CASE("stock server: metadata both ways, text and binary (P-36 to P-38)") {
  Pair pair;
  const std::string binary("\0\x01\xFF,x", 5);
  const auto reply =
      echo(*pair.channel, "hello",
           {.metadata = {{"echo-text", "some, text"}, {"echo-bin", binary}, {"echo-empty", ""}}});
  REQUIRE(code_of(reply) == "OK");
  CHECK(reply.initial_metadata.find("echo-text") == "some, text");
  CHECK(reply.initial_metadata.find("echo-bin") == binary);
  CHECK(reply.trailing_metadata.find("trailing-echo-text") == "some, text");
  CHECK(reply.trailing_metadata.find("trailing-echo-bin") == binary);
  CHECK(reply.initial_metadata.find("echo-empty").data() != nullptr);
  CHECK(reply.initial_metadata.find("echo-empty") == "");
}

TEST_CASE("stock server: metadata comes with failures, too") {
  Pair pair;
  const auto reply = echo(*pair.channel, "status:5:none", {.metadata = {{"echo-a", "b"}}});
  CHECK(code_of(reply) == "NOT_FOUND");
  CHECK(reply.trailing_metadata.find("trailing-echo-a") == "b");
}

TEST_CASE("stock server: an unknown method is UNIMPLEMENTED") {
  Pair pair;
  constexpr UnaryMethod<::echo::EchoRequest, ::echo::EchoResponse> kNone{"/echo.EchoService/None"};
  constexpr UnaryMethod<::echo::EchoRequest, ::echo::EchoResponse> kNowhere{"/no.Service/Echo"};
  CHECK(code_of(client::call(*pair.channel, kNone, {}, {.timeout = seconds(30)})) == "UNIMPLEMENTED");
  CHECK(code_of(client::call(*pair.channel, kNowhere, {}, {.timeout = seconds(30)})) == "UNIMPLEMENTED");
}

TEST_CASE("stock server: a handler slower than the deadline is DEADLINE_EXCEEDED, in time (P-31)") {
  Pair pair;
  REQUIRE(code_of(echo(*pair.channel, "warm")) == "OK");
  const Instant start = Clock::now();
  const auto reply = echo(*pair.channel, "wait", {.timeout = milliseconds(50)});
  CHECK(code_of(reply) == "DEADLINE_EXCEEDED");
  // The server keeps the deadline as well, in whole milliseconds, and may be the first.
  CHECK(Clock::now() - start >= milliseconds(48));
  CHECK(code_of(echo(*pair.channel, "hello")) == "OK");
}

TEST_CASE("stock server: a cancelled call is cancelled at the server (P-79)") {
  Pair pair;
  struct Waiting {
    Waiting() : call(client::Call::Completion::bind<&Waiting::on_done>(*this)) {}
    void on_done(client::Call&) { done.release(); }
    client::Call call;
    std::binary_semaphore done{0};
  } waiting;
  ::echo::EchoRequest request;
  request.set_payload("wait");
  waiting.call.set_path(kClientEcho.path);
  const MutableBytes room = waiting.call.begin_request(request.ByteSizeLong());
  request.SerializeToArray(room.data(), static_cast<int>(room.size()));
  REQUIRE(pair.channel->start(waiting.call));
  // The handler runs when a call after it has been answered on the same connection.
  while (pair.server.echo().calls() == 0) REQUIRE(code_of(echo(*pair.channel, "hello")) == "OK");
  waiting.call.cancel();
  waiting.done.acquire();
  CHECK(waiting.call.status().code == grpc::StatusCode::kCancelled);
  pair.server.stop();  // returns when the handler has seen it
}

TEST_CASE("stock server: over a UNIX socket") {
  const ScratchFolder folder;
  StockServer server("unix:" + folder.file("s"));
  const auto channel = value_of(Channel::create(server.target()));
  const auto reply = echo(*channel, "hello");
  REQUIRE(code_of(reply) == "OK");
  CHECK(reply.response.payload() == "hello");
}

}  // namespace
}  // namespace hawser::test
