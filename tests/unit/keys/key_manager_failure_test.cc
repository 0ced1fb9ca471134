#include <doctest/doctest.h>

#include <cerrno>
#include <stop_token>

#include "src/keys/key_manager.h"
#include "src/keys/refusal.h"
#include "unit/keys/managed_keys.h"
#include "unit/keys/rsa_keys.h"

namespace hawser::test {
namespace {

using crypto::KeySpec;
using keys::Refusal;
using keys::VersionState;

const Error kFull{ErrorScope::kStream, static_cast<int>(Refusal::kUnavailable), "the disk is full"};

TEST_CASE("KeyManager: what storage refuses has not happened") {
  ManagedKeys keys;
  REQUIRE(keys.manager.create({"web", {}, 0}, KeySpec::kEcP256));
  REQUIRE(keys.manager.rotate("web"));
  const auto before = keys.ring.snapshot();
  const std::uint64_t epoch = keys.ring.epoch();
  keys.storage.refuse_with(kFull);
  const auto is_full = [](const auto& result) {
    return !result && result.error().detail == "the disk is full";
  };
  CHECK(is_full(keys.manager.create({"new", {}, 0}, KeySpec::kEcP256)));
  CHECK(is_full(keys.manager.import_key({"new", {}, 0}, from_hex_text(kRsa2048))));
  CHECK(is_full(keys.manager.rotate("web")));
  CHECK(is_full(keys.manager.set_primary("web", 1)));
  CHECK(is_full(keys.manager.set_state("web", 1, VersionState::kDisabled)));
  CHECK(is_full(keys.manager.set_state("web", 1, VersionState::kDestroyScheduled, keys.now_ms + 1)));
  CHECK(is_full(keys.manager.destroy("web", 1)));
  CHECK(keys.ring.epoch() == epoch);
  CHECK(keys.ring.snapshot() == before);
  CHECK(keys.users.asked() == 0);
  // The destroyed version, too, is as it was: it signs.
  CHECK(before->find("web")->versions.at(0).private_key->get() != nullptr);
  keys.storage.refuse_with(std::nullopt);
  CHECK(keys.manager.destroy("web", 1));
}

TEST_CASE("KeyManager: a storage's own words about files don't reach callers") {
  ManagedKeys keys;
  keys.storage.refuse_with(Error{ErrorScope::kIo, ENOSPC, "write /var/lib/keys: No space left on device"});
  const auto made = keys.manager.create({"web", {}, 0}, KeySpec::kEcP256);
  CHECK(is_refused(made, Refusal::kUnavailable));
  CHECK(made.error().detail.find("/var") == std::string::npos);
}

TEST_CASE("KeyManager: a sweep says what failed, does the rest and tries again") {
  ManagedKeys keys({.most_versions = 2});
  REQUIRE(keys.manager.create({"a", {}, 60'000}, KeySpec::kEd25519));
  REQUIRE(keys.manager.rotate("a"));
  REQUIRE(keys.manager.create({"b", {}, 60'000}, KeySpec::kEd25519));
  REQUIRE(keys.manager.set_state("a", 1, VersionState::kDestroyScheduled, keys.now_ms + 1));
  keys.now_ms += 60'000;
  const auto rotated = keys.manager.rotate_due();
  CHECK(rotated.changed == 1);
  REQUIRE(rotated.failure);
  CHECK(rotated.failure->code == static_cast<int>(Refusal::kResourceExhausted));
  keys.storage.refuse_with(kFull);
  auto destroyed = keys.manager.destroy_due();
  CHECK(destroyed.changed == 0);
  REQUIRE(destroyed.failure);
  CHECK(destroyed.failure->detail == "the disk is full");
  keys.storage.refuse_with(std::nullopt);
  CHECK(keys.manager.destroy_due().changed == 1);
}

TEST_CASE("KeyManager: making an RSA key ends when it is stopped, and nothing is stored") {
  ManagedKeys keys;
  std::stop_source stop;
  stop.request_stop();
  CHECK(is_refused(keys.manager.create({"rsa", {}, 0}, KeySpec::kRsa4096, stop.get_token()),
                   Refusal::kUnavailable));
  CHECK(keys.storage.saves().empty());
  REQUIRE(keys.manager.import_key({"rsa", {}, 60'000}, from_hex_text(kRsa2048)));
  CHECK(is_refused(keys.manager.rotate("rsa", stop.get_token()), Refusal::kUnavailable));
  keys.now_ms += 60'000;
  CHECK(keys.manager.rotate_due(stop.get_token()).changed == 0);
  CHECK(keys.storage.saves().size() == 1);
}

TEST_CASE("KeyManager: a passphrase is changed by storage, which says what is wrong") {
  ManagedKeys keys;
  const auto old_passphrase = crypto::SecretBytes::copy_of("old").value();
  const auto new_passphrase = crypto::SecretBytes::copy_of("new").value();
  REQUIRE(keys.manager.create({"web", {}, 0}, KeySpec::kEd25519));
  const auto changed = keys.manager.change_passphrase(old_passphrase, new_passphrase);
  REQUIRE(changed);
  CHECK(*changed == keys.storage.generation());
  CHECK(keys.storage.passphrases() == std::pair<std::string, std::string>("old", "new"));
  keys.storage.refuse_with(
      Error{ErrorScope::kStream, static_cast<int>(Refusal::kInvalidArgument), "that is not the passphrase"});
  CHECK(
      is_refused(keys.manager.change_passphrase(new_passphrase, old_passphrase), Refusal::kInvalidArgument));
}

TEST_CASE("KeyManager: verification compares what is stored with what is in memory") {
  ManagedKeys keys;
  REQUIRE(keys.manager.create({"web", {}, 0}, KeySpec::kEd25519));
  REQUIRE(keys.manager.rotate("web"));
  const auto verified = keys.manager.verify();
  REQUIRE(verified);
  CHECK(verified->generation == 2);
  CHECK(verified->keys == 1);
  CHECK(verified->versions == 2);
  keys.storage.facts().versions = 1;
  CHECK(is_refused(keys.manager.verify(), Refusal::kDataLoss));
  keys.storage.refuse_with(Error{ErrorScope::kStream, static_cast<int>(Refusal::kDataLoss), "unreadable"});
  CHECK(is_refused(keys.manager.verify(), Refusal::kDataLoss));
}

}  // namespace
}  // namespace hawser::test
