// Our client and our server over VSOCK loopback, in a guest: what that family does differently, and a lot of
// it.
#include <doctest/doctest.h>

#include <sys/resource.h>

#include <atomic>
#include <functional>
#include <future>
#include <semaphore>
#include <string>
#include <vector>

#include "echo.pb.h"
#include "hawser/client/channel.h"
#include "hawser/client/unary_call.h"
#include "integration/server/raw_client.h"
#include "integration/server/test_server.h"
#include "support/test_family.h"

namespace hawser::test {
namespace {

using client::Channel;
using client::ChannelOptions;
using client::Reply;
using ::echo::EchoRequest;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Requests and replies are of one type, which is enough here.
using Method = client::UnaryMethod<EchoRequest, EchoRequest>;
constexpr Method kEcho{kEchoPath};
constexpr Method kDigest{"/test.Service/Digest"};
constexpr Method kPeer{"/test.Service/Peer"};
constexpr std::size_t kLarge = 32 * 1024 * 1024;

Reply<EchoRequest> echo(Channel& channel, const std::string& payload, bool wait_for_ready = false) {
  EchoRequest request;
  request.set_payload(payload);
  return client::call(channel, kEcho, request, {.timeout = seconds(60), .wait_for_ready = wait_for_ready});
}

std::unique_ptr<Channel> channel_to(const net::SocketAddress& address, ChannelOptions options = {}) {
  return value_of(Channel::create(address.to_string(), std::move(options)));
}

std::uint64_t digest(Bytes bytes) {  // FNV-1a
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

/// Text of so many bytes (protobuf wants UTF-8), each from where it is.
std::string text_of(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('!' + ((i * 2654435761u) >> 13) % 90);
  return text;
}

/// Replies with what the function says of the call.
class TextMethod final : public server::Method {
 public:
  using Function = EchoRequest (*)(const server::ServerCall& call);
  TextMethod(std::string_view path, Function function) : path_(path), function_(function) {}
  std::string_view path() const override { return path_; }
  void prepare(std::size_t) override {}
  void start(server::ServerCall& call) override {
    const EchoRequest reply = function_(call);
    const Result<MutableBytes> room = call.begin_message(reply.ByteSizeLong());
    if (room) reply.SerializeToArray(room->data(), static_cast<int>(room->size()));
    call.finish({});
  }

 private:
  std::string_view path_;
  Function function_;
};

EchoRequest same(const server::ServerCall& call) {
  EchoRequest message;
  message.ParseFromArray(call.request().data(), static_cast<int>(call.request().size()));
  return message;
}

EchoRequest digest_of_request(const server::ServerCall& call) {
  EchoRequest reply;
  reply.set_payload(std::to_string(digest(call.request())));
  return reply;
}

EchoRequest peer_of(const server::ServerCall& call) {
  const server::Peer& peer = call.peer();
  EchoRequest reply;
  reply.set_payload(peer.uri + ", CID " + std::to_string(peer.vsock_cid.value_or(0)) + ", limits by '" +
                    peer.limit_key + "'");
  return reply;
}

server::ServerOptions large_messages() {
  server::ServerOptions options = workers(1);
  options.max_receive_bytes = kLarge + 1024;
  return options;
}

ChannelOptions quick() { return {.vsock_backoff = {.initial = milliseconds(5), .max = milliseconds(50)}}; }

struct RunningEcho {
  std::unique_ptr<server::Server> server;
  net::SocketAddress address;
};

/// With all of the methods here.
RunningEcho server_on(const std::string& address, const server::ServerOptions& options = workers(1)) {
  RunningEcho running{value_of(server::Server::create(options)), {}};
  value_of(running.server->add(std::make_unique<TextMethod>(kEcho.path, same)));
  value_of(running.server->add(std::make_unique<TextMethod>(kDigest.path, digest_of_request)));
  value_of(running.server->add(std::make_unique<TextMethod>(kPeer.path, peer_of)));
  running.address = value_of(running.server->listen(value_of(net::Address::parse(address)))).front();
  value_of(running.server->start());
  return running;
}

std::string listen_error(const std::string& address) {
  const auto server = value_of(server::Server::create(workers(1)));
  const auto bound = server->listen(value_of(net::Address::parse(address)));
  return bound ? "" : bound.error().detail;
}

std::string call_error(const std::string& target) {
  const auto channel = value_of(Channel::create(target, quick()));
  const auto reply = echo(*channel, "hello");
  return std::string(to_string(reply.status.code)) + ": " + reply.status.message;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("VSOCK: these tests run over it") { REQUIRE(over_vsock()); }

TEST_CASE("VSOCK: port 0 is a port that the kernel chose, and any is every CID (V-5)") {
  const auto server = value_of(server::Server::create(workers(2)));
  const auto first = value_of(server->listen(value_of(net::Address::parse("vsock://any:0"))));
  const auto second = value_of(server->listen(value_of(net::Address::parse("vsock:local:0"))));
  REQUIRE(first.front().port() != 0);
  CHECK(first.front().port() != 0xffffffff);
  CHECK(first.front().port() != second.front().port());
  value_of(server->start());
  const std::string ports[] = {std::to_string(first.front().port()), std::to_string(second.front().port())};
  CHECK(contains(call_error("vsock://1:" + ports[0]), "UNIMPLEMENTED"));  // it answers
  CHECK(contains(call_error("vsock:local:" + ports[1]), "UNIMPLEMENTED"));
}

TEST_CASE("VSOCK: a thousand connections at once, each with its call (V-6)") {
  constexpr std::size_t kConnections = 1000;
  const rlimit enough{4096, 4096};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &enough) == 0);
  TestServer server(workers(2));
  std::vector<std::unique_ptr<RawClient>> clients;
  for (std::size_t i = 0; i < kConnections; ++i) clients.push_back(std::make_unique<RawClient>(server.tcp()));
  std::size_t good = 0;
  for (const auto& client : clients) good += client->echo() ? 1 : 0;
  CHECK(good == kConnections);
  CHECK(server->open_connections() == kConnections);
  clients.clear();
  CHECK(eventually([&] { return server->open_connections() == 0; }));
}

TEST_CASE("VSOCK: 32 MiB arrive as they were, in both directions (V-10)") {
  const RunningEcho server = server_on(loopback(), large_messages());
  const auto channel = channel_to(server.address, {.max_receive_bytes = kLarge + 1024});
  EchoRequest request;
  request.set_payload(text_of(kLarge));
  const auto reply = client::call(*channel, kDigest, request, {.timeout = seconds(60)});
  const std::string sent = request.SerializeAsString();
  CHECK(reply.status.message == "");
  CHECK(reply.response.payload() == std::to_string(digest(as_bytes(sent))));
  const auto echoed = echo(*channel, request.payload());
  CHECK(echoed.status.message == "");
  CHECK(echoed.response.payload() == request.payload());
}

TEST_CASE("VSOCK: messages of every size around its 32 KiB sends come back whole (V-10)") {
  TestServer server;
  const auto channel = channel_to(server.tcp());
  for (const std::size_t size : {0u, 1u, 16'383u, 32'700u, 32'768u, 32'769u, 65'536u, 262'144u, 3'000'000u}) {
    CAPTURE(size);
    const std::string payload = text_of(size);
    CHECK(echo(*channel, payload).response.payload() == payload);
  }
}

TEST_CASE("VSOCK: a hundred thousand small calls on one connection, and no reset (V-11)") {
  constexpr int kCalls = 100'000;
  constexpr int kInFlight = 50;
  TestServer server;
  const auto channel = channel_to(server.tcp());
  std::atomic<int> left = kCalls;
  std::atomic<int> good = 0;
  std::counting_semaphore<kInFlight> ended(0);
  std::function<void()> next = [&] {
    const int number = left--;
    if (number <= 0) return ended.release();
    EchoRequest request;
    request.set_timestamp(number);
    client::call_async<EchoRequest, EchoRequest>(*channel, kEcho, request, {},
                                                 [&, number](const Reply<EchoRequest>& reply) {
                                                   if (reply.response.timestamp() == number) ++good;
                                                   next();
                                                 });
  };
  for (int i = 0; i < kInFlight; ++i) next();
  for (int i = 0; i < kInFlight; ++i) ended.acquire();
  CHECK(good == kCalls);
  CHECK(server->open_connections() == 1);
}

TEST_CASE("VSOCK: a server that comes back on its port is found again (V-16)") {
  auto server = server_on(loopback());
  const std::string address = server.address.to_string();
  const auto channel = value_of(Channel::create(address, quick()));
  for (int round = 0; round < 5; ++round) {
    CHECK(echo(*channel, "hello", true).status.code == grpc::StatusCode::kOk);
    server.server.reset();
    CHECK(echo(*channel, "hello").status.code == grpc::StatusCode::kUnavailable);
    server = server_on(address);
  }
  CHECK(echo(*channel, "hello", true).status.code == grpc::StatusCode::kOk);
}

TEST_CASE("VSOCK: a call that waits for its server is made as soon as that listens (V-16)") {
  const std::string address = server_on(loopback()).address.to_string();  // and it is gone again
  const auto channel = value_of(Channel::create(address, quick()));
  std::promise<grpc::StatusCode> code;
  EchoRequest request;
  client::call_async<EchoRequest, EchoRequest>(
      *channel, kEcho, request, {.timeout = seconds(60), .wait_for_ready = true},
      [&](const Reply<EchoRequest>& reply) { code.set_value(reply.status.code); });
  auto answer = code.get_future();
  CHECK(answer.wait_for(milliseconds(100)) == std::future_status::timeout);
  const RunningEcho server = server_on(address);
  CHECK(answer.get() == grpc::StatusCode::kOk);
}

TEST_CASE("VSOCK: handlers know their client's address and CID, and limits count by it (V-3, V-18)") {
  const RunningEcho server = server_on(loopback());
  const auto channel = channel_to(server.address);
  EchoRequest request;
  const auto reply = client::call(*channel, kPeer, request, {.timeout = seconds(60)});
  const std::string seen = reply.response.payload();
  CHECK(seen.starts_with("vsock:1:"));
  CHECK(seen.ends_with(", CID 1, limits by 'vsock:1'"));
}

TEST_CASE("VSOCK: what can't be reached is UNAVAILABLE, and says why (V-8)") {
  const std::string address = server_on(loopback()).address.to_string();  // and it is gone again
  const std::string port = address.substr(address.rfind(':') + 1);
  CHECK(call_error(address) == "UNAVAILABLE: connect to " + address +
                                   ": Connection reset by peer (nothing listens on port " + port +
                                   " of this CID)");
  CHECK(call_error("vsock://77:5000").starts_with("UNAVAILABLE: connect to vsock://77:5000: No such device"));
  CHECK(contains(call_error("vsock://77:5000"), "load vhost_vsock on a host"));
  CHECK(contains(Channel::create("vsock://any:5000").error().detail, "any"));
}

TEST_CASE("VSOCK: a channel of VSOCK and TCP calls the one while the other has no such machine (P-99)") {
  const RunningEcho server = server_on("127.0.0.1:0");
  const auto channel =
      value_of(Channel::create("vsock://77:5000," + server.address.to_string(), ChannelOptions()));
  for (int i = 0; i < 5; ++i) CHECK(echo(*channel, "hello").response.payload() == "hello");
}

TEST_CASE("VSOCK: what can't be listened on says why (V-6, V-8)") {
  const RunningEcho first = server_on(loopback());
  const std::string taken = first.address.to_string();
  CHECK(
      contains(listen_error(taken), "Address already in use (another program listens on this port; VSOCK "));
  CHECK(contains(listen_error("vsock://77:0"), "this machine doesn't have this CID; listen on vsock://any"));
}

}  // namespace hawser::test
