// Where keys are kept between runs, as KeyManager sees it; src/keystore has the file.
#pragma once

#include <cstddef>
#include <cstdint>

#include "hawser/base/result.h"
#include "src/crypto/secret.h"
#include "src/keys/keyring.h"

namespace hawser::keys {

struct StorageFacts {
  std::uint64_t generation = 0;  ///< Counts the saves of a store's life.
  std::size_t keys = 0;
  std::size_t versions = 0;
};

/// One thread at a time. Errors of scope stream are for the caller of an administrative method (UNAVAILABLE:
/// the disk refused, and the old state is kept; DATA_LOSS: what is stored can't be read back).
class KeyStorage {
 public:
  virtual ~KeyStorage() = default;

  /// Keeps these keys instead of those before; durable when it returns. Private keys of destroyed versions
  /// are not kept.
  virtual Result<void> save(const KeyMap& keys) = 0;
  /// FAILED_PRECONDITION: there is no passphrase here; INVALID_ARGUMENT: the old one is wrong.
  virtual Result<void> change_passphrase(const crypto::SecretBytes& old_passphrase,
                                         const crypto::SecretBytes& new_passphrase) = 0;
  /// Reads back what is stored, as the next start would.
  virtual Result<StorageFacts> verify() = 0;
  virtual std::uint64_t generation() const = 0;
  /// False: what is saved is gone with the process.
  virtual bool is_durable() const = 0;
};

/// For servers without a keystore.
class EphemeralStorage final : public KeyStorage {
 public:
  Result<void> save(const KeyMap& keys) override;
  Result<void> change_passphrase(const crypto::SecretBytes& old_passphrase,
                                 const crypto::SecretBytes& new_passphrase) override;
  Result<StorageFacts> verify() override;
  std::uint64_t generation() const override { return generation_; }
  bool is_durable() const override { return false; }

 private:
  std::uint64_t generation_ = 0;
  StorageFacts facts_;
};

StorageFacts facts_of(const KeyMap& keys, std::uint64_t generation);

}  // namespace hawser::keys
