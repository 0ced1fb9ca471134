#include "src/signing/signer_cache.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/signing_keys.h"

namespace hawser::signing {
namespace {

using crypto::Algorithm;
using crypto::KeySpec;

std::vector<keys::Key> many_keys(std::size_t count) {
  std::vector<keys::Key> keys;
  for (std::size_t i = 0; i < count; ++i) {
    keys.push_back(test::make_key("k" + std::to_string(i), KeySpec::kEd25519));
  }
  return keys;
}

}  // namespace

TEST_CASE("SignerCache: one signer a key and algorithm, made once") {
  SignerCache cache(test::test_hasher());
  const keys::Key key = test::make_key("k", KeySpec::kEcP384);
  const auto first = cache.get(key.versions[0], Algorithm::kEcdsaP384Sha256);
  REQUIRE(first);
  CHECK(*cache.get(key.versions[0], Algorithm::kEcdsaP384Sha256) == *first);
  CHECK(*cache.get(key.versions[0], Algorithm::kEcdsaP384Sha384) != *first);
  CHECK(cache.size() == 2);
}

TEST_CASE("SignerCache: full, it lets the one go that wasn't used for longest") {
  SignerCache cache(test::test_hasher());
  const std::vector<keys::Key> keys = many_keys(SignerCache::kMost + 1);
  for (std::size_t i = 0; i < SignerCache::kMost; ++i) {
    REQUIRE(cache.get(keys[i].versions[0], Algorithm::kEd25519));
  }
  REQUIRE(cache.get(keys[0].versions[0], Algorithm::kEd25519));  // so the second is the oldest
  const long first = keys[0].versions[0].private_key.use_count();
  REQUIRE(cache.get(keys.back().versions[0], Algorithm::kEd25519));
  CHECK(cache.size() == SignerCache::kMost);
  CHECK(keys[0].versions[0].private_key.use_count() == first);
  CHECK(keys[1].versions[0].private_key.use_count() == first - 1);
}

TEST_CASE("SignerCache: keeps what a map has enabled, and drops disabled, destroyed and unknown ones") {
  SignerCache cache(test::test_hasher());
  std::vector<keys::Key> keys = many_keys(4);
  for (const keys::Key& key : keys) REQUIRE(cache.get(key.versions[0], Algorithm::kEd25519));
  keys[1].versions[0].state = keys::VersionState::kDisabled;
  keys[2].versions[0].private_key->destroy();
  const keys::Key kept = keys[0];
  keys.pop_back();
  cache.keep_only(keys::KeyMap(keys));
  CHECK(cache.size() == 1);
  REQUIRE(cache.get(kept.versions[0], Algorithm::kEd25519));
  CHECK(cache.size() == 1);
}

TEST_CASE("SignerCache: copies of RSA keys, one for all algorithms, work and go with the key") {
  SignerCache cache(test::test_hasher());
  cache.make_copies();
  std::vector<keys::Key> keys = {test::make_key("rsa", KeySpec::kRsa2048),
                                 test::make_key("ec", KeySpec::kEcP256)};
  const auto original = keys[0].versions[0].private_key->get();
  const long holders = original.use_count();
  const std::string message = "a message";
  for (const Algorithm algorithm : {Algorithm::kRsaPkcs1Sha256, Algorithm::kRsaPssSha512}) {
    const auto signer = cache.get(keys[0].versions[0], algorithm);
    REQUIRE(signer);
    const auto signature = (*signer)->sign_message(message);
    REQUIRE(signature);
    CHECK(
        keys[0].versions[0].public_key->verify_message(algorithm, message, *signature, test::test_hasher()));
  }
  REQUIRE(cache.get(keys[1].versions[0], Algorithm::kEcdsaP256Sha256));
  CHECK(cache.size() == 3);
  CHECK(cache.copies() == 1);
  CHECK(original.use_count() == holders);  // the cache holds its copy and no more
  keys[0].versions[0].private_key->destroy();
  cache.keep_only(keys::KeyMap(keys));
  CHECK(cache.size() == 1);
  CHECK(cache.copies() == 0);
}

TEST_CASE("SignerCache: without being told so it makes no copies, and it makes a limited number") {
  SignerCache shares(test::test_hasher());
  SignerCache copies(test::test_hasher());
  copies.make_copies();
  std::vector<keys::Key> keys;
  for (std::size_t i = 0; i <= SignerCache::kMostCopies; ++i) {
    keys.push_back(test::make_key("k" + std::to_string(i), KeySpec::kRsa2048));
    CHECK(shares.get(keys.back().versions[0], Algorithm::kRsaPssSha256));
    CHECK(copies.get(keys.back().versions[0], Algorithm::kRsaPssSha256));
  }
  CHECK(shares.copies() == 0);
  CHECK(copies.copies() == SignerCache::kMostCopies);
  CHECK(copies.size() == keys.size());
}

}  // namespace hawser::signing
