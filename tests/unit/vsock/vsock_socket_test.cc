// What is asked of the kernel for VSOCK sockets, and in which order.
#include <doctest/doctest.h>

#include <cerrno>
#include <chrono>
#include <string>

#include "hawser/net/socket.h"
#include "support/sockets.h"
#include "unit/vsock/socket_calls.h"

namespace hawser::net {
namespace {

using std::chrono::milliseconds;
using test::SocketCalls;
using Log = std::vector<std::string>;

TEST_CASE("VSOCK: a connecting socket has its buffer and its timeout before it connects (V-7, V-9)") {
  SocketCalls calls;
  REQUIRE(start_connect(test::address_of("vsock:3:5000"), {.timeout = milliseconds(20'500), .vsock = {}}));
  CHECK(calls.log() == Log{"socket", "BUFFER_MAX_SIZE 1048576", "BUFFER_SIZE 1048576",
                           "CONNECT_TIMEOUT 20 s 500000 us", "connect 3:5000"});
}

TEST_CASE(
    "VSOCK: a listening socket has its buffer before it listens, and neither reuse nor delay (V-6, V-9)") {
  SocketCalls calls;
  REQUIRE(listen(test::address_of("vsock:any:5000"), {.vsock = {.buffer_bytes = 2 << 20}}));
  CHECK(calls.log() ==
        Log{"socket", "BUFFER_MAX_SIZE 2097152", "BUFFER_SIZE 2097152", "bind any:5000", "listen"});
}

TEST_CASE("VSOCK: port 0 is bound as any port (V-5)") {
  SocketCalls calls;
  REQUIRE(listen(test::address_of("vsock:any:0"), {}));
  CHECK(calls.place_of("bind any:any").has_value());
}

TEST_CASE("VSOCK: a buffer of 0 leaves the kernel's (V-9)") {
  SocketCalls calls;
  REQUIRE(listen(test::address_of("vsock:any:5000"), {.vsock = {.buffer_bytes = 0}}));
  CHECK(calls.log() == Log{"socket", "bind any:5000", "listen"});
}

TEST_CASE("VSOCK: no timeout is the kernel's own, and none is more than it can count (V-7)") {
  const auto asked = [](Duration timeout) {
    SocketCalls calls;
    REQUIRE(start_connect(test::address_of("vsock:3:5000"), {.timeout = timeout, .vsock = {}}));
    return calls.log().at(3);
  };
  CHECK(asked(Duration::zero()) == "CONNECT_TIMEOUT 0 s 1000 us");
  CHECK(asked(-milliseconds(5)) == "CONNECT_TIMEOUT 0 s 1000 us");
  CHECK(asked(Duration::max()) == "CONNECT_TIMEOUT 86400 s 0 us");
}

TEST_CASE("VSOCK: the flag goes to the kernel with connect, and every other byte is zero (V-19)") {
  SocketCalls calls;
  REQUIRE(start_connect(test::address_of("vsock:5:5000?to-host")));
  CHECK(calls.place_of("connect 5:5000 flags 1").has_value());
}

TEST_CASE("VSOCK: an address that is none is refused before any call (V-3)") {
  SocketCalls calls;
  const auto refused = start_connect(test::address_of("vsock:any:5000"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail.find("name a CID") != std::string::npos);
  CHECK(calls.log().empty());
}

TEST_CASE("VSOCK: what is missing is in the error of socket, bind and connect (V-8, V-21)") {
  const auto refusal = [](const std::string& call, int error_number) {
    SocketCalls calls;
    calls.fail(call, error_number);
    const SocketAddress address = test::address_of("vsock:3:5000");
    const auto failed = call == "connect" ? start_connect(address) : listen(address, {});
    REQUIRE_FALSE(failed);
    CHECK(failed.error().scope == ErrorScope::kIo);
    CHECK(failed.error().code == error_number);
    return failed.error().detail;
  };
  CHECK(refusal("socket", EPERM).find("seccomp") != std::string::npos);
  CHECK(refusal("socket", EAFNOSUPPORT).find("vhost_vsock") != std::string::npos);
  CHECK(refusal("bind", EADDRNOTAVAIL).find("vmw_vsock_virtio_transport") != std::string::npos);
  CHECK(refusal("connect", ENODEV).find("vsock_loopback") != std::string::npos);
  CHECK(refusal("connect", ECONNRESET).find("nothing listens on port 5000") != std::string::npos);
}

}  // namespace
}  // namespace hawser::net
