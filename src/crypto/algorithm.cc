#include "src/crypto/algorithm.h"

#include <algorithm>

namespace hawser::crypto {
namespace {

constexpr std::array<AlgorithmFacts, kAlgorithms> kFacts = {{
    {"RSA_PKCS1_SHA256", Scheme::kRsaPkcs1, Hash::kSha256},
    {"RSA_PSS_SHA256", Scheme::kRsaPss, Hash::kSha256},
    {"ECDSA_P256_SHA256", Scheme::kEcdsa, Hash::kSha256},
    {"ECDSA_P384_SHA256", Scheme::kEcdsa, Hash::kSha256},
    {"RSA_PKCS1_SHA384", Scheme::kRsaPkcs1, Hash::kSha384},
    {"RSA_PKCS1_SHA512", Scheme::kRsaPkcs1, Hash::kSha512},
    {"RSA_PSS_SHA384", Scheme::kRsaPss, Hash::kSha384},
    {"RSA_PSS_SHA512", Scheme::kRsaPss, Hash::kSha512},
    {"ECDSA_P384_SHA384", Scheme::kEcdsa, Hash::kSha384},
    {"ECDSA_P521_SHA512", Scheme::kEcdsa, Hash::kSha512},
    {"ED25519_PURE", Scheme::kEd25519, Hash::kNone},
}};

constexpr Algorithm kOfRsa[] = {Algorithm::kRsaPkcs1Sha256, Algorithm::kRsaPssSha256,
                                Algorithm::kRsaPkcs1Sha384, Algorithm::kRsaPkcs1Sha512,
                                Algorithm::kRsaPssSha384,   Algorithm::kRsaPssSha512};
constexpr Algorithm kOfP256[] = {Algorithm::kEcdsaP256Sha256};
constexpr Algorithm kOfP384[] = {Algorithm::kEcdsaP384Sha384, Algorithm::kEcdsaP384Sha256};
constexpr Algorithm kOfP521[] = {Algorithm::kEcdsaP521Sha512};
constexpr Algorithm kOfEd25519[] = {Algorithm::kEd25519};

struct SpecFacts {
  std::string_view name;
  std::span<const Algorithm> algorithms;
  std::size_t coordinate;
};

// In the order of KeySpec.
constexpr SpecFacts kSpecs[] = {{"RSA-2048", kOfRsa, 0},   {"RSA-3072", kOfRsa, 0}, {"RSA-4096", kOfRsa, 0},
                                {"P-256", kOfP256, 32},    {"P-384", kOfP384, 48},  {"P-521", kOfP521, 66},
                                {"Ed25519", kOfEd25519, 0}};

const SpecFacts& facts(KeySpec spec) { return kSpecs[static_cast<std::size_t>(spec)]; }

}  // namespace

std::optional<Algorithm> algorithm_of(int number) {
  if (number < 0 || number >= static_cast<int>(kAlgorithms)) return std::nullopt;
  return static_cast<Algorithm>(number);
}

const AlgorithmFacts& facts(Algorithm algorithm) { return kFacts[static_cast<std::size_t>(algorithm)]; }

std::size_t digest_size(Hash hash) {
  switch (hash) {
    case Hash::kNone:
      return 0;
    case Hash::kSha256:
      return 32;
    case Hash::kSha384:
      return 48;
    case Hash::kSha512:
      return 64;
  }
  return 0;
}

std::string_view name_of(KeySpec spec) { return facts(spec).name; }

bool is_rsa(KeySpec spec) {
  return spec == KeySpec::kRsa2048 || spec == KeySpec::kRsa3072 || spec == KeySpec::kRsa4096;
}

std::span<const Algorithm> algorithms_of(KeySpec spec) { return facts(spec).algorithms; }

bool fits(KeySpec spec, Algorithm algorithm) {
  const std::span<const Algorithm> allowed = algorithms_of(spec);
  return std::find(allowed.begin(), allowed.end(), algorithm) != allowed.end();
}

std::size_t coordinate_size(KeySpec spec) { return facts(spec).coordinate; }

}  // namespace hawser::crypto
