// What can be signed with what: kinds of key, signature algorithms, and which goes with which. The numbers of
// algorithms are those of crypto.SigningAlgorithm (proto/crypto.proto), which are fixed.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace hawser::crypto {

enum class KeySpec { kRsa2048, kRsa3072, kRsa4096, kEcP256, kEcP384, kEcP521, kEd25519 };

enum class Algorithm {
  kRsaPkcs1Sha256 = 0,
  kRsaPssSha256 = 1,
  kEcdsaP256Sha256 = 2,
  kEcdsaP384Sha256 = 3,  ///< legal and odd: the contract's first P-384 has the short hash
  kRsaPkcs1Sha384 = 4,
  kRsaPkcs1Sha512 = 5,
  kRsaPssSha384 = 6,
  kRsaPssSha512 = 7,
  kEcdsaP384Sha384 = 8,
  kEcdsaP521Sha512 = 9,
  kEd25519 = 10,
};
inline constexpr std::size_t kAlgorithms = 11;

enum class Hash { kNone, kSha256, kSha384, kSha512 };
enum class Scheme { kRsaPkcs1, kRsaPss, kEcdsa, kEd25519 };

struct AlgorithmFacts {
  std::string_view name;  ///< as in the contract: "RSA_PKCS1_SHA256"
  Scheme scheme;
  Hash hash;
};

/// nullopt: no algorithm has this number.
std::optional<Algorithm> algorithm_of(int number);
const AlgorithmFacts& facts(Algorithm algorithm);
/// Bytes of a digest; 0 for kNone.
std::size_t digest_size(Hash hash);

std::string_view name_of(KeySpec spec);
bool is_rsa(KeySpec spec);
/// What a key of this kind may sign with, the usual one first.
std::span<const Algorithm> algorithms_of(KeySpec spec);
bool fits(KeySpec spec, Algorithm algorithm);
/// Of r and of s in P1363 form; 0 for what isn't ECDSA.
std::size_t coordinate_size(KeySpec spec);

}  // namespace hawser::crypto
