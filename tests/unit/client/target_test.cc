#include "hawser/client/target.h"

#include <doctest/doctest.h>

#include <string>

#include "support/sockets.h"

namespace hawser::test {
namespace {

using client::Target;

/// The endpoints, as net::Address was given them.
std::string endpoints(std::string_view text) {
  const Result<Target> target = Target::parse(text);
  if (!target) return "error: " + target.error().detail;
  std::string out;
  for (const net::Address& address : target->endpoints()) out += (out.empty() ? "" : " ") + address.text();
  return out;
}

std::string authority(std::string_view text) { return value_of(Target::parse(text)).authority(); }

bool is_refused(std::string_view text, std::string_view reason) {
  const Result<Target> target = Target::parse(text);
  if (target) return false;
  CAPTURE(target.error().detail);
  CHECK(target.error().scope == ErrorScope::kUsage);
  return target.error().detail.find(reason) != std::string::npos;
}

TEST_CASE("Target: names, with and without scheme and port (P-97)") {
  CHECK(endpoints("localhost:50051") == "localhost:50051");
  CHECK(endpoints("localhost") == "localhost:443");
  CHECK(endpoints("dns:localhost:80") == "localhost:80");
  CHECK(endpoints("dns:localhost") == "localhost:443");
  CHECK(endpoints("dns:///localhost:80") == "localhost:80");
  CHECK(endpoints("dns:///localhost") == "localhost:443");
  CHECK(endpoints("dns:[::1]") == "[::1]:443");
  CHECK(endpoints("[::1]:80") == "[::1]:80");
}

TEST_CASE("Target: literals of a scheme that holds for those behind it (P-97)") {
  CHECK(endpoints("ipv4:10.0.0.1:80") == "10.0.0.1:80");
  CHECK(endpoints("ipv4:10.0.0.1:80,10.0.0.2:81,10.0.0.3") == "10.0.0.1:80 10.0.0.2:81 10.0.0.3:443");
  CHECK(endpoints("ipv6:[::1]:80,[2001:db8::1]") == "[::1]:80 [2001:db8::1]:443");
  CHECK(endpoints("ipv6:2001:db8::1") == "[2001:db8::1]:443");
  CHECK(is_refused("ipv4:localhost:80", "'localhost:80' is no address literal of that family"));
  CHECK(is_refused("ipv4:[::1]:80", "no address literal"));
  CHECK(is_refused("ipv4::80", "no address literal"));
  CHECK(is_refused("ipv6:10.0.0.1:80", "no address literal"));
  CHECK(is_refused("ipv4:10.0.0.1:80,localhost:80", "no address literal"));
  CHECK(is_refused("ipv4://10.0.0.1:80", "no host is possible"));
}

TEST_CASE("Target: UNIX sockets and VSOCK (P-97)") {
  CHECK(endpoints("unix:/run/x.sock") == "unix:/run/x.sock");
  CHECK(endpoints("unix:///run/x.sock") == "unix:///run/x.sock");
  CHECK(endpoints("unix-abstract:name") == "unix-abstract:name");
  CHECK(endpoints("vsock:3:50051") == "vsock:3:50051");
  CHECK(is_refused("unix://rel", "no host is possible here"));
}

TEST_CASE("Target: any mix of families, in order of preference") {
  CHECK(endpoints("vsock://2:50051,127.0.0.1:50051") == "vsock://2:50051 127.0.0.1:50051");
  CHECK(endpoints("unix:/s,dns:localhost:80,ipv4:10.0.0.1:1,vsock:3:4,10.0.0.2:2") ==
        "unix:/s localhost:80 10.0.0.1:1 vsock:3:4 10.0.0.2:2");
}

TEST_CASE("Target: what can't be a target is refused with a reason (P-97)") {
  CHECK(is_refused("", "port is missing"));
  CHECK(is_refused(",127.0.0.1:1", "missing beside a comma"));
  CHECK(is_refused("127.0.0.1:1,", "missing beside a comma"));
  CHECK(is_refused("127.0.0.1:1,,127.0.0.1:2", "missing beside a comma"));
  CHECK(is_refused("http://x:80", "unknown scheme"));
  CHECK(is_refused("dns://8.8.8.8/host:80", "the system's resolver is asked"));
  CHECK(is_refused("dns://host:80", "three slashes are needed"));
  CHECK(is_refused("unix://relative", "unix"));  // P-97: no authority is possible there
  CHECK(is_refused("ipv4://127.0.0.1:80", "no host is possible"));
  CHECK(is_refused("ipv6://[::1]:80", "no host is possible"));
  CHECK(is_refused("vsock:any:1", "names no single endpoint"));
  CHECK(is_refused("127.0.0.1:0", "names no single endpoint"));
  CHECK(is_refused("127.0.0.1:1,vsock:x:1", "is not a CID"));
}

TEST_CASE("Target: the authority is the name as given (P-98)") {
  CHECK(authority("example.org:443") == "example.org:443");
  CHECK(authority("example.org") == "example.org");
  CHECK(authority("dns:///example.org:80") == "example.org:80");
  CHECK(authority("ipv4:10.0.0.1:80") == "10.0.0.1:80");
  CHECK(authority("ipv4:10.0.0.1:80,10.0.0.2:80") == "10.0.0.1:80,10.0.0.2:80");
  CHECK(authority("ipv6:[::1]:80,[::2]:80") == "[::1]:80,[::2]:80");
  CHECK(authority("unix:/run/x.sock") == "localhost");
  CHECK(authority("vsock:3:50051") == "3:50051");
  CHECK(authority("vsock://2:50051,127.0.0.1:50051") == "2:50051");
}

TEST_CASE("Target: resolving gives all addresses in order, and skips names that are none") {
  const auto resolved = [](std::string_view text) {
    std::string out;
    for (const net::SocketAddress& address : value_of(value_of(Target::parse(text)).resolve())) {
      out += (out.empty() ? "" : " ") + address.to_string();
    }
    return out;
  };
  CHECK(resolved("vsock://2:5,127.0.0.1:6,unix:/s") == "vsock://2:5 127.0.0.1:6 unix:/s");
  CHECK(resolved("no-such-host.invalid:1,127.0.0.1:6") == "127.0.0.1:6");
  CHECK(value_of(Target::parse("no-such-host.invalid:1")).resolve().error().scope == ErrorScope::kIo);
  CHECK(value_of(Target::parse("localhost:1,127.0.0.1:1")).needs_lookup());
  CHECK_FALSE(value_of(Target::parse("vsock://2:5,127.0.0.1:6,unix:/s")).needs_lookup());
}

}  // namespace
}  // namespace hawser::test
