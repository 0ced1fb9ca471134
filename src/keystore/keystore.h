// The keystore: all keys in one encrypted file (envelope.h, body.h, store_file.h), open for one process.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "hawser/base/result.h"
#include "src/crypto/hasher.h"
#include "src/keys/key.h"
#include "src/keys/key_storage.h"
#include "src/keystore/envelope.h"
#include "src/keystore/store_file.h"
#include "src/keystore/store_secret.h"

namespace hawser::keystore {

struct KeystoreOptions {
  StoreFile::Access access = StoreFile::Access::kExclusive;
  /// A store of an older generation is refused. Nothing in a file can tell that the whole file was exchanged
  /// for an older one; whoever keeps the number elsewhere can.
  std::uint64_t min_generation = 0;
};

/// As keys::KeyStorage says; figures may be read from any thread.
class Keystore final : public keys::KeyStorage {
 public:
  /// Takes as long as Argon2id does. Scope io with ENOENT: there is no file (is_missing()). Scope usage, for
  /// the operator, with the path: everything else that file or secret can be the reason of; the file is
  /// untouched. `hasher` outlives the store.
  static Result<std::unique_ptr<Keystore>> open(const std::string& path, const StoreSecret& secret,
                                                const KeystoreOptions& options, const crypto::Hasher& hasher);
  /// An empty one, of generation 1. Scope usage: there is something at `path`.
  static Result<std::unique_ptr<Keystore>> create(const std::string& path, const StoreSecret& secret,
                                                  const crypto::Argon2Cost& cost,
                                                  const crypto::Hasher& hasher);

  /// What was in the file, once.
  std::vector<keys::Key> take_keys() { return std::move(keys_); }

  Result<void> save(const keys::KeyMap& keys) override;
  /// With a new data key, so that an old copy of the file and its passphrase don't open what is written
  /// from now on. Keeps the store's Argon2 cost.
  Result<void> change_passphrase(const crypto::SecretBytes& old_passphrase,
                                 const crypto::SecretBytes& new_passphrase) override;
  Result<keys::StorageFacts> verify() override;
  std::uint64_t generation() const override { return generation_.load(std::memory_order_relaxed); }
  bool is_durable() const override { return true; }

  /// How long the last successful write took, with its syncs; 0 before the first.
  double last_write_seconds() const { return last_write_seconds_.load(std::memory_order_relaxed); }
  std::uint64_t write_errors() const { return write_errors_.load(std::memory_order_relaxed); }

  const std::string& path() const { return file_.path(); }
  StoreSecret::Kind secret_kind() const { return envelope_.kind(); }
  const crypto::Argon2Cost& cost() const { return envelope_.cost(); }

 private:
  using Digest = std::array<unsigned char, 32>;

  Keystore(StoreFile file, Envelope envelope, const crypto::Hasher& hasher)
      : file_(std::move(file)), envelope_(std::move(envelope)), hasher_(hasher) {}
  Result<void> load(const std::string& bytes);
  Result<void> write(const Envelope& envelope, const crypto::SecretBytes& body, std::uint64_t generation);
  Result<void> replace_file(const Envelope& envelope, const crypto::SecretBytes& body);
  Result<crypto::SecretBytes> read_back() const;

  StoreFile file_;
  Envelope envelope_;
  const crypto::Hasher& hasher_;
  std::vector<keys::Key> keys_;
  Digest digest_{};                    // of the file as it was last read or written whole
  std::uint64_t last_generation_ = 0;  // the highest that may be in a file, successful or not
  std::atomic<std::uint64_t> generation_{0};
  std::atomic<double> last_write_seconds_{0};
  std::atomic<std::uint64_t> write_errors_{0};
};

/// There is no store, as opposed to one that can't be opened.
bool is_missing(const Error& error);

inline constexpr int kExitRefused = 2;  ///< Wrong secret, damaged, in use, not safe from others.
inline constexpr int kExitMissing = 4;
/// With what a program ends that could not open its keystore.
int exit_code_of(const Error& error);

}  // namespace hawser::keystore
