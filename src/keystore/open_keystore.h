// What a server does with a keystore when it starts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hawser/base/log.h"
#include "hawser/base/result.h"
#include "src/crypto/hasher.h"
#include "src/keys/key.h"
#include "src/keystore/keystore.h"
#include "src/keystore/secret_source.h"

namespace hawser::keystore {

/// Names that server and tools share.
inline constexpr const char* kPassphraseCredential = "keystore-passphrase";
inline constexpr const char* kPassphraseVariable = "HAWSER_KEYSTORE_PASSPHRASE";

struct KeystoreConfig {
  std::string path;
  SecretSources secret;
  std::uint64_t min_generation = 0;
};

struct OpenedKeystore {
  std::unique_ptr<Keystore> store;
  std::vector<keys::Key> keys;
};

/// Reads the secret, opens and locks the store for this process and logs its generation. Before there are
/// threads (the secret may be in the environment). Errors as Keystore::open() and read_store_secret(): a
/// sentence for the operator, and exit_code_of() for the program. `hasher` outlives the store.
Result<OpenedKeystore> open_keystore(const KeystoreConfig& config, const crypto::Hasher& hasher,
                                     log::Sink& log);

}  // namespace hawser::keystore
