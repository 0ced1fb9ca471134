// The signers that one worker has at hand: setting one up costs a quarter of a P-256 signature.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "hawser/base/result.h"
#include "src/crypto/hasher.h"
#include "src/crypto/signer.h"
#include "src/keys/keyring.h"

namespace hawser::signing {

/// One thread. The hasher outlives it.
class SignerCache final {
 public:
  static constexpr std::size_t kMost = 256;  ///< The one that wasn't used for longest goes.

  explicit SignerCache(const crypto::Hasher& hasher) : hasher_(hasher) {}

  /// Precondition: the version's key fits the algorithm. Valid until the next call. A refusal
  /// (FAILED_PRECONDITION): the private key was destroyed. Scope io: the library failed.
  Result<crypto::Signer*> get(const keys::KeyVersion& version, crypto::Algorithm algorithm);
  /// Lets go of every key whose version isn't enabled in the map, or was destroyed.
  void keep_only(const keys::KeyMap& map);
  std::size_t size() const { return entries_.size(); }

 private:
  struct Id {
    const keys::PrivateSlot* slot = nullptr;
    crypto::Algorithm algorithm = crypto::Algorithm::kRsaPkcs1Sha256;
    bool operator==(const Id&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Id& id) const {
      return std::hash<const void*>{}(id.slot) ^ static_cast<std::size_t>(id.algorithm);
    }
  };
  struct Entry {
    std::shared_ptr<keys::PrivateSlot> slot;  // holds the address, which is the entry's name
    std::shared_ptr<const crypto::PrivateKey> key;
    crypto::Signer signer;
    std::uint64_t last_used = 0;
  };
  void make_room();

  const crypto::Hasher& hasher_;
  std::unordered_map<Id, Entry, Hash> entries_;
  std::uint64_t uses_ = 0;
};

}  // namespace hawser::signing
