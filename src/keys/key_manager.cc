#include "src/keys/key_manager.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "src/crypto/stack_wipe.h"
#include "src/keys/key_id.h"
#include "src/keys/refusal.h"
#include "src/keys/version_changes.h"

namespace hawser::keys {
namespace {

constexpr std::int64_t kShortestRotationMs = 60'000;
constexpr std::int64_t kLongestRotationMs = 100LL * 365 * 24 * 3600 * 1000;

tl::unexpected<Error> pass(const Error& error) { return tl::unexpected<Error>(error); }

Result<void> check_id(std::string_view id) {
  if (is_key_id(id)) return {};
  return refuse(
      Refusal::kInvalidArgument,
      "a key id has 1 to 63 lower-case letters, digits, '.', '_' and '-', begins and ends with a letter "
      "or digit, and has no '..'");
}

tl::unexpected<Error> not_found(std::string_view id) {
  return refuse(Refusal::kNotFound, "there is no key " + std::string(id));
}

Result<const Key*> find(const KeyMap& map, std::string_view id) {
  if (const auto checked = check_id(id); !checked) return pass(checked.error());
  const Key* key = map.find(id);
  if (key == nullptr) return not_found(id);
  return key;
}

// Each once, in the order given.
Result<std::vector<crypto::Algorithm>> check_algorithms(const std::vector<crypto::Algorithm>& asked,
                                                        crypto::KeySpec spec) {
  const auto all = crypto::algorithms_of(spec);
  if (asked.empty()) return std::vector<crypto::Algorithm>(all.begin(), all.end());
  std::vector<crypto::Algorithm> algorithms;
  for (const crypto::Algorithm algorithm : asked) {
    if (!crypto::fits(spec, algorithm)) {
      return refuse(Refusal::kInvalidArgument, std::string(crypto::facts(algorithm).name) +
                                                   " is no algorithm of " +
                                                   std::string(crypto::name_of(spec)) + " keys");
    }
    if (std::find(algorithms.begin(), algorithms.end(), algorithm) == algorithms.end()) {
      algorithms.push_back(algorithm);
    }
  }
  return algorithms;
}

// What storage says outside of its contract may name paths.
Error refusal_of(Error error) {
  if (error.scope == ErrorScope::kStream) return error;
  return Error{ErrorScope::kStream, static_cast<int>(Refusal::kUnavailable),
               "the keystore could not be used; nothing was changed"};
}

// Moved, not copied: from here on the slot alone holds the private key.
KeyVersion version_of_pair(KeyPair pair, std::int64_t now_ms) {
  KeyVersion version;
  version.created_ms = now_ms;
  version.public_key = std::move(pair.public_key);
  version.private_key = std::make_shared<PrivateSlot>(std::move(pair.private_key));
  return version;
}

std::int64_t rotation_due_ms(const Key& key) { return key.versions.back().created_ms + key.rotate_after_ms; }

std::optional<std::int64_t> sooner(std::optional<std::int64_t> one, std::int64_t other) {
  return one ? std::min(*one, other) : other;
}

void note(SweepResult& sweep, const Result<Key>& result) {
  if (result) {
    ++sweep.changed;
  } else if (!sweep.failure) {
    sweep.failure = result.error();
  }
}

}  // namespace

std::int64_t unix_ms_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
}

KeyManager::KeyManager(Keyring& keyring, KeyStorage& storage, const crypto::Hasher& hasher,
                       KeyManagerOptions options)
    : keyring_(keyring), storage_(storage), hasher_(hasher), options_(std::move(options)) {}

Result<Key> KeyManager::create(const KeyTraits& traits, crypto::KeySpec spec, const std::stop_token& stop) {
  if (const auto checked = check_new(traits); !checked) return pass(checked.error());
  const auto algorithms = check_algorithms(traits.algorithms, spec);
  if (!algorithms) return pass(algorithms.error());
  auto pair = generate(spec, *algorithms, stop);
  if (!pair) return pass(pair.error());
  return add(traits, *algorithms, std::move(*pair));
}

Result<Key> KeyManager::import_key(const KeyTraits& traits, std::string_view pkcs8) {
  if (const auto checked = check_new(traits); !checked) return pass(checked.error());
  auto pair = read_pair(pkcs8, hasher_);
  if (!pair) return pass(pair.error());
  const auto algorithms = check_algorithms(traits.algorithms, pair->public_key->spec());
  if (!algorithms) return pass(algorithms.error());
  if (const auto tested = test_pair(*pair, *algorithms, hasher_); !tested) return pass(tested.error());
  return add(traits, *algorithms, std::move(*pair));
}

