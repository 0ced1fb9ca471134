// What this library asks of a kernel with VSOCK, and what the kernel makes of it. In a guest, over loopback.
#include <doctest/doctest.h>

#include <linux/vm_sockets.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "hawser/net/blocking_connect.h"
#include "hawser/net/inherited.h"
#include "hawser/server/server.h"
#include "hawser/server/server_call.h"
#include "integration/server/raw_client.h"
#include "support/eventually.h"
#include "support/sockets.h"

namespace hawser::test {
namespace {

constexpr std::string_view kPath = "/test.Service/Peer";

/// Replies with the port that its client came from.
class PortMethod final : public server::Method {
 public:
  std::string_view path() const override { return kPath; }
  void prepare(std::size_t) override {}
  void start(server::ServerCall& call) override {
    const server::Peer& peer = call.peer();
    const std::string text = peer.uri + ' ' + std::to_string(peer.vsock_cid.value_or(0)) + ':' +
                             std::to_string(peer.vsock_port.value_or(0));
    const Result<MutableBytes> room = call.begin_message(text.size());
    if (room) std::memcpy(room->data(), text.data(), text.size());
    call.finish({});
  }
};

/// A server on vsock://any:0, and its address for this machine.
struct Serving {
  explicit Serving(std::vector<std::uint32_t> allowed = {}) {
    server::ServerOptions options;
    options.workers = 1;
    options.vsock_allow_cids = std::move(allowed);
    server = value_of(server::Server::create(options));
    value_of(server->add(std::make_unique<PortMethod>()));
    const auto bound = value_of(server->listen(value_of(net::Address::parse("vsock://any:0"))));
    value_of(server->start());
    address = address_of("vsock://local:" + std::to_string(bound.front().port()));
  }
  std::unique_ptr<server::Server> server;
  net::SocketAddress address;
};

std::uint64_t option_of(int fd, int name) {
  std::uint64_t value = 0;
  socklen_t size = sizeof value;
  REQUIRE(::getsockopt(fd, AF_VSOCK, name, &value, &size) == 0);
  return value;
}

TEST_CASE("VSOCK: the kernel takes buffer and timeout, and accepted sockets inherit the buffer (V-7, V-9)") {
  constexpr std::uint64_t kMiB = 1024 * 1024;
  const UniqueFd listener = value_of(net::listen(address_of("vsock://any:0"), {}));
  const std::uint32_t port = value_of(net::local_address(listener.get())).port();
  CHECK(port != 0);
  CHECK(port != VMADDR_PORT_ANY);
  const UniqueFd client =
      value_of(net::start_connect(address_of("vsock://local:" + std::to_string(port)),
                                  {.timeout = std::chrono::milliseconds(20'500), .vsock = {}}));
  REQUIRE(wait_for(listener.get(), POLLIN));
  const auto accepted = value_of(net::accept(listener.get()));
  REQUIRE(accepted);
  for (const int fd : {client.get(), accepted->fd.get()}) {
    CHECK(option_of(fd, SO_VM_SOCKETS_BUFFER_SIZE) == kMiB);
    CHECK(option_of(fd, SO_VM_SOCKETS_BUFFER_MAX_SIZE) == kMiB);
  }
  timeval timeout{};
  socklen_t size = sizeof timeout;
  REQUIRE(::getsockopt(client.get(), AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &timeout, &size) == 0);
  CHECK(timeout.tv_sec == 20);
}

TEST_CASE("VSOCK: handlers know CID and port of their caller (V-3, V-18)") {
  Serving serving;
  RawClient client(serving.address);
  client.handshake().script.request(1, kPath, "");
  client.send();
  REQUIRE(client.receive_until(
      [](FrameParser& frames) { return frames.last_headers(1).header("grpc-status") != "(none)"; }));
  const std::string port = std::to_string(client.local_address().port());
  CHECK(std::string(client.frames.body(1)).substr(5) == "vsock:1:" + port + " 1:" + port);
}

TEST_CASE("VSOCK: a machine that isn't allowed is let go at once, counted, and others are served (V-18)") {
  Serving closed({3, 7});
  RawClient refused(closed.address);
  CHECK(refused.receive_end());
  CHECK(eventually([&] { return closed.server->refused_by_cid() == 1; }));
  CHECK(closed.server->open_connections() == 0);
  Serving open({7, 1});
  RawClient served(open.address);
  served.handshake();
  CHECK(open.server->refused_by_cid() == 0);
}

TEST_CASE("VSOCK: inherited sockets are known for what they are (V-22)") {
  UniqueFd fd = value_of(net::listen(address_of("vsock://any:0"), {}));
  const auto socket = net::check_listening(std::move(fd));
  REQUIRE(socket);
  CHECK(socket->address.family() == net::Family::kVsock);
  CHECK_FALSE(net::check_listening(UniqueFd(::socket(AF_VSOCK, SOCK_STREAM, 0))));
}

TEST_CASE("VSOCK: nobody who listens, and no such machine, are told apart (V-8)") {
  const auto nobody = net::connect_blocking(value_of(net::Address::parse("vsock://local:4000000")));
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().code == ECONNRESET);
  CHECK(nobody.error().detail.find("nothing listens on port 4000000") != std::string::npos);
  const auto none = net::connect_blocking(value_of(net::Address::parse("vsock://99:1")),
                                          {.timeout = std::chrono::seconds(3), .vsock = {}});
  REQUIRE_FALSE(none);
  CHECK(none.error().detail.find("vmw_vsock_virtio_transport") != std::string::npos);
}

}  // namespace
}  // namespace hawser::test
