#include <doctest/doctest.h>

#include <cstring>

#include <unistd.h>

#include "integration/server/raw_client.h"
#include "integration/server/test_server.h"

namespace hawser::test {
namespace {

std::string number(const std::optional<std::uint32_t>& value) {
  return value ? std::to_string(*value) : "none";
}

/// Replies with what the server knows of its client.
class PeerMethod final : public server::Method {
 public:
  std::string_view path() const override { return "/test.Service/Peer"; }
  void prepare(std::size_t) override {}
  void start(server::ServerCall& call) override {
    const server::Peer& peer = call.peer();
    const std::string text = "uid " + number(peer.unix_uid) + ", cid " + number(peer.vsock_cid) + ", TLS '" +
                             peer.tls_identity + "', limits by '" + peer.limit_key + "'" +
                             (peer.listener_port == 0 ? "" : ", by " + std::to_string(peer.listener_port));
    const Result<MutableBytes> room = call.begin_message(text.size());
    if (room) std::memcpy(room->data(), text.data(), text.size());
    call.finish({});
  }
};

std::string peer_seen_by(const std::string& address, std::uint32_t* port = nullptr,
                         const std::string& connect_to = {}) {
  const auto server = value_of(server::Server::create(workers(1)));
  value_of(server->add(std::make_unique<PeerMethod>()));
  const auto bound = value_of(server->listen(value_of(net::Address::parse(address))));
  if (port != nullptr) *port = bound.front().port();
  value_of(server->start());
  RawClient client(connect_to.empty() ? bound.front() : address_of(connect_to));
  client.handshake().script.request(1, "/test.Service/Peer", "");
  client.send();
  REQUIRE(client.receive_until(
      [](FrameParser& frames) { return frames.last_headers(1).header("grpc-status") != "(none)"; }));
  return std::string(client.frames.body(1)).substr(5);
}

}  // namespace

TEST_CASE("Peer: of a UNIX socket's client the server knows the user") {
  const std::string uid = std::to_string(::geteuid());
  const std::string seen = "uid " + uid + ", cid none, TLS '', limits by ''";
  const ScratchFolder folder;
  CHECK(peer_seen_by("unix:" + folder.file("s")) == seen);
  CHECK(peer_seen_by("unix-abstract:" + folder.file("s")) == seen);
}

TEST_CASE("Peer: of a TCP client the server knows the address, by which port it came, and no identity") {
  std::uint32_t port = 0;
  const std::string seen = peer_seen_by("127.0.0.1:0", &port);
  REQUIRE(port != 0);
  CHECK(seen == "uid none, cid none, TLS '', limits by '127.0.0.1', by " + std::to_string(port));
}

// The monitor's user says nothing of who is in its guest, so it is no identity of the caller.
TEST_CASE("Peer: of a hybrid VSOCK's guest the server knows the monitor's socket and no identity (V-17)") {
  const ScratchFolder folder;
  const std::string monitor = folder.file("vm.sock");
  CHECK(peer_seen_by("hvsock:" + monitor + ":5000", nullptr, "unix:" + monitor + "_5000") ==
        "uid none, cid none, TLS '', limits by 'hvsock:" + monitor + "', by 5000");
}

}  // namespace hawser::test
