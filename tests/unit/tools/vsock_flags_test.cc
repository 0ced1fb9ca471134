#include "tools/common/vsock_flags.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace hawser::test {
namespace {

Result<net::VsockOptions> read_vsock(std::vector<const char*> args) {
  return tools::Flags::parse("program", "Does something.", tools::vsock_socket_flags(), args)
      .and_then([](const tools::Flags& flags) { return tools::read_vsock_socket_flags(flags); });
}

TEST_CASE("VSOCK flags: without them the library's own values hold") {
  const auto options = read_vsock({});
  REQUIRE(options);
  CHECK(options->buffer_bytes == net::VsockOptions{}.buffer_bytes);
  CHECK(options->send_bytes == net::VsockOptions{}.send_bytes);
}

TEST_CASE("VSOCK flags: both sizes are bytes (V-9, V-10)") {
  const auto options = read_vsock({"--vsock-buffer-size=0", "--vsock-send-size=65536"});
  REQUIRE(options);
  CHECK(options->buffer_bytes == 0);
  CHECK(options->send_bytes == 65536);
}

TEST_CASE("VSOCK flags: what is no size is named") {
  for (const char* wrong : {"--vsock-send-size=0", "--vsock-send-size=-1", "--vsock-buffer-size=1k"}) {
    const auto options = read_vsock({wrong});
    REQUIRE_FALSE(options);
    CHECK(std::string(wrong).find(options.error().detail.substr(0, 10)) != std::string::npos);
  }
}

}  // namespace
}  // namespace hawser::test
