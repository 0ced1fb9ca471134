// Which sockets tests of whole servers are about: TCP, or VSOCK in a guest whose environment has
// HAWSER_TEST_FAMILY=vsock (tests/vsock/meson.build).
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

namespace hawser::test {

inline bool over_vsock() {
  const char* family = std::getenv("HAWSER_TEST_FAMILY");
  return family != nullptr && std::string_view(family) == "vsock";
}

/// The doctest suite of cases that VSOCK has no counterpart of: they are about options of TCP, or about
/// grpc++ channels that connect again, which those on a descriptor don't.
inline constexpr const char* kTcpOnly = "TCP only";

/// Within the machine, for listening; the kernel chooses the port.
inline std::string loopback() { return over_vsock() ? "vsock://1:0" : "127.0.0.1:0"; }

/// How gRPC writes peers on it, up to the port.
inline std::string loopback_uri() { return over_vsock() ? "vsock:1:" : "ipv4:127.0.0.1:"; }

}  // namespace hawser::test
