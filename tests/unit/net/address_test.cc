#include "hawser/net/address.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <string_view>

#include "support/seed.h"
#include "support/sockets.h"

namespace hawser::net {
namespace {

Address parsed(std::string_view text) {
  CAPTURE(text);
  Result<Address> address = Address::parse(text);
  REQUIRE_MESSAGE(address.has_value(), address.error().detail);
  return std::move(*address);
}

/// The message of the refusal; "" when the text was taken.
std::string refusal(std::string_view text) {
  const Result<Address> address = Address::parse(text);
  if (address.has_value()) return "";
  CHECK(address.error().scope == ErrorScope::kUsage);
  CHECK(address.error().code == 0);
  return address.error().detail;
}

bool refuses(std::string_view text, std::string_view with) {
  const std::string detail = refusal(text);
  CAPTURE(text);
  CAPTURE(detail);
  const bool names_the_text = detail.find(text) != std::string::npos;
  const bool says_why = detail.find(with) != std::string::npos;
  CHECK(names_the_text);
  CHECK(says_why);
  return names_the_text && says_why;
}

TEST_CASE("Address: TCP names are host:port, [ipv6]:port and :port") {
  for (const std::string_view text :
       {"127.0.0.1:50051", "[::1]:50051", "localhost:50051", ":50051", "example.org:443", "a-b_c.d:1",
        "[::]:0", "0.0.0.0:65535", "[fe80::1%lo]:80", "[::ffff:10.0.0.1]:80", "host.:80"}) {
    const Address address = parsed(text);
    CHECK(address.family() == Family::kTcp);
    CHECK(address.text() == text);
  }
}

TEST_CASE("Address: UNIX names are unix: and a path, or unix-abstract: and a name") {
  for (const std::string_view text : {"unix:/run/x.sock", "unix:///run/x.sock", "unix:relative.sock",
                                      "unix:./with:colon", "unix-abstract:name", "unix-abstract:/na/me:1"}) {
    CHECK(parsed(text).family() == Family::kUnix);
  }
}

TEST_CASE("Address: VSOCK names are vsock: or vsock://, a CID and a port") {
  for (const std::string_view text :
       {"vsock:3:50051", "vsock://3:50051", "vsock:any:1", "vsock://-1:0", "vsock:4294967295:1",
        "vsock:host:1", "vsock:local:1", "vsock:hypervisor:1", "vsock:2:4294967294"}) {
    CHECK(parsed(text).family() == Family::kVsock);
  }
}

TEST_CASE("Address: a missing or wrong port is named, with a right form") {
  CHECK(refuses("", "port is missing"));
  CHECK(refuses("localhost", "port is missing"));
  CHECK(refuses("127.0.0.1", "port is missing"));
  CHECK(refuses("localhost:", "localhost:50051"));
  CHECK(refuses("[::1]", "[::1]:50051"));
  CHECK(refuses("[::1]50051", "colon"));
  CHECK(refuses("[::1]:", "port is missing"));
  CHECK(refuses("localhost:65536", "0 to 65535"));
  CHECK(refuses("localhost:99999999999999999999", "0 to 65535"));
  for (const std::string_view port : {"80x", "x", " 80", "80 ", "+80", "-80", "8 0", "0x50", "80/", "80\n"}) {
    CHECK(refuses("localhost:" + std::string(port), "'" + std::string(port) + "' is not a TCP port"));
  }
}

TEST_CASE("Address: a wrong host is named") {
  CHECK(refuses("256.0.0.1:80", "'256.0.0.1' is not a host name or an IPv4 address"));
  CHECK(refuses("1.2.3:80", "not a host name or an IPv4 address"));
  CHECK(refuses("12345:80", "not a host name or an IPv4 address"));
  CHECK(refuses("two words:80", "not a host name"));
  CHECK(refuses("user@host:80", "not a host name"));
  CHECK(refuses("host/path:80", "not a host name"));
  CHECK(refuses("caf\xc3\xa9:80", "not a host name"));
  CHECK(refuses(std::string(254, 'a') + ":80", "not a host name"));
}

TEST_CASE("Address: IPv6 needs brackets and has to be one") {
  CHECK(refuses("::1:50051", "needs brackets"));
  CHECK(refuses("fe80::1:50051", "needs brackets"));
  CHECK(refuses("[::1:50051", "bracket is not closed"));
  CHECK(refuses("[127.0.0.1]:80", "'127.0.0.1' is not an IPv6 address"));
  CHECK(refuses("[localhost]:80", "not an IPv6 address"));
  CHECK(refuses("[]:80", "not an IPv6 address"));
  CHECK(refuses("[::1%]:80", "not an IPv6 address"));
  CHECK(refuses("[1::2::3]:80", "not an IPv6 address"));
}

TEST_CASE("Address: other schemes are named, and the ones there are shown") {
  CHECK(refuses("http://localhost:80", "unknown scheme 'http:'; write host:port, unix:/path"));
  CHECK(refuses("https://[::1]:80/", "unknown scheme 'https:'"));
  CHECK(refuses("tcp:127.0.0.1:80", "unknown scheme 'tcp:'"));
  CHECK(refuses("dns:///localhost:80", "unknown scheme 'dns:'"));
  CHECK(refuses("xds:service:80", "vsock://cid:port"));
  CHECK(refuses("UNIX:/run/x", "not a TCP port"));
}

TEST_CASE("Address: UNIX names have a length, no host and no NUL") {
  CHECK(refuses("unix:", "path is missing"));
  CHECK(refuses("unix-abstract:", "name is missing"));
  CHECK(refuses("unix://relative", "unix:///absolute/path"));
  CHECK(refuses("unix://", "unix:///absolute/path"));
  CHECK(refuses(std::string("unix:/a\0b", 9), "NUL"));
  const std::string longest(107, 'p');
  CHECK(refusal("unix:" + longest).empty());
  CHECK(refusal("unix-abstract:" + longest).empty());
  CHECK(refuses("unix:" + longest + 'x', "the name has 108 bytes; UNIX sockets allow 107"));
  CHECK(refuses("unix-abstract:" + longest + 'x', "allow 107"));
}

TEST_CASE("Address: VSOCK takes 32-bit numbers and nothing after them") {
  CHECK(refuses("vsock:", "vsock://3:50051"));
  CHECK(refuses("vsock:3", "vsock://3:50051"));
  CHECK(refuses("vsock://", "vsock://3:50051"));
  CHECK(refuses("vsock:4294967296:1", "'4294967296' is not a CID"));
  CHECK(refuses("vsock:-2:1", "'-2' is not a CID"));
  CHECK(refuses("vsock::1", "'' is not a CID"));
  CHECK(refuses("vsock:three:1", "any, host, local or hypervisor"));
  CHECK(refuses("vsock:3:", "'' is not a VSOCK port"));
  CHECK(refuses("vsock:3:4294967295", "4294967294"));
  CHECK(refuses("vsock:3:-1", "not a VSOCK port"));
  CHECK(refuses("vsock:3:1 ", "not a VSOCK port"));
  CHECK(refuses("vsock:3:1:2", "not a VSOCK port"));
  CHECK(refuses("vsock:///3:1", "not a CID"));
}

TEST_CASE("Address: VSOCK by way of the host is an option behind the port (V-19)") {
  CHECK(parsed("vsock://5:50051?to-host").resolve()->front().to_string() == "vsock://5:50051?to-host");
  CHECK(parsed("vsock:5:50051?to-host").resolve()->front().to_uri() == "vsock:5:50051");
  CHECK(parsed("vsock:5:50051?to-host").authority() == "5:50051");
  CHECK(refuses("vsock:5:50051?", "'?' is no option; the only one is ?to-host"));
  CHECK(refuses("vsock:5:50051?to-host=1", "'?to-host=1' is no option"));
  CHECK(refuses("vsock:5:50051?to-host?to-host", "no option"));
  CHECK(refuses("vsock:5:?to-host", "'' is not a VSOCK port"));
  CHECK(refuses("127.0.0.1:50051?to-host", "not a TCP port"));
}

TEST_CASE("Address: hybrid VSOCK is a path, and the port behind the last colon (V-17)") {
  const Address address = parsed("hvsock:/run/vm:1/v.sock:50051");
  CHECK(address.family() == Family::kHybridVsock);
  CHECK(address.authority() == "localhost");
  CHECK_FALSE(address.is_wildcard_only());
  CHECK_FALSE(address.needs_lookup());
  const SocketAddress resolved = address.resolve()->front();
  CHECK(resolved.family() == Family::kHybridVsock);
  CHECK(resolved.hybrid_port() == 50051);
  CHECK(resolved.socket_file() == "/run/vm:1/v.sock");
  CHECK(parsed("hvsock:///run/v.sock:1").resolve()->front().to_string() == "hvsock:/run/v.sock:1");
  CHECK(parsed("hvsock:v.sock:4294967294").resolve()->front().to_string() == "hvsock:v.sock:4294967294");
  CHECK(refuses("hvsock:", "write it like hvsock:/run/vm.sock:50051"));
  CHECK(refuses("hvsock:/run/v.sock", "a path and a port are needed"));
  CHECK(refuses("hvsock:/run/v.sock:", "'' is not a VSOCK port"));
  CHECK(refuses("hvsock:/run/v.sock:0", "'0' is not a VSOCK port, 1 to 4294967294"));
  CHECK(refuses("hvsock:/run/v.sock:4294967295", "not a VSOCK port"));
  CHECK(refuses("hvsock:/run/v.sock:5x", "not a VSOCK port"));
  CHECK(refuses("hvsock::1", "path is missing"));
  CHECK(refuses("hvsock://host:1", "no host is possible"));
  CHECK(refuses("hvsock:" + std::string(108, 'p') + ":1", "allow 107"));
}

TEST_CASE("Address: the authority is what the peer may expect in :authority") {
  CHECK(parsed("example.org:443").authority() == "example.org:443");
  CHECK(parsed("127.0.0.1:1").authority() == "127.0.0.1:1");
  CHECK(parsed("[::1]:50051").authority() == "[::1]:50051");
  CHECK(parsed("[fe80::1%lo]:80").authority() == "[fe80::1]:80");
  CHECK(parsed(":50051").authority() == "localhost:50051");
  CHECK(parsed("unix:/run/x.sock").authority() == "localhost");
  CHECK(parsed("unix-abstract:name").authority() == "localhost");
  CHECK(parsed("vsock://3:50051").authority() == "3:50051");
  CHECK(parsed("vsock:host:50051").authority() == "2:50051");
}

TEST_CASE("Address: any CID and port 0 are for listening only") {
  for (const std::string_view text :
       {"vsock:any:1", "vsock:-1:1", "vsock:3:0", ":0", "localhost:0", "[::1]:0"}) {
    CHECK(parsed(text).is_wildcard_only());
  }
  for (const std::string_view text : {"vsock:3:1", "vsock:hypervisor:1", ":80", "localhost:80", "unix:/x"}) {
    CHECK_FALSE(parsed(text).is_wildcard_only());
  }
}

TEST_CASE("Address: only host names need a lookup") {
  CHECK(parsed("localhost:80").needs_lookup());
  CHECK(parsed("example.org:80").needs_lookup());
  for (const std::string_view text :
       {"127.0.0.1:80", "[::1]:80", "[fe80::1%lo]:80", ":80", "unix:/x", "vsock:3:1"}) {
    CHECK_FALSE(parsed(text).needs_lookup());
  }
}

TEST_CASE("Address: random text never does harm, and what is taken reads back as itself") {
  std::mt19937_64 random = test::seeded_generator(1);
  constexpr std::string_view kPieces[] = {
      "unix", "vsock", "hvsock", "?to-host", "unix-abstract", ":", "::", "/", "//", "[",
      "]",    "any",   "-1",     "3",        "127.0.0.1",     "%", ".",  "a", "0",  "65535",
      " ",    "\n"};
  int taken = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (std::size_t pieces = random() % 8; pieces > 0; --pieces)
      text += kPieces[random() % std::size(kPieces)];
    const Result<Address> address = Address::parse(text);
    if (!address) {
      CHECK_FALSE(address.error().detail.empty());
      continue;
    }
    ++taken;
    CHECK(address->text() == text);
    CHECK_FALSE(address->authority().empty());
    if (address->needs_lookup()) continue;
    const auto resolved = address->resolve();
    if (!resolved) continue;  // an unknown zone
    const std::string typed = resolved->front().to_string();
    CAPTURE(text);
    CHECK(parsed(typed).resolve()->front().to_string() == typed);
  }
  CHECK(taken > 0);
}

}  // namespace
}  // namespace hawser::net
