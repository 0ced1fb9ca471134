#include "hawser/net/socket_address.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "support/sockets.h"

namespace hawser::net {
namespace {

SocketAddress v4(const char* host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  REQUIRE(::inet_pton(AF_INET, host, &address.sin_addr) == 1);
  return {reinterpret_cast<const sockaddr*>(&address), sizeof address};
}

SocketAddress v6(const char* host, std::uint16_t port, std::uint32_t scope = 0) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_scope_id = scope;
  REQUIRE(::inet_pton(AF_INET6, host, &address.sin6_addr) == 1);
  return {reinterpret_cast<const sockaddr*>(&address), sizeof address};
}

SocketAddress vsock(std::uint32_t cid, std::uint32_t port) {
  sockaddr_vm address;
  std::memset(&address, 0, sizeof address);
  address.svm_family = AF_VSOCK;
  address.svm_cid = cid;
  address.svm_port = port;
  return {reinterpret_cast<const sockaddr*>(&address), sizeof address};
}

/// As the kernel gives it: `name` is all bytes of sun_path up to the length.
SocketAddress unix_name(std::string_view name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  return {reinterpret_cast<const sockaddr*>(&address),
          static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())};
}

struct Forms {
  std::string uri;
  std::string typed;
  std::string key;
  bool operator==(const Forms&) const = default;
};

Forms forms_of(const SocketAddress& address) {
  return {address.to_uri(), address.to_string(), address.peer_key()};
}

TEST_CASE("SocketAddress: IPv4") {
  const SocketAddress address = v4("10.1.2.3", 8080);
  CHECK(address.family() == Family::kTcp);
  CHECK(address.domain() == AF_INET);
  CHECK(address.port() == 8080);
  CHECK(forms_of(address) == Forms{"ipv4:10.1.2.3:8080", "10.1.2.3:8080", "10.1.2.3"});
}

TEST_CASE("SocketAddress: IPv6") {
  const SocketAddress address = v6("2001:db8::1", 443);
  CHECK(address.family() == Family::kTcp);
  CHECK(address.port() == 443);
  CHECK(forms_of(address) == Forms{"ipv6:[2001:db8::1]:443", "[2001:db8::1]:443", "2001:db8::1"});
}

TEST_CASE("SocketAddress: IPv6 with a zone") {
  CHECK(forms_of(v6("fe80::1", 80, 7)) == Forms{"ipv6:[fe80::1%7]:80", "[fe80::1%7]:80", "fe80::1%7"});
}

TEST_CASE("SocketAddress: IPv4 mapped into IPv6 is one peer with plain IPv4") {
  CHECK(forms_of(v6("::ffff:10.1.2.3", 80)) == forms_of(v4("10.1.2.3", 80)));
}

TEST_CASE("SocketAddress: VSOCK") {
  const SocketAddress address = vsock(3, 1024);
  CHECK(address.family() == Family::kVsock);
  CHECK(address.port() == 1024);
  CHECK(forms_of(address) == Forms{"vsock:3:1024", "vsock://3:1024", "vsock:3"});
  CHECK(address.vsock_cid() == 3);
  CHECK_FALSE(v4("127.0.0.1", 80).vsock_cid());
  CHECK_FALSE(unix_name("/tmp/socket").vsock_cid());
}

TEST_CASE(
    "SocketAddress: the way of a VSOCK through the host is for people, not for peers' names (V-3, V-19)") {
  sockaddr_vm name{};
  std::memcpy(&name, vsock(5, 1024).data(), sizeof name);
  name.svm_flags = VMADDR_FLAG_TO_HOST;
  const SocketAddress address(reinterpret_cast<const sockaddr*>(&name), sizeof name);
  CHECK(forms_of(address) == Forms{"vsock:5:1024", "vsock://5:1024?to-host", "vsock:5"});
}

TEST_CASE("SocketAddress: hybrid VSOCK is a monitor's socket and a port of its guest (V-17)") {
  const SocketAddress address = SocketAddress::hybrid(unix_name("/run/vm.sock"), 5000);
  CHECK(address.family() == Family::kHybridVsock);
  CHECK(is_vsock(address.family()));
  CHECK(address.domain() == AF_UNIX);
  CHECK(address.port() == 5000);
  CHECK_FALSE(address.vsock_cid());
  CHECK(forms_of(address) ==
        Forms{"hvsock:/run/vm.sock:5000", "hvsock:/run/vm.sock:5000", "hvsock:/run/vm.sock"});
  const auto listener = address.guest_listener();
  REQUIRE(listener);
  CHECK(listener->family() == Family::kUnix);
  CHECK(listener->to_uri() == "unix:/run/vm.sock_5000");
  CHECK(SocketAddress::hybrid(unix_name(std::string(102, 'p')), 5000).guest_listener());
  CHECK_FALSE(SocketAddress::hybrid(unix_name(std::string(103, 'p')), 5000).guest_listener());
}

TEST_CASE("SocketAddress: VSOCK any is a word for people and a number in URIs") {
  CHECK(forms_of(vsock(VMADDR_CID_ANY, 4294967294u)) ==
        Forms{"vsock:4294967295:4294967294", "vsock://any:4294967294", "vsock:4294967295"});
}

TEST_CASE("SocketAddress: UNIX paths with and without the NUL at the end") {
  const Forms expected{"unix:/run/x", "unix:/run/x", "unix"};
  CHECK(forms_of(unix_name("/run/x")) == expected);
  CHECK(forms_of(unix_name(std::string_view("/run/x\0", 7))) == expected);
  CHECK(unix_name("/run/x").port() == 0);
  CHECK(unix_name("/run/x").family() == Family::kUnix);
}

TEST_CASE("SocketAddress: a path that fills the structure has no NUL at all") {
  const std::string longest(108, 'x');
  CHECK(unix_name(longest).to_uri() == "unix:" + longest);
}

TEST_CASE("SocketAddress: abstract names may hold any byte") {
  CHECK(unix_name(std::string_view("\0name", 5)).to_uri() == "unix-abstract:name");
  const std::string with_nul("\0a\0b", 4);
  CHECK(unix_name(with_nul).to_uri() == "unix-abstract:" + with_nul.substr(1));
}

TEST_CASE("SocketAddress: an unnamed UNIX peer") {
  CHECK(forms_of(unix_name("")) == Forms{"unix:", "unix:", "unix"});
  const test::Pair pair = test::unix_pair();
  CHECK(test::value_of(peer_address(pair.ours.get())).to_uri() == "unix:");
}

TEST_CASE("SocketAddress: the default is nothing") {
  const SocketAddress none;
  CHECK(none.size() == 0);
  CHECK(none.port() == 0);
  CHECK(none.to_uri() == "unknown:");
  CHECK(none.to_string() == "unknown:");
}

}  // namespace
}  // namespace hawser::net
