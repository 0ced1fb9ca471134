#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "interop/server/echo_calls.h"
#include "interop/server/probes.h"

namespace hawser::test {
namespace {

constexpr int kReceiveAll = -1;
constexpr std::size_t kLimit = 4 * 1024 * 1024;

// Bytes that show a gap or a swap; printable, since the payload is a proto3 string.
std::string text_of(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('!' + (i * 2654435761U >> 13) % 90);
  return text;
}

std::string payload_of_message(std::size_t message_bytes) {
  // Tag, length in three or four bytes, and the timestamp's tag and ten bytes.
  ::echo::EchoRequest request = echo_request(text_of(message_bytes - 16));
  return request.payload() + std::string(message_bytes - request.ByteSizeLong(), '.');
}

}  // namespace

TEST_CASE("Message size: a request of exactly 4 MiB is served") {
  EchoServer server;
  const auto channel = connect_to(server->target(), kReceiveAll);
  const std::string payload = payload_of_message(kLimit);
  REQUIRE(echo_request(payload).ByteSizeLong() == kLimit);
  const EchoOutcome outcome = echo(channel, payload);
  CHECK_MESSAGE(outcome.status.ok(), outcome.status.error_message());
  CHECK((outcome.response.payload() == payload));  // doctest would print both
}

TEST_CASE("Message size: one byte over 4 MiB is RESOURCE_EXHAUSTED, and the connection serves on") {
  EchoServer server;
  const auto channel = connect_to(server->target(), kReceiveAll);
  const EchoOutcome refused = echo(channel, payload_of_message(kLimit + 1));
  CHECK(refused.status.error_code() == ::grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(refused.status.error_message().find("4194305") != std::string::npos);
  for (int i = 0; i < 3; ++i) CHECK(echo(channel, "small").status.ok());
  CHECK((*server)->open_connections() == 1);
}

TEST_CASE("Message size: a request of 64 MiB is refused without being buffered") {
  EchoServer server;
  const auto channel = connect_to(server->target(), kReceiveAll);
  const EchoOutcome refused = echo(channel, std::string(64 * 1024 * 1024, 'b'));
  CHECK(refused.status.error_code() == ::grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(echo(channel, "small").status.ok());
}

TEST_CASE("Message size: 4 MiB payloads of eight calls at once over TCP and UNIX come back whole") {
  EchoServer server(workers(2));
  const std::string payload = payload_of_message(kLimit);
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const auto channel = connect_to(i % 2 == 0 ? server->target() : server->unix_target(), kReceiveAll);
      const EchoOutcome outcome = echo(channel, payload);
      if (outcome.status.ok() && outcome.response.payload() == payload) ++good;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 8);
}

TEST_CASE("Message size: concurrent large calls of one connection share its windows") {
  EchoServer server;
  const auto channel = connect_to(server->target(), kReceiveAll);
  const std::string payload = text_of(1024 * 1024);
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      const EchoOutcome outcome = echo(channel, payload);
      if (outcome.status.ok() && outcome.response.payload() == payload) ++good;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 12);
  CHECK((*server)->open_connections() == 1);
}

TEST_CASE("Message size: a reply over the server's send limit is RESOURCE_EXHAUSTED") {
  server::ServerOptions options = workers(1);
  options.max_send_bytes = 1000;
  SyncProbeServer server(
      [](::grpc::ServerContext&, const ::probe::Request& request, ::probe::Reply& reply) {
        reply.set_blob(std::string(static_cast<std::size_t>(request.number()), 'r'));
        return ::grpc::Status::OK;
      },
      options);
  const auto channel = server->channel();
  ::probe::Request request;
  request.set_number(990);
  CHECK(ProbeCall(channel, request).status().ok());
  request.set_number(1000);
  ProbeCall refused(channel, request);
  CHECK(refused.status().error_code() == ::grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(refused.reply().blob().empty());
}

TEST_CASE("Message size: a reply that the client does not take leaves the server as it was") {
  SyncProbeServer server([](::grpc::ServerContext&, const ::probe::Request& request, ::probe::Reply& reply) {
    reply.set_blob(std::string(static_cast<std::size_t>(request.number()), 'r'));
    return ::grpc::Status::OK;
  });
  const auto channel = connect_to(server->target(), 1000);
  ::probe::Request request;
  request.set_number(8 * 1024 * 1024);
  CHECK(ProbeCall(channel, request).status().error_code() == ::grpc::StatusCode::RESOURCE_EXHAUSTED);
  request.set_number(10);
  CHECK(ProbeCall(channel, request).status().ok());
}

}  // namespace hawser::test
