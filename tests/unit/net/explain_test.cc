#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "hawser/net/socket.h"
#include "support/sockets.h"

namespace hawser::net {
namespace {

bool says(int error_number, std::string_view address, std::string_view words) {
  const std::string text = explain(error_number, test::address_of(address));
  CAPTURE(text);
  const bool starts_with_errno = text.starts_with(errno_text(error_number));
  const bool has_words = text.find(words) != std::string::npos;
  CHECK(starts_with_errno);
  CHECK(has_words);
  return starts_with_errno && has_words;
}

TEST_CASE("explain: TCP errors say what to do") {
  CHECK(says(EADDRINUSE, "127.0.0.1:80", "another program listens there"));
  CHECK(says(EACCES, "127.0.0.1:80", "CAP_NET_BIND_SERVICE"));
  CHECK(says(EACCES, "127.0.0.1:50051", "security rule"));
  CHECK(says(EADDRNOTAVAIL, "192.0.2.1:80", "no interface of this machine"));
  CHECK(says(ECONNREFUSED, "127.0.0.1:80", "nothing listens there"));
  CHECK(says(ETIMEDOUT, "192.0.2.1:80", "nobody answered"));
  CHECK(says(EAFNOSUPPORT, "[::1]:80", "IPv6"));
}

TEST_CASE("explain: UNIX errors say what to do") {
  CHECK(says(ENOENT, "unix:/nowhere/x", "no such file"));
  CHECK(says(EACCES, "unix:/root/x", "directory"));
  CHECK(says(EADDRINUSE, "unix:/run/x", "another path"));
  CHECK(says(ECONNREFUSED, "unix:/run/x", "nothing listens there"));
  CHECK(says(EAGAIN, "unix:/run/x", "queue is full"));
}

TEST_CASE("explain: VSOCK errors name the kernel module or the rule that is missing") {
  for (const int no_transport : {EAFNOSUPPORT, ENODEV, EADDRNOTAVAIL}) {
    CHECK(says(no_transport, "vsock:3:50051", "vhost_vsock"));
    CHECK(says(no_transport, "vsock:3:50051", "vmw_vsock_virtio_transport"));
    CHECK(says(no_transport, "vsock:3:50051", "vsock_loopback"));
  }
  CHECK(says(ETIMEDOUT, "vsock:local:50051", "vsock_loopback"));
  CHECK(says(EPERM, "vsock:3:50051", "seccomp"));
  CHECK(says(ENODEV, "vsock:3:50051", "no machine has this CID"));
  CHECK(says(EACCES, "vsock:any:80", "CAP_NET_BIND_SERVICE"));
  CHECK(says(EACCES, "vsock:any:50051", "AppArmor or SELinux"));
  CHECK(says(EADDRINUSE, "vsock:any:50051", "SO_REUSEPORT"));
  CHECK(says(ECONNRESET, "vsock:3:50051", "nothing listens on port 50051"));
}

TEST_CASE("explain: errors of a monitor's socket say that it is one (V-17)") {
  CHECK(says(ENOENT, "hvsock:/run/vm.sock:1", "with a VSOCK device of that path"));
  CHECK(says(ECONNREFUSED, "hvsock:/run/vm.sock:1", "the monitor that made this socket has ended"));
  CHECK(says(EACCES, "hvsock:/run/vm.sock:1", "the monitor's socket or its directory"));
  CHECK(says(EADDRINUSE, "hvsock:/run/vm.sock:1", "another program listens there"));
}

TEST_CASE("explain: an error without advice is just its text") {
  for (const std::string_view address : {"127.0.0.1:80", "unix:/x", "vsock:3:1"}) {
    CHECK(explain(EPIPE, test::address_of(address)) == "Broken pipe");
  }
}

}  // namespace
}  // namespace hawser::net