Result<Key> KeyManager::import_version(std::string_view id, std::string_view pkcs8) {
  const auto key = get(id);
  if (!key) return key;
  auto pair = read_pair(pkcs8, hasher_);
  if (!pair) return pass(pair.error());
  if (pair->public_key->spec() != key->spec) {
    return refuse(Refusal::kInvalidArgument, "key " + key->id + " is of kind " +
                                                 std::string(crypto::name_of(key->spec)) + ", this one of " +
                                                 std::string(crypto::name_of(pair->public_key->spec())));
  }
  if (const auto tested = test_pair(*pair, key->algorithms, hasher_); !tested) return pass(tested.error());
  return add_version(id, std::move(*pair));
}

Result<Key> KeyManager::rotate(std::string_view id, const std::stop_token& stop) {
  const auto key = get(id);
  if (!key) return key;
  // Asked before the work too: a full key would be due for rotation again and again.
  Key trial = *key;
  if (const auto room = append_primary(trial, {}, options_.most_versions); !room) return pass(room.error());
  auto pair = generate(key->spec, key->algorithms, stop);
  if (!pair) return pass(pair.error());
  return add_version(id, std::move(*pair));
}

Result<Key> KeyManager::set_primary(std::string_view id, std::uint32_t number) {
  return change(id, [&](Key& key) { return make_primary(key, number); });
}

Result<Key> KeyManager::set_state(std::string_view id, std::uint32_t number, VersionState state,
                                  std::int64_t destroy_ms) {
  auto changed = change(
      id, [&](Key& key) { return set_version_state(key, number, state, destroy_ms, options_.clock()); });
  if (changed && state != VersionState::kEnabled) withdraw_stale_keys();
  return changed;
}

Result<Key> KeyManager::destroy(std::string_view id, std::uint32_t number) {
  const std::lock_guard lock(changes_);
  return destroy_locked(id, number);
}

Result<ExportedVersion> KeyManager::export_version(std::string_view id, std::uint32_t number) {
  // Under the lock, so that destroy() returns only when this copy of the pointer is gone.
  const std::lock_guard lock(changes_);
  const auto map = keyring_.snapshot();
  const auto key = find(*map, id);
  if (!key) return pass(key.error());
  const KeyVersion* version = (*key)->find_version(number);
  if (version == nullptr) {
    return refuse(Refusal::kNotFound, "key " + (*key)->id + " has no version " + std::to_string(number));
  }
  const auto private_key = version->private_key->get();
  if (version->state == VersionState::kDestroyed || private_key == nullptr) {
    return refuse(Refusal::kFailedPrecondition,
                  "version " + std::to_string(version->number) + " is destroyed, which is final");
  }
  auto pkcs8 = private_key->to_pkcs8();
  if (!pkcs8) return refuse(Refusal::kInternal, "writing the private key failed");
  return ExportedVersion{version->number, std::move(*pkcs8)};
}

Result<Key> KeyManager::get(std::string_view id) const {
  const auto map = keyring_.snapshot();
  const auto key = find(*map, id);
  if (!key) return pass(key.error());
  return **key;
}

SweepResult KeyManager::destroy_due() {
  SweepResult sweep;
  const std::lock_guard lock(changes_);
  const std::int64_t now_ms = options_.clock();
  const auto map = keyring_.snapshot();
  for (const Key& key : map->keys()) {
    for (const KeyVersion& version : key.versions) {
      if (version.state != VersionState::kDestroyScheduled || version.destroy_ms > now_ms) continue;
      note(sweep, destroy_locked(key.id, version.number));
    }
  }
  return sweep;
}

SweepResult KeyManager::rotate_due(const std::stop_token& stop) {
  SweepResult sweep;
  const auto map = keyring_.snapshot();
  for (const Key& key : map->keys()) {
    if (stop.stop_requested()) break;
    if (key.rotate_after_ms == 0 || rotation_due_ms(key) > options_.clock()) continue;
    note(sweep, rotate(key.id, stop));
  }
  return sweep;
}

std::optional<std::int64_t> KeyManager::next_destruction_ms() const {
  std::optional<std::int64_t> next;
  const auto map = keyring_.snapshot();
  for (const Key& key : map->keys()) {
    for (const KeyVersion& version : key.versions) {
      if (version.state == VersionState::kDestroyScheduled) next = sooner(next, version.destroy_ms);
    }
  }
  return next;
}

std::optional<std::int64_t> KeyManager::next_rotation_ms() const {
  std::optional<std::int64_t> next;
  const auto map = keyring_.snapshot();
  for (const Key& key : map->keys()) {
    if (key.rotate_after_ms != 0) next = sooner(next, rotation_due_ms(key));
  }
  return next;
}

Result<std::uint64_t> KeyManager::change_passphrase(const crypto::SecretBytes& old_passphrase,
                                                    const crypto::SecretBytes& new_passphrase) {
  const std::lock_guard lock(changes_);
  if (auto changed = storage_.change_passphrase(old_passphrase, new_passphrase); !changed) {
    return tl::unexpected<Error>(refusal_of(std::move(changed.error())));
  }
  return storage_.generation();
}

