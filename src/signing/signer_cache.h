// The signers that one worker has at hand: setting one up costs a quarter of a P-256 signature.
//
// Where many workers are, each has copies of its RSA keys: OpenSSL 3.0 takes locks of the key for each
// signature, for its blinding. EC and Ed25519 keys have no such locks, and are shared. A copy is as old as
// its signers here, so it goes with the key.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
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

  /// From so many workers on each has copies.
  static constexpr std::size_t kWorkersForCopies = 4;
  /// Keys beyond so many are shared: the secure heap is for new keys, too.
  static constexpr std::size_t kMostCopies = 16;

  explicit SignerCache(const crypto::Hasher& hasher) : hasher_(hasher) {}

  /// Before the first get().
  void make_copies() { makes_copies_ = true; }

  /// Precondition: the version's key fits the algorithm. Valid until the next call. A refusal
  /// (FAILED_PRECONDITION): the private key was destroyed. Scope io: the library failed.
  Result<crypto::Signer*> get(const keys::KeyVersion& version, crypto::Algorithm algorithm);
  /// Lets go of every key whose version isn't enabled in the map, or was destroyed.
  void keep_only(const keys::KeyMap& map);
  std::size_t size() const { return entries_.size(); }
  /// Keys that are copies.
  std::size_t copies() const;

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
    std::shared_ptr<keys::PrivateSlot> slot;        // holds the address, which is the entry's name
    std::shared_ptr<const crypto::PrivateKey> key;  // the slot's, or a copy
    bool is_copy = false;
    std::optional<crypto::Signer> signer;
    std::uint64_t last_used = 0;
  };
  void make_room();
  void use_copy(Entry& entry) const;

  const crypto::Hasher& hasher_;
  bool makes_copies_ = false;
  std::unordered_map<Id, Entry, Hash> entries_;
  std::uint64_t uses_ = 0;
};

}  // namespace hawser::signing
