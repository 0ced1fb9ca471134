// Project Wycheproof's vectors through our own signing and verifying. Each file's counts are checked, too: a
// file that was read wrongly would pass with no test at all.
#include <doctest/doctest.h>

#include "src/crypto/private_key.h"
#include "src/crypto/public_key.h"
#include "src/crypto/signer.h"
#include "unit/crypto/hasher.h"
#include "unit/crypto/vector_file.h"

namespace hawser::test {
namespace {

using crypto::Algorithm;
using crypto::PrivateKey;
using crypto::PublicKey;
using crypto::Signer;

std::string spki_of(const JsonObject& group) { return bytes_of(group, "publicKeyDer"); }

struct Counts {
  int valid = 0;
  int invalid = 0;
  bool operator==(const Counts&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Counts& counts) {
  return out << counts.valid << " valid, " << counts.invalid << " invalid";
}

// Every test's result must be what the file says, "acceptable" being refused.
Counts verify_all(const std::string& file, Algorithm algorithm) {
  Counts counts;
  const JsonObject vectors = read_vectors(file);
  for (const auto& group_value : list_of(vectors, "testGroups").values()) {
    const JsonObject& group = group_value.struct_value();
    const auto key = PublicKey::from_spki(spki_of(group), hasher());
    REQUIRE(key);
    REQUIRE(crypto::fits(key->spec(), algorithm));
    for (const auto& test_value : list_of(group, "tests").values()) {
      const JsonObject& test = test_value.struct_value();
      CAPTURE(file);
      CAPTURE(member(test, "tcId").number_value());
      const bool should_verify = text_of(test, "result") == "valid";
      CHECK(key->verify_message(algorithm, bytes_of(test, "msg"), bytes_of(test, "sig"), hasher()) ==
            should_verify);
      ++(should_verify ? counts.valid : counts.invalid);
    }
  }
  return counts;
}

TEST_CASE("Wycheproof: ECDSA, strict DER and ranges of r and s") {
  CHECK(verify_all("ecdsa_secp256r1_sha256_test", Algorithm::kEcdsaP256Sha256) == Counts{174, 310});
  CHECK(verify_all("ecdsa_secp384r1_sha256_test", Algorithm::kEcdsaP384Sha256) == Counts{162, 310});
  CHECK(verify_all("ecdsa_secp384r1_sha384_test", Algorithm::kEcdsaP384Sha384) == Counts{194, 310});
  CHECK(verify_all("ecdsa_secp521r1_sha512_test", Algorithm::kEcdsaP521Sha512) == Counts{232, 310});
}

TEST_CASE("Wycheproof: Ed25519") { CHECK(verify_all("ed25519_test", Algorithm::kEd25519) == Counts{88, 63}); }

TEST_CASE("Wycheproof: RSA PKCS#1, the one that lacks a NULL refused") {
  CHECK(verify_all("rsa_signature_2048_sha256_test", Algorithm::kRsaPkcs1Sha256) == Counts{9, 250});
}

TEST_CASE("Wycheproof: RSA PSS with a salt as long as the digest") {
  CHECK(verify_all("rsa_pss_2048_sha256_mgf1_32_test", Algorithm::kRsaPssSha256) == Counts{63, 45});
  CHECK(verify_all("rsa_pss_2048_sha384_mgf1_48_test", Algorithm::kRsaPssSha384) == Counts{95, 46});
}

// The file is of signatures without salt. The one that breaks its rule by a salt of 32 bytes keeps ours.
TEST_CASE("Wycheproof: RSA PSS with another salt is refused, however valid") {
  int refused = 0;
  const JsonObject vectors = read_vectors("rsa_pss_2048_sha256_mgf1_0_test");
  for (const auto& group_value : list_of(vectors, "testGroups").values()) {
    const JsonObject& group = group_value.struct_value();
    const auto key = PublicKey::from_spki(spki_of(group), hasher());
    REQUIRE(key);
    for (const auto& test_value : list_of(group, "tests").values()) {
      const JsonObject& test = test_value.struct_value();
      CAPTURE(member(test, "tcId").number_value());
      const bool verified = key->verify_message(Algorithm::kRsaPssSha256, bytes_of(test, "msg"),
                                                bytes_of(test, "sig"), hasher());
      CHECK(verified == (text_of(test, "comment") == "s_len changed to 32"));
      refused += verified ? 0 : 1;
    }
  }
  CHECK(refused == 102);
}

TEST_CASE("Wycheproof: RSA PKCS#1 signatures are the file's, byte for byte") {
  int signatures = 0;
  const JsonObject vectors = read_vectors("rsa_pkcs1_2048_sig_gen_test");
  for (const auto& group_value : list_of(vectors, "testGroups").values()) {
    const JsonObject& group = group_value.struct_value();
    const std::string& sha = text_of(group, "sha");
    // SHA-1 and SHA-224 are not offered.
    const bool offered = sha == "SHA-256" || sha == "SHA-384" || sha == "SHA-512";
    if (!offered) continue;
    const auto key = PrivateKey::from_pkcs8(bytes_of(group, "privateKeyPkcs8"));
    REQUIRE(key);
    const Algorithm algorithm = sha == "SHA-256"   ? Algorithm::kRsaPkcs1Sha256
                                : sha == "SHA-384" ? Algorithm::kRsaPkcs1Sha384
                                                   : Algorithm::kRsaPkcs1Sha512;
    auto signer = Signer::create(*key, algorithm, hasher());
    REQUIRE(signer);
    for (const auto& test_value : list_of(group, "tests").values()) {
      const JsonObject& test = test_value.struct_value();
      CAPTURE(member(test, "tcId").number_value());
      const auto signature = signer->sign_message(bytes_of(test, "msg"));
      REQUIRE(signature);
      CHECK(*signature == bytes_of(test, "sig"));
      ++signatures;
    }
  }
  CHECK(signatures == 27);
}

}  // namespace
}  // namespace hawser::test
