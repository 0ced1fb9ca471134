#include "src/admin/admin_address.h"

#include <doctest/doctest.h>

#include <sys/stat.h>

#include "support/sockets.h"

namespace hawser::test {
namespace {

Result<void> check(const std::string& text) {
  return admin::check_admin_address(value_of(net::Address::parse(text)));
}

bool refuses(const std::string& text, const std::string& reason) {
  const auto checked = check(text);
  return !checked && checked.error().scope == ErrorScope::kUsage &&
         checked.error().detail.find(text) != std::string::npos &&
         checked.error().detail.find(reason) != std::string::npos;
}

}  // namespace

TEST_CASE("Administration: files, loopback and VSOCK ports are places for it") {
  for (const char* text : {"unix:/run/admin.sock", "127.0.0.1:0", "127.1.2.3:50052", "[::1]:50052",
                           "vsock:any:50052", "vsock:local:50052"}) {
    CAPTURE(text);
    CHECK(check(text));
  }
}

TEST_CASE("Administration: what others can reach is no place for it") {
  CHECK(refuses("0.0.0.0:50052", "no loopback address"));
  CHECK(refuses("192.0.2.1:50052", "no loopback address"));
  CHECK(refuses("[::]:50052", "no loopback address"));
  CHECK(refuses("[2001:db8::1]:50052", "no loopback address"));
  CHECK(refuses(":50052", "no loopback address"));
  CHECK(refuses("unix-abstract:admin", "no file"));
  CHECK(refuses("vsock:any:0", "has to be named"));
}

TEST_CASE("Administration: its socket file is its user's alone") {
  ScratchFolder folder;
  const auto server = value_of(server::Server::create({}));
  const std::string path = folder.file("admin");
  REQUIRE(admin::listen_for_administration(*server, value_of(net::Address::parse("unix:" + path))));
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(admin::listen_for_administration(*server, value_of(net::Address::parse("127.0.0.1:0"))));
  CHECK_FALSE(admin::listen_for_administration(*server, value_of(net::Address::parse("0.0.0.0:0"))));
}

}  // namespace hawser::test
