// The outer form of a keystore's file: a header, the data key wrapped under what opens the store, and the
// body sealed under the data key. Integers are little-endian.
//
//   offset size
//        0    4  "NVKS"
//        4    2  version: 1
//        6    1  how the wrapping key is made: 0 it is given (32 bytes), 1 Argon2id of a passphrase
//        7    4  Argon2id: passes              (0 when the key is given)
//       11    8  Argon2id: memory in bytes     (0 when the key is given)
//       19   16  Argon2id: salt                (random when the key is given, too)
//       35   72  box (aead.h) of the data key: nonce, 32 bytes, tag
//      107       box of the body, up to the end: nonce, body, tag
//
// Each box binds everything before it, so no byte of a file can change unnoticed. Until the first box has
// opened, its header is whatever somebody wrote: the cost that it asks for is bounded before it is paid, and
// memory is a power of two, so that no single wrong bit asks for more than the writer did.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "hawser/base/result.h"
#include "src/crypto/argon2.h"
#include "src/crypto/secret.h"
#include "src/keystore/store_secret.h"

namespace hawser::keystore {

/// libsodium's MODERATE: 0.6 s and 256 MiB at each start.
inline constexpr crypto::Argon2Cost kDefaultCost{3, std::uint64_t{256} << 20};
/// libsodium's INTERACTIVE, for machines of 256 MiB: 0.1 s and 64 MiB. Also the least that is read.
inline constexpr crypto::Argon2Cost kSmallCost{2, std::uint64_t{64} << 20};
/// The most that is read.
inline constexpr crypto::Argon2Cost kHighestCost{10, std::uint64_t{1} << 30};

/// Of a whole file: some 20,000 versions of RSA-4096 keys.
inline constexpr std::size_t kLargestFileBytes = std::size_t{64} << 20;

struct Header {
  StoreSecret::Kind kind = StoreSecret::Kind::kPassphrase;
  crypto::Argon2Cost cost;  ///< Zeros for kRawKey.
  std::string salt;
};

/// Scope usage: it is no keystore, of a newer version, or asks for a cost out of bounds.
Result<Header> parse_header(std::string_view file);

/// The unlocked envelope of one store: holds the data key, and neither passphrase nor wrapping key.
class Envelope final {
 public:
  /// With a new data key. `cost` is ignored for raw keys.
  static Result<Envelope> create(const StoreSecret& secret, const crypto::Argon2Cost& cost);
  /// Scope usage: as parse_header(), or the secret is of the wrong kind, is wrong, or the file is damaged.
  static Result<Envelope> unlock(std::string_view file, const StoreSecret& secret);

  /// A whole file.
  std::string seal(const crypto::SecretBytes& body) const;
  /// The body. Scope usage: the file isn't of this envelope, or is damaged.
  Result<crypto::SecretBytes> open(std::string_view file) const;

  /// Whether this secret opens the envelope; as slow as unlock().
  bool is_opened_by(const StoreSecret& secret) const { return unlock(prefix_, secret).has_value(); }
  StoreSecret::Kind kind() const { return kind_; }
  const crypto::Argon2Cost& cost() const { return cost_; }

 private:
  Envelope() = default;

  StoreSecret::Kind kind_ = StoreSecret::Kind::kPassphrase;
  crypto::Argon2Cost cost_;
  std::string prefix_;  // header and wrapped data key
  crypto::SecretBytes data_key_;
};

}  // namespace hawser::keystore
