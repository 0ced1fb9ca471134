// hawser-keys init: an empty keystore.
#include <iostream>
#include <string>

#include "src/crypto/hasher.h"
#include "src/keystore/keystore.h"
#include "tools/keys/commands.h"
#include "tools/keys/key_access.h"
#include "tools/keys/secret_flags.h"

namespace hawser::tools {
namespace {

constexpr FlagSpec kInitFlags[] = {
    {.name = "store", .value_name = "PATH", .help = "The file; its directory is made if it isn't there"},
    {.name = "profile",
     .value_name = "NAME",
     .help = "What a passphrase costs to try: default (256 MiB of memory), or small (64 MiB, for enclaves)",
     .fallback = "default"},
    kPassphraseFileFlag,
    kPassphraseFdFlag,
    kPassphraseEnvFlag,
    kRawKeyFileFlag,
    kRawKeyFdFlag,
};

Result<crypto::Argon2Cost> cost_by_name(std::string_view name) {
  if (name == "default") return keystore::kDefaultCost;
  if (name == "small") return keystore::kSmallCost;
  return usage_error("--profile: \"" + std::string(name) + "\" is neither default nor small");
}

int run_init(const Flags& flags) {
  const std::string path = flags.text("store");
  if (path.empty()) return complain("--store PATH says where the keystore is to be", kExitUsage);
  const auto cost = cost_by_name(flags.text("profile"));
  if (!cost) return complain(cost.error());
  const auto hasher = crypto::Hasher::create();
  if (!hasher) return complain(hasher.error());
  const auto secret = store_secret(flags);
  if (!secret) return complain(secret.error());
  const auto store = keystore::Keystore::create(path, *secret, *cost, *hasher);
  if (!store) return complain(store.error());
  std::cout << "made the keystore " << path << ", generation " << (*store)->generation() << '\n';
  return kExitOk;
}

}  // namespace

const Command kInitCommand{"init", "Makes an empty keystore.", kInitFlags, {}, &run_init};

}  // namespace hawser::tools
