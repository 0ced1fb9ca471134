// Where the secret that opens a keystore comes from. Never from a command line, which every user can read.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "hawser/base/log.h"
#include "hawser/base/result.h"
#include "src/crypto/secret.h"
#include "src/keystore/store_secret.h"

namespace hawser::keystore {

/// In the order in which they are asked; the first that is there counts. Empty and nullopt: not given.
struct PassphraseSources {
  std::string file;
  /// As $CREDENTIALS_DIRECTORY/NAME (systemd's LoadCredential= and LoadCredentialEncrypted=).
  std::string credential;
  std::optional<int> fd;  ///< Inherited; read to its end and closed.
  /// Name of a variable. Other processes of the user can read it, and children inherit it: it is wiped and
  /// removed once read, and a warning says so. Before there are threads.
  std::string environment;
};

/// 1 to kLongestPassphrase bytes, without one newline at their end. nullopt: no source is there. Scope usage:
/// the first that is there is no good, files as in check_private_file().
Result<std::optional<crypto::SecretBytes>> read_passphrase(const PassphraseSources& sources, log::Sink& log);

struct SecretSources {
  PassphraseSources passphrase;
  /// A file of exactly kRawKeyBytes. Given, it comes before every passphrase.
  std::string raw_key_file;
  std::optional<int> raw_key_fd;
};

/// Scope usage: there is none, with how to give one; or as read_passphrase().
Result<StoreSecret> read_store_secret(const SecretSources& sources, log::Sink& log);

/// A descriptor that we inherited, or opened; it is read to its end and closed. Scope usage: it isn't open,
/// can't be read, or has more than `most` bytes.
Result<crypto::SecretBytes> read_secret_fd(int fd, std::size_t most);

}  // namespace hawser::keystore
