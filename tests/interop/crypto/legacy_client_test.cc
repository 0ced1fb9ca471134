// A client of the first contract, built from it alone, against our server.
#include <doctest/doctest.h>

#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <fstream>
#include <string>

#include "interop/crypto/crypto_server.h"
#include "src/keys/key_id.h"

namespace hawser::test {
namespace {

int run_legacy_client(std::string target, std::string key_file) {
  std::string program = HAWSER_LEGACY_CLIENT;
  const std::array<char*, 4> arguments = {program.data(), target.data(), key_file.data(), nullptr};
  pid_t child = 0;
  REQUIRE(posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments.data(), environ) == 0);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("Legacy client: its signatures verify, and it gets nothing that it doesn't know") {
  CryptoServer server;
  const ScratchFolder folder;
  const std::string key_file = folder.file("p384.der");
  std::ofstream(key_file, std::ios::binary)
      << server.keyring().snapshot()->find(keys::kDefaultP384)->versions[0].public_key->spki();
  CHECK(run_legacy_client(server->target(), key_file) == 0);
  // It does look: with another key than the server's it complains.
  std::ofstream(key_file, std::ios::binary) << "no key";
  CHECK(run_legacy_client(server->target(), key_file) == 1);
}

}  // namespace hawser::test
