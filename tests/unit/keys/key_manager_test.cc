#include "src/keys/key_manager.h"

#include <doctest/doctest.h>

#include <string>

#include "src/crypto/signer.h"
#include "src/keys/refusal.h"
#include "unit/keys/managed_keys.h"
#include "unit/keys/rsa_keys.h"

namespace hawser::test {
namespace {

using crypto::Algorithm;
using crypto::KeySpec;
using keys::Refusal;
using keys::VersionState;

TEST_CASE("KeyManager: a created key has one enabled version, which is stored, published and signs") {
  ManagedKeys keys;
  const auto made = keys.manager.create({"web", {}, 0}, KeySpec::kEcP384);
  REQUIRE(made);
  CHECK(made->algorithms.size() == 2);
  CHECK(made->primary == 1);
  CHECK(made->created_ms == keys.now_ms);
  REQUIRE(made->versions.size() == 1);
  CHECK(made->versions[0].state == VersionState::kEnabled);
  CHECK(made->versions[0].created_ms == keys.now_ms);
  REQUIRE(keys.storage.saves().size() == 1);
  CHECK(keys.storage.saves()[0].at(0).versions.at(0).has_private_key);
  const auto map = keys.ring.snapshot();
  const keys::Key* key = map->find("web");
  REQUIRE(key != nullptr);
  const auto private_key = key->versions[0].private_key->get();
  REQUIRE(private_key != nullptr);
  auto signer = crypto::Signer::create(*private_key, Algorithm::kEcdsaP384Sha384, hasher());
  const auto signature = signer.value().sign_message("m").value();
  CHECK(key->versions[0].public_key->verify_message(Algorithm::kEcdsaP384Sha384, "m", signature, hasher()));
}

TEST_CASE("KeyManager: a key's algorithms are those asked for, each once, if its kind has them") {
  ManagedKeys keys;
  const auto one = keys.manager.create({"one", {Algorithm::kEcdsaP384Sha384, Algorithm::kEcdsaP384Sha384}, 0},
                                       KeySpec::kEcP384);
  REQUIRE(one);
  CHECK(one->algorithms == std::vector{Algorithm::kEcdsaP384Sha384});
  CHECK(is_refused(keys.manager.create({"two", {Algorithm::kEcdsaP256Sha256}, 0}, KeySpec::kEcP384),
                   Refusal::kInvalidArgument));
}

TEST_CASE("KeyManager: ids that are taken, malformed or unknown are refused") {
  ManagedKeys keys;
  REQUIRE(keys.manager.create({"web", {}, 0}, KeySpec::kEd25519));
  CHECK(is_refused(keys.manager.create({"web", {}, 0}, KeySpec::kEcP256), Refusal::kAlreadyExists));
  CHECK(is_refused(keys.manager.create({"../web", {}, 0}, KeySpec::kEcP256), Refusal::kInvalidArgument));
  CHECK(is_refused(keys.manager.rotate("other"), Refusal::kNotFound));
  CHECK(is_refused(keys.manager.rotate("Other"), Refusal::kInvalidArgument));
  CHECK(is_refused(keys.manager.get("other"), Refusal::kNotFound));
  CHECK(is_refused(keys.manager.set_primary("other", 1), Refusal::kNotFound));
  CHECK(is_refused(keys.manager.set_state("other", 1, VersionState::kDisabled), Refusal::kNotFound));
  CHECK(is_refused(keys.manager.destroy("other", 1), Refusal::kNotFound));
  CHECK(is_refused(keys.manager.export_version("other", 1), Refusal::kNotFound));
  CHECK(keys.storage.saves().size() == 1);
}

TEST_CASE("KeyManager: rotation makes a version and makes it primary in one save") {
  ManagedKeys keys;
  REQUIRE(keys.manager.create({"web", {}, 0}, KeySpec::kEd25519));
  const auto rotated = keys.manager.rotate("web");
  REQUIRE(rotated);
  CHECK(rotated->primary == 2);
  CHECK(rotated->versions.at(0).state == VersionState::kEnabled);
  CHECK(rotated->versions.at(0).public_key->spki() != rotated->versions.at(1).public_key->spki());
  REQUIRE(keys.storage.saves().size() == 2);
  CHECK(keys.storage.saves()[1].at(0).primary == 2);
  CHECK(keys.storage.saves()[1].at(0).versions.size() == 2);
  REQUIRE(keys.manager.set_primary("web", 1));
  CHECK(keys.manager.get("web")->primary == 1);
}

TEST_CASE("KeyManager: RSA keys come in by import, with all or some of their algorithms") {
  ManagedKeys keys;
  const auto imported = keys.manager.import_key({"rsa", {}, 0}, from_hex_text(kRsa2048));
  REQUIRE(imported);
  CHECK(imported->spec == KeySpec::kRsa2048);
  CHECK(imported->algorithms.size() == 6);
  CHECK(
      is_refused(keys.manager.import_key({"rsa", {}, 0}, from_hex_text(kRsa2048)), Refusal::kAlreadyExists));
  const auto some = keys.manager.import_key({"pss", {Algorithm::kRsaPssSha512}, 0}, from_hex_text(kRsa2048));
  REQUIRE(some);
  CHECK(some->algorithms == std::vector{Algorithm::kRsaPssSha512});
  const auto exported = keys.manager.export_version("rsa", 0);
  REQUIRE(exported);
  CHECK(exported->version == 1);
  CHECK(exported->pkcs8.view() == from_hex_text(kRsa2048));
}

TEST_CASE("KeyManager: what isn't offered is not imported") {
  ManagedKeys keys;
  for (const std::string& der : {std::string(), std::string("junk"), from_hex_text(kRsa1024),
                                 from_hex_text(kRsaExponent3), from_hex_text(kRsa2048) + "!"}) {
    CHECK(is_refused(keys.manager.import_key({"k", {}, 0}, der), Refusal::kInvalidArgument));
  }
  CHECK(is_refused(keys.manager.import_key({"k", {Algorithm::kEd25519}, 0}, from_hex_text(kRsa2048)),
                   Refusal::kInvalidArgument));
  CHECK(keys.storage.saves().empty());
}

TEST_CASE("KeyManager: an imported version becomes primary if it is of the key's kind and new to it") {
  ManagedKeys keys;
  REQUIRE(keys.manager.import_key({"rsa", {}, 0}, from_hex_text(kRsa2048)));
  REQUIRE(keys.manager.create({"ec", {}, 0}, KeySpec::kEcP256));
  CHECK(is_refused(keys.manager.import_version("none", from_hex_text(kRsa2048)), Refusal::kNotFound));
  CHECK(is_refused(keys.manager.import_version("ec", from_hex_text(kRsa2048)), Refusal::kInvalidArgument));
  CHECK(is_refused(keys.manager.import_version("rsa", from_hex_text(kRsa2048)), Refusal::kAlreadyExists));
  const auto second = keys.manager.import_version("rsa", from_hex_text(kRsa2048Again));
  REQUIRE(second);
  CHECK(second->primary == 2);
  // A destroyed version may come back from a backup, as another one.
  REQUIRE(keys.manager.destroy("rsa", 1));
  const auto third = keys.manager.import_version("rsa", from_hex_text(kRsa2048));
  REQUIRE(third);
  CHECK(third->primary == 3);
}

TEST_CASE("KeyManager: a destroyed version loses its private key everywhere and keeps its public one") {
  ManagedKeys keys;
  REQUIRE(keys.manager.create({"web", {}, 0}, KeySpec::kEcP256));
  REQUIRE(keys.manager.rotate("web"));
  const auto before = keys.ring.snapshot();
  const auto destroyed = keys.manager.destroy("web", 1);
  REQUIRE(destroyed);
  CHECK(destroyed->versions.at(0).state == VersionState::kDestroyed);
  CHECK(destroyed->versions.at(0).destroy_ms == keys.now_ms);
  CHECK_FALSE(destroyed->versions.at(0).public_key->spki().empty());
  CHECK_FALSE(keys.storage.saves().back().at(0).versions.at(0).has_private_key);
  CHECK(keys.storage.saves().back().at(0).versions.at(1).has_private_key);
  CHECK(keys.users.asked() == 1);
  // Nor does it live on in a map that somebody kept.
  CHECK(before->find("web")->versions.at(0).private_key->get() == nullptr);
  CHECK(before->find("web")->versions.at(1).private_key->get() != nullptr);
  CHECK(is_refused(keys.manager.destroy("web", 1), Refusal::kFailedPrecondition));
  CHECK(is_refused(keys.manager.destroy("web", 2), Refusal::kFailedPrecondition));
  CHECK(is_refused(keys.manager.export_version("web", 1), Refusal::kFailedPrecondition));
}

TEST_CASE("KeyManager: disabling makes users let go of the version and keeps its private key") {
  ManagedKeys keys;
  REQUIRE(keys.manager.create({"web", {}, 0}, KeySpec::kEcP256));
  REQUIRE(keys.manager.rotate("web"));
  const auto disabled = keys.manager.set_state("web", 1, VersionState::kDisabled);
  REQUIRE(disabled);
  CHECK(keys.users.asked() == 1);
  CHECK(keys.storage.saves().back().at(0).versions.at(0).has_private_key);
  REQUIRE(keys.manager.set_state("web", 1, VersionState::kEnabled));
  CHECK(keys.users.asked() == 1);
  CHECK(disabled->versions.at(0).private_key->get() != nullptr);
}

TEST_CASE("KeyManager: a scheduled destruction happens when it is due, unless it was taken back") {
  ManagedKeys keys;
  REQUIRE(keys.manager.create({"web", {}, 0}, KeySpec::kEcP256));
  REQUIRE(keys.manager.rotate("web"));
  REQUIRE(keys.manager.rotate("web"));
  CHECK_FALSE(keys.manager.next_destruction_ms());
  REQUIRE(keys.manager.set_state("web", 1, VersionState::kDestroyScheduled, keys.now_ms + 50));
  REQUIRE(keys.manager.set_state("web", 2, VersionState::kDestroyScheduled, keys.now_ms + 40));
  CHECK(keys.manager.next_destruction_ms() == keys.now_ms + 40);
  REQUIRE(keys.manager.set_state("web", 2, VersionState::kDisabled));
  CHECK(keys.manager.next_destruction_ms() == keys.now_ms + 50);
  keys.now_ms += 49;
  CHECK(keys.manager.destroy_due().changed == 0);
  keys.now_ms += 1;
  const auto swept = keys.manager.destroy_due();
  CHECK(swept.changed == 1);
  CHECK_FALSE(swept.failure);
  CHECK_FALSE(keys.manager.next_destruction_ms());
  const auto key = keys.manager.get("web").value();
  CHECK(key.versions.at(0).state == VersionState::kDestroyed);
  CHECK(key.versions.at(0).private_key->get() == nullptr);
  CHECK(key.versions.at(1).state == VersionState::kDisabled);
}

TEST_CASE("KeyManager: a key is rotated when its newest version is as old as it wants") {
  ManagedKeys keys;
  constexpr std::int64_t kAge = 60'000;
  REQUIRE(keys.manager.create({"web", {}, kAge}, KeySpec::kEd25519));
  REQUIRE(keys.manager.create({"by-hand", {}, 0}, KeySpec::kEd25519));
  CHECK(keys.manager.next_rotation_ms() == keys.now_ms + kAge);
  keys.now_ms += kAge - 1;
  CHECK(keys.manager.rotate_due().changed == 0);
  keys.now_ms += 1;
  CHECK(keys.manager.rotate_due().changed == 1);
  CHECK(keys.manager.get("web")->primary == 2);
  CHECK(keys.manager.get("by-hand")->primary == 1);
  CHECK(keys.manager.next_rotation_ms() == keys.now_ms + kAge);
  // Going back to an old version is not undone at once.
  REQUIRE(keys.manager.set_primary("web", 1));
  CHECK(keys.manager.rotate_due().changed == 0);
}

TEST_CASE("KeyManager: rotation by itself is from a minute to a hundred years") {
  ManagedKeys keys;
  for (const std::int64_t wrong : {std::int64_t{-1}, std::int64_t{59'999}, std::int64_t{1} << 62}) {
    CAPTURE(wrong);
    CHECK(is_refused(keys.manager.create({"web", {}, wrong}, KeySpec::kEd25519), Refusal::kInvalidArgument));
  }
}

TEST_CASE("KeyManager: there are only so many keys and versions") {
  ManagedKeys keys({.most_keys = 1, .most_versions = 2});
  REQUIRE(keys.manager.create({"web", {}, 0}, KeySpec::kEd25519));
  CHECK(is_refused(keys.manager.create({"other", {}, 0}, KeySpec::kEd25519), Refusal::kResourceExhausted));
  REQUIRE(keys.manager.rotate("web"));
  CHECK(is_refused(keys.manager.rotate("web"), Refusal::kResourceExhausted));
}

}  // namespace
}  // namespace hawser::test
