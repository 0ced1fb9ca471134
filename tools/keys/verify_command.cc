// hawser-keys verify: reads a store as the next start would.
#include <iostream>

#include "tools/keys/commands.h"
#include "tools/keys/key_access.h"

namespace hawser::tools {
namespace {

constexpr auto kVerifyFlags = with_access_flags(std::array<FlagSpec, 0>{});

int run_verify(const Flags& flags) {
  const auto access = open_access(flags, Purpose::kRead);
  if (!access) return complain_of_access(access.error());
  ::crypto::VerifyKeystoreResponse facts;
  if (auto verified = (*access)->verify(facts); !verified) return complain(verified.error());
  std::cout << "good: generation " << facts.generation() << ", " << facts.keys() << " keys, "
            << facts.versions() << " versions\n";
  return kExitOk;
}

}  // namespace

const Command kVerifyCommand{
    "verify", "Reads and decrypts the whole store, and says what is in it.", kVerifyFlags, {}, &run_verify};

}  // namespace hawser::tools
