// A client in one guest, hawser-server in another that boots, freezes and dies as these tests ask for on
// standard output (pair_test.py does it). They run in the order of this file.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>

#include "echo.pb.h"
#include "hawser/client/channel.h"
#include "hawser/client/unary_call.h"
#include "support/sockets.h"

namespace hawser::test {
namespace {

using client::Channel;
using client::ChannelOptions;
using std::chrono::milliseconds;
using std::chrono::seconds;
using OtherGuestReply = client::Reply<::echo::EchoResponse>;

/// What pair_test.py is to do with the other guest: boot, freeze, thaw, kill.
void please(const char* what) { std::cout << "please " << what << std::endl; }

std::string target() {
  const char* text = std::getenv("HAWSER_OTHER_GUEST");
  REQUIRE(text != nullptr);
  return text;
}

/// Short backoff, and the quickest keepalive that there is.
std::unique_ptr<Channel> connect(Duration connect_timeout = seconds(20)) {
  ChannelOptions options;
  options.connect_timeout = connect_timeout;
  options.vsock_backoff = {.initial = milliseconds(20), .max = milliseconds(200)};
  options.vsock_keepalive = {.time = client::KeepaliveOptions::kShortestTime, .timeout = milliseconds(500)};
  return value_of(Channel::create(target(), options));
}

OtherGuestReply echo(Channel& channel, const std::string& payload, const client::CallOptions& options) {
  constexpr client::UnaryMethod<::echo::EchoRequest, ::echo::EchoResponse> kEcho{"/echo.EchoService/Echo"};
  ::echo::EchoRequest request;
  request.set_payload(payload);
  return client::call(channel, kEcho, request, options);
}

const client::CallOptions kPatient{.timeout = seconds(60), .wait_for_ready = true};

/// Calls until one fails, and gives that one's status.
grpc::Status first_failure(Channel& channel, const client::CallOptions& options) {
  for (;;) {
    const OtherGuestReply reply = echo(channel, "hello", options);
    if (!reply.ok()) return reply.status;
  }
}

}  // namespace

TEST_SUITE_BEGIN("other guest");

TEST_CASE("Other guest: a client that starts first waits for the server's machine to boot (V-16, V-25)") {
  const auto channel = connect();
  const OtherGuestReply refused = echo(*channel, "hello", {.timeout = seconds(20)});
  CHECK(refused.status.code == grpc::StatusCode::kUnavailable);
  CHECK(refused.status.message.starts_with("connect to " + target() + ": "));
  please("boot");
  CHECK(echo(*channel, "hello", kPatient).response.payload() == "hello");
}

TEST_CASE("Other guest: messages of every size come back whole, from several threads (V-10)") {
  const auto channel = connect();
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (const std::size_t size : {0u, 100u, 32'768u, 100'000u, 3'000'000u}) {
        const std::string payload(size, static_cast<char>('a' + i));
        good += echo(*channel, payload, kPatient).response.payload() == payload ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 4 * 5);
}

TEST_CASE("Other guest: a call to a frozen machine ends at its deadline, and goes on after it (V-15)") {
  const auto channel = connect();
  CHECK(echo(*channel, "hello", kPatient).ok());
  please("freeze");
  const grpc::Status status = first_failure(*channel, {.timeout = milliseconds(500)});
  CHECK(status.code == grpc::StatusCode::kDeadlineExceeded);
  please("thaw");
  CHECK(echo(*channel, "hello", kPatient).ok());
}

TEST_CASE("Other guest: a machine that freezes while it is connected to is found when it goes on (V-7)") {
  please("freeze");
  const auto channel = connect(seconds(3));  // a second more than the kernel's own
  const grpc::Status status = first_failure(*channel, {});
  std::cout << "ended with: " << status.message << std::endl;
  CHECK(status.code == grpc::StatusCode::kUnavailable);
  please("thaw");
  CHECK(echo(*channel, "hello", kPatient).ok());
}

TEST_CASE("Other guest: keepalive ends a call without a deadline to a frozen machine (V-14, V-15)") {
  const auto channel = connect();
  CHECK(echo(*channel, "hello", kPatient).ok());
  please("freeze");
  const grpc::Status status = first_failure(*channel, {});
  std::cout << "ended with: " << status.message << std::endl;
  CHECK(status.code == grpc::StatusCode::kUnavailable);
  please("thaw");
  CHECK(echo(*channel, "hello", kPatient).ok());
}

TEST_CASE("Other guest: a machine that dies in mid-call is noticed, and found again when it is back (V-15)") {
  const auto channel = connect();
  CHECK(echo(*channel, "hello", kPatient).ok());
  please("kill");
  const grpc::Status status = first_failure(*channel, {});
  std::cout << "ended with: " << status.message << std::endl;
  CHECK(status.code == grpc::StatusCode::kUnavailable);
  please("boot");
  CHECK(echo(*channel, "hello", kPatient).ok());
}

TEST_SUITE_END();

}  // namespace hawser::test
