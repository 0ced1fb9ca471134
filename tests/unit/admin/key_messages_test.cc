#include "src/admin/key_messages.h"

#include <doctest/doctest.h>

#include "src/keys/refusal.h"
#include "unit/keys/managed_keys.h"

namespace hawser::test {

TEST_CASE("Key messages: every kind of key has its number, and no other number is a kind") {
  for (int number = ::crypto::KEY_SPEC_RSA_2048; number <= ::crypto::KEY_SPEC_ED25519; ++number) {
    const auto message = static_cast<::crypto::KeySpec>(number);
    const auto spec = admin::spec_of(message);
    REQUIRE(spec);
    CHECK(admin::message_of(*spec) == message);
  }
  CHECK(admin::spec_of(::crypto::KEY_SPEC_EC_P521) == crypto::KeySpec::kEcP521);
  for (const int number : {-1, 0, 8, 1000}) {
    CHECK_FALSE(admin::spec_of(static_cast<::crypto::KeySpec>(number)));
  }
}

TEST_CASE("Key messages: the states that can be asked for are all but the final one") {
  CHECK(admin::state_of(::crypto::ENABLED) == keys::VersionState::kEnabled);
  CHECK(admin::state_of(::crypto::DISABLED) == keys::VersionState::kDisabled);
  CHECK(admin::state_of(::crypto::DESTROY_SCHEDULED) == keys::VersionState::kDestroyScheduled);
  CHECK_FALSE(admin::state_of(::crypto::DESTROYED));
  CHECK_FALSE(admin::state_of(::crypto::KEY_VERSION_STATE_UNSPECIFIED));
  CHECK_FALSE(admin::state_of(static_cast<::crypto::KeyVersionState>(9)));
}

TEST_CASE("Key messages: algorithms that don't exist are refused") {
  google::protobuf::RepeatedField<int> numbers;
  numbers.Add(::crypto::ECDSA_P384_SHA384);
  numbers.Add(::crypto::RSA_PKCS1_SHA256);
  CHECK(admin::algorithms_of(numbers) ==
        std::vector{crypto::Algorithm::kEcdsaP384Sha384, crypto::Algorithm::kRsaPkcs1Sha256});
  numbers.Add(11);
  CHECK(is_refused(admin::algorithms_of(numbers), keys::Refusal::kInvalidArgument));
}

TEST_CASE("Key messages: a key's message has all that is known of it and no private key") {
  ManagedKeys keys;
  REQUIRE(keys.manager.create({"web", {}, 60'000}, crypto::KeySpec::kEd25519));
  REQUIRE(keys.manager.rotate("web"));
  keys.now_ms += 5;
  const auto key = keys.manager.destroy("web", 1).value();
  const auto seed = std::string(key.versions[1].private_key->get()->ed25519().view().substr(0, 32));
  ::crypto::KeyInfo info;
  admin::write_key(key, info);
  CHECK(info.key_id() == "web");
  CHECK(info.spec() == ::crypto::KEY_SPEC_ED25519);
  REQUIRE(info.algorithms_size() == 1);
  CHECK(info.algorithms(0) == ::crypto::ED25519_PURE);
  CHECK(info.primary_version() == 2);
  CHECK(info.created_ms() == 1'000'000);
  CHECK(info.rotate_after_ms() == 60'000);
  REQUIRE(info.versions_size() == 2);
  CHECK(info.versions(0).version() == 1);
  CHECK(info.versions(0).state() == ::crypto::DESTROYED);
  CHECK(info.versions(0).destroy_ms() == 1'000'005);
  CHECK(info.versions(0).public_key_der() == key.versions[0].public_key->spki());
  CHECK(info.versions(1).state() == ::crypto::ENABLED);
  CHECK(info.versions(1).created_ms() == 1'000'000);
  CHECK(info.versions(1).destroy_ms() == 0);
  CHECK(info.versions(1).spki_sha256() == key.versions[1].public_key->spki_sha256());
  CHECK(info.SerializeAsString().find(seed) == std::string::npos);
}

}  // namespace hawser::test
