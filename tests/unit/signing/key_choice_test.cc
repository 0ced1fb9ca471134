#include "src/signing/key_choice.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "src/keys/refusal.h"
#include "support/signing_keys.h"

namespace hawser::signing {
namespace {

using crypto::Algorithm;
using crypto::KeySpec;
using keys::Refusal;
using keys::VersionState;

// "two": version 1 is old, 2 is primary, 3 disabled, 4 to be destroyed, 5 destroyed.
keys::KeyMap make_map() {
  keys::Key two = test::make_key("two", KeySpec::kEcP256);
  for (std::uint32_t number = 2; number <= 5; ++number) {
    two.versions.push_back(test::make_version(number, KeySpec::kEcP256));
  }
  two.primary = 2;
  two.versions[2].state = VersionState::kDisabled;
  two.versions[3].state = VersionState::kDestroyScheduled;
  two.versions[4].state = VersionState::kDestroyed;
  two.versions[4].private_key->destroy();
  keys::Key narrow = test::make_key("narrow", KeySpec::kEcP384);
  narrow.algorithms = {Algorithm::kEcdsaP384Sha384};
  return keys::KeyMap({two, narrow});
}

SignPlan plan_of(std::string_view id, std::uint32_t version, Algorithm algorithm) {
  SignPlan plan;
  plan.key_id = id;
  plan.key_version = version;
  plan.algorithm = algorithm;
  return plan;
}

template <class T>
std::string refused(const Result<T>& result, Refusal code) {
  REQUIRE_FALSE(result);
  CHECK(result.error().scope == ErrorScope::kStream);
  CHECK(result.error().code == static_cast<int>(code));
  return result.error().detail;
}

}  // namespace

TEST_CASE("choose_to_sign: the primary version, or the one that is asked for") {
  const keys::KeyMap map = make_map();
  const auto primary = choose_to_sign(map, nullptr, plan_of("two", 0, Algorithm::kEcdsaP256Sha256));
  REQUIRE(primary);
  CHECK(primary->key->id == "two");
  CHECK(primary->version->number == 2);
  const auto old = choose_to_sign(map, nullptr, plan_of("two", 1, Algorithm::kEcdsaP256Sha256));
  REQUIRE(old);
  CHECK(old->version->number == 1);
}

TEST_CASE("choose_to_sign: what doesn't exist is not found") {
  const keys::KeyMap map = make_map();
  CHECK(refused(choose_to_sign(map, nullptr, plan_of("none", 0, Algorithm::kEcdsaP256Sha256)),
                Refusal::kNotFound) == "there is no key \"none\"");
  CHECK(refused(choose_to_sign(map, nullptr, plan_of("two", 6, Algorithm::kEcdsaP256Sha256)),
                Refusal::kNotFound) == "key \"two\" has no version 6");
}

TEST_CASE("choose_to_sign: states other than enabled, and algorithms that a key is not for, forbid it") {
  const keys::KeyMap map = make_map();
  const auto why = [&](std::string_view id, std::uint32_t version, Algorithm algorithm) {
    return refused(choose_to_sign(map, nullptr, plan_of(id, version, algorithm)),
                   Refusal::kFailedPrecondition);
  };
  CHECK(why("two", 3, Algorithm::kEcdsaP256Sha256) == "version 3 of key \"two\" is disabled");
  CHECK(why("two", 4, Algorithm::kEcdsaP256Sha256) == "version 4 of key \"two\" is to be destroyed");
  CHECK(why("two", 5, Algorithm::kEcdsaP256Sha256) == "version 5 of key \"two\" was destroyed");
  CHECK(why("two", 0, Algorithm::kRsaPssSha256) == "key \"two\" is not for RSA_PSS_SHA256");
  // A P-384 key could, this one may not.
  CHECK(why("narrow", 0, Algorithm::kEcdsaP384Sha256) == "key \"narrow\" is not for ECDSA_P384_SHA256");
  CHECK(choose_to_sign(map, nullptr, plan_of("narrow", 0, Algorithm::kEcdsaP384Sha384)));
}

TEST_CASE("choose_to_sign: a quarantined version is out of service, its siblings are not") {
  const keys::KeyMap map = make_map();
  map.find("two")->find_version(2)->private_key->quarantine();
  CHECK(refused(choose_to_sign(map, nullptr, plan_of("two", 0, Algorithm::kEcdsaP256Sha256)),
                Refusal::kInternal)
            .find("version 2 of key \"two\" is out of service") == 0);
  CHECK(choose_to_sign(map, nullptr, plan_of("two", 1, Algorithm::kEcdsaP256Sha256)));
  CHECK(choose_to_verify(map, nullptr, plan_of("two", 0, Algorithm::kEcdsaP256Sha256)));
}

TEST_CASE("choose_to_sign: a key that is still being made is not missing") {
  const keys::KeyMap map = make_map();
  PendingKeys pending;
  pending.add("soon");
  const auto choose = [&](std::string_view id) {
    return choose_to_sign(map, &pending, plan_of(id, 0, Algorithm::kEcdsaP256Sha256));
  };
  CHECK(refused(choose("soon"), Refusal::kUnavailable) == "key \"soon\" is not ready yet: try again");
  CHECK(choose("two"));
  refused(choose("never"), Refusal::kNotFound);
  CHECK(is_pending(choose("soon").error()));
  CHECK_FALSE(is_pending(choose("never").error()));
  pending.remove("soon");
  refused(choose("soon"), Refusal::kNotFound);
}

TEST_CASE("choose_to_verify: signatures outlive the version that made them") {
  const keys::KeyMap map = make_map();
  for (std::uint32_t version = 1; version <= 5; ++version) {
    CHECK(choose_to_verify(map, nullptr, plan_of("two", version, Algorithm::kEcdsaP256Sha256)));
  }
  refused(choose_to_verify(map, nullptr, plan_of("two", 6, Algorithm::kEcdsaP256Sha256)), Refusal::kNotFound);
  refused(choose_to_verify(map, nullptr, plan_of("two", 1, Algorithm::kEd25519)),
          Refusal::kFailedPrecondition);
}

TEST_CASE("choose_public_key: of any version; of another kind than was said, none") {
  const keys::KeyMap map = make_map();
  PublicKeyPlan plan;
  plan.key_id = "two";
  for (std::uint32_t version = 0; version <= 5; ++version) {
    plan.key_version = version;
    CHECK(choose_public_key(map, nullptr, plan));
  }
  plan.key_version = 0;
  plan.key_type = ::crypto::ECC;
  CHECK(choose_public_key(map, nullptr, plan));
  plan.key_type = ::crypto::ED25519;
  CHECK(refused(choose_public_key(map, nullptr, plan), Refusal::kInvalidArgument) ==
        "key \"two\" is not of key_type ED25519");
  plan.key_type.reset();
  plan.algorithm = Algorithm::kEcdsaP384Sha256;
  refused(choose_public_key(map, nullptr, plan), Refusal::kFailedPrecondition);
  plan.key_id = "none";
  refused(choose_public_key(map, nullptr, plan), Refusal::kNotFound);
}

}  // namespace hawser::signing
