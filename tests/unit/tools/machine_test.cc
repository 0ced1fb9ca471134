#include "tools/profile/machine.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "hawser/net/address.h"
#include "hawser/server/server.h"
#include "support/sockets.h"
#include "tools/profile/cpu_clock.h"

namespace hawser::test {
namespace {

using profile::find_server_process;

TEST_CASE("Machine: it is described") {
  profile::RunFacts facts;
  profile::describe_machine(facts);
  CHECK(facts.kernel.starts_with("Linux "));
  CHECK(facts.processors >= 1);
  CHECK_FALSE(facts.version.empty());
}

TEST_CASE("Machine: the process that listens on a loopback port, or a path") {
  auto server = value_of(server::Server::create({}));
  const auto folder = std::filesystem::temp_directory_path() / ("machine-test-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const std::string path = (folder / "socket").string();
  const auto bound = value_of(server->listen(value_of(net::Address::parse("127.0.0.1:0"))));
  const auto local = value_of(server->listen(value_of(net::Address::parse("unix:" + path))));
  const std::string address = bound.front().to_string();
  const std::string port = address.substr(address.rfind(':'));
  CHECK(find_server_process(address) == ::getpid());
  CHECK(find_server_process("localhost" + port) == ::getpid());
  CHECK(find_server_process("unix:" + path) == ::getpid());
  CHECK(find_server_process("unix://" + path) == ::getpid());
  CHECK_FALSE(find_server_process("192.0.2.1" + port));
  CHECK_FALSE(find_server_process("unix:" + path + "x"));
  server.reset();
  std::filesystem::remove_all(folder);
}

TEST_CASE("Machine: targets that are no place here have no process") {
  for (const char* target :
       {"", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999", "vsock://2:1", "unix:", "dns:a"}) {
    CAPTURE(target);
    CHECK_FALSE(find_server_process(target));
  }
}

TEST_CASE("Processor time: ours by either way, nobody's is none") {
  CHECK(profile::own_cpu_time() > Duration{});
  const Duration before = profile::own_cpu_time();
  const Duration by_id = profile::cpu_time_of(::getpid());
  CHECK(by_id >= before);
  CHECK(profile::cpu_time_of(0) == Duration{});
  CHECK(profile::cpu_time_of(-1) == Duration{});
}

}  // namespace
}  // namespace hawser::test