Result<StorageFacts> KeyManager::verify() {
  const std::lock_guard lock(changes_);
  auto stored = storage_.verify();
  if (!stored) return tl::unexpected<Error>(refusal_of(std::move(stored.error())));
  const StorageFacts held = facts_of(*keyring_.snapshot(), storage_.generation());
  if (stored->generation != held.generation || stored->keys != held.keys ||
      stored->versions != held.versions) {
    return refuse(Refusal::kDataLoss, "what is stored is not what this server works with");
  }
  return stored;
}

Result<void> KeyManager::check_new(const KeyTraits& traits) const {
  if (auto checked = check_id(traits.id); !checked) return checked;
  const auto map = keyring_.snapshot();
  if (map->find(traits.id) != nullptr) {
    return refuse(Refusal::kAlreadyExists, "there is a key " + traits.id + " already");
  }
  if (map->keys().size() >= options_.most_keys) {
    return refuse(Refusal::kResourceExhausted,
                  "there are " + std::to_string(map->keys().size()) + " keys, as many as there may be");
  }
  const std::int64_t rotate_after_ms = traits.rotate_after_ms;
  if (rotate_after_ms != 0 &&
      (rotate_after_ms < kShortestRotationMs || rotate_after_ms > kLongestRotationMs)) {
    return refuse(Refusal::kInvalidArgument,
                  "rotate_after_ms is 0 or from a minute (60000) to a hundred years");
  }
  return {};
}

Result<Key> KeyManager::add(const KeyTraits& traits, const std::vector<crypto::Algorithm>& algorithms,
                            KeyPair pair) {
  const std::lock_guard lock(changes_);
  // Again: another change may have come in between.
  if (const auto checked = check_new(traits); !checked) return pass(checked.error());
  const std::int64_t now_ms = options_.clock();
  Key key{traits.id, pair.public_key->spec(), algorithms, 0, now_ms, traits.rotate_after_ms, {}};
  if (const auto added =
          append_primary(key, version_of_pair(std::move(pair), now_ms), options_.most_versions);
      !added) {
    return pass(added.error());
  }
  std::vector<Key> keys = keyring_.snapshot()->keys();
  keys.push_back(key);
  if (const auto done = commit(std::make_shared<const KeyMap>(std::move(keys))); !done) {
    return pass(done.error());
  }
  return key;
}

Result<Key> KeyManager::add_version(std::string_view id, KeyPair pair) {
  return change(id, [&](Key& key) -> Result<void> {
    for (const KeyVersion& version : key.versions) {
      if (version.state != VersionState::kDestroyed &&
          version.public_key->spki_sha256() == pair.public_key->spki_sha256()) {
        return refuse(Refusal::kAlreadyExists,
                      "this is version " + std::to_string(version.number) + " of key " + key.id + " already");
      }
    }
    return append_primary(key, version_of_pair(std::move(pair), options_.clock()), options_.most_versions);
  });
}

Result<Key> KeyManager::change(std::string_view id, const Change& change) {
  const std::lock_guard lock(changes_);
  return change_locked(id, change);
}

Result<Key> KeyManager::change_locked(std::string_view id, const Change& change) {
  if (const auto checked = check_id(id); !checked) return pass(checked.error());
  std::vector<Key> keys = keyring_.snapshot()->keys();
  const auto key = std::find_if(keys.begin(), keys.end(), [&](const Key& one) { return one.id == id; });
  if (key == keys.end()) return not_found(id);
  if (const auto done = change(*key); !done) return pass(done.error());
  Key changed = *key;
  if (const auto done = commit(std::make_shared<const KeyMap>(std::move(keys))); !done) {
    return pass(done.error());
  }
  return changed;
}

Result<Key> KeyManager::destroy_locked(std::string_view id, std::uint32_t number) {
  auto changed = change_locked(id, [&](Key& key) { return mark_destroyed(key, number, options_.clock()); });
  if (!changed) return changed;
  changed->find_version(number)->private_key->destroy();
  withdraw_stale_keys();
  return changed;
}

Result<void> KeyManager::commit(std::shared_ptr<const KeyMap> map) {
  // Storage has had all private keys in its hands.
  const crypto::StackWipe wipe;
  if (auto saved = storage_.save(*map); !saved) {
    return tl::unexpected<Error>(refusal_of(std::move(saved.error())));
  }
  keyring_.publish(std::move(map));
  return {};
}

Result<KeyPair> KeyManager::generate(crypto::KeySpec spec, const std::vector<crypto::Algorithm>& algorithms,
                                     const std::stop_token& stop) {
  const std::lock_guard lock(generation_);
  return generate_pair(spec, algorithms, hasher_, stop);
}

void KeyManager::withdraw_stale_keys() {
  for (KeyUsers* users : users_) users->let_go_of_stale_keys();
}

}  // namespace hawser::keys
