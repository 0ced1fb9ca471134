#include <doctest/doctest.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "hawser/net/address.h"
#include "support/sockets.h"

namespace hawser::net {
namespace {

using test::value_of;

std::vector<SocketAddress> resolved(std::string_view text) {
  return value_of(value_of(Address::parse(text)).resolve());
}

template <class T>
T kernel_form(const SocketAddress& address) {
  T form{};
  std::memcpy(&form, address.data(), std::min<std::size_t>(sizeof form, address.size()));
  return form;
}

TEST_CASE("Address: IP literals resolve to themselves") {
  const auto v4 = resolved("127.0.0.1:80");
  REQUIRE(v4.size() == 1);
  CHECK(v4[0].domain() == AF_INET);
  CHECK(v4[0].port() == 80);
  CHECK(v4[0].to_string() == "127.0.0.1:80");
  const auto v6 = resolved("[2001:DB8::1]:8080");
  REQUIRE(v6.size() == 1);
  CHECK(v6[0].domain() == AF_INET6);
  CHECK(v6[0].to_string() == "[2001:db8::1]:8080");
}

TEST_CASE("Address: a missing host is all interfaces, IPv6 first") {
  const auto all = resolved(":50051");
  REQUIRE(all.size() == 2);
  CHECK(all[0].to_string() == "[::]:50051");
  CHECK(all[1].to_string() == "0.0.0.0:50051");
}

TEST_CASE("Address: localhost is looked up and gives loop-back addresses") {
  const auto found = resolved("localhost:50051");
  REQUIRE_FALSE(found.empty());
  for (const SocketAddress& address : found) {
    CHECK(address.port() == 50051);
    CHECK((address.peer_key() == "127.0.0.1" || address.peer_key() == "::1"));
  }
}

TEST_CASE("Address: a lookup that fails is an io error with the name in it") {
  // An interface that doesn't exist: the one lookup that fails without asking the network.
  const auto failed = value_of(Address::parse("[fe80::1%nosuchif0]:80")).resolve();
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().scope == ErrorScope::kIo);
  CHECK(failed.error().code != 0);
  CHECK(failed.error().detail.find("look up host 'fe80::1%nosuchif0'") == 0);
}

TEST_CASE("Address: a zone becomes the number of the interface and reads back") {
  const auto scoped = resolved("[fe80::1%lo]:80");
  REQUIRE(scoped.size() == 1);
  CHECK(kernel_form<sockaddr_in6>(scoped[0]).sin6_scope_id == 1);
  CHECK(scoped[0].to_string() == "[fe80::1%1]:80");
  CHECK(resolved("[fe80::1%1]:80")[0].to_string() == "[fe80::1%1]:80");
}

TEST_CASE("Address: a UNIX path has its NUL counted, an abstract name has none") {
  const auto path = resolved("unix:/run/x.sock");
  REQUIRE(path.size() == 1);
  CHECK(path[0].family() == Family::kUnix);
  CHECK(path[0].size() == offsetof(sockaddr_un, sun_path) + std::strlen("/run/x.sock") + 1);
  CHECK(std::string(kernel_form<sockaddr_un>(path[0]).sun_path) == "/run/x.sock");
  CHECK(resolved("unix:///run/x.sock")[0].to_string() == "unix:/run/x.sock");

  CHECK(resolved("unix:////run/x.sock")[0].to_string() == "unix:////run/x.sock");  // the path is //run/x.sock

  const auto abstract = resolved("unix-abstract:name");
  REQUIRE(abstract.size() == 1);
  CHECK(abstract[0].size() == offsetof(sockaddr_un, sun_path) + 1 + std::strlen("name"));
  const auto form = kernel_form<sockaddr_un>(abstract[0]);
  CHECK(form.sun_path[0] == '\0');
  CHECK(std::memcmp(form.sun_path + 1, "name", 4) == 0);
}

TEST_CASE("Address: the longest UNIX names fit the kernel's structure") {
  const std::string longest(107, 'n');
  CHECK(resolved("unix:" + longest)[0].size() == sizeof(sockaddr_un));
  CHECK(resolved("unix:" + longest)[0].to_string() == "unix:" + longest);
  CHECK(resolved("unix-abstract:" + longest)[0].size() == sizeof(sockaddr_un));
  CHECK(resolved("unix-abstract:" + longest)[0].to_string() == "unix-abstract:" + longest);
}

TEST_CASE("Address: VSOCK names become a clean sockaddr_vm") {
  const auto address = resolved("vsock://3:50051");
  REQUIRE(address.size() == 1);
  CHECK(address[0].size() == sizeof(sockaddr_vm));
  sockaddr_vm expected;
  std::memset(&expected, 0, sizeof expected);
  expected.svm_family = AF_VSOCK;
  expected.svm_cid = 3;
  expected.svm_port = 50051;
  CHECK(std::memcmp(address[0].data(), &expected, sizeof expected) == 0);
}

TEST_CASE("Address: VSOCK CIDs have names") {
  const auto cid = [](std::string_view text) { return kernel_form<sockaddr_vm>(resolved(text)[0]).svm_cid; };
  CHECK(cid("vsock:hypervisor:1") == VMADDR_CID_HYPERVISOR);
  CHECK(cid("vsock:local:1") == VMADDR_CID_LOCAL);
  CHECK(cid("vsock:host:1") == VMADDR_CID_HOST);
  for (const std::string_view any : {"vsock:any:1", "vsock:-1:1", "vsock://4294967295:1"}) {
    CHECK(cid(any) == VMADDR_CID_ANY);
  }
}

TEST_CASE("Address: VSOCK port 0 stays 0 until it is listened on") {
  CHECK(resolved("vsock:any:0")[0].port() == 0);
  CHECK(resolved("vsock:any:4294967294")[0].port() == 4294967294u);
}

}  // namespace
}  // namespace hawser::net
