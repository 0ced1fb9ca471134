#include "src/keys/version_changes.h"

#include <limits>
#include <string>
#include <utility>

#include "src/keys/refusal.h"

namespace hawser::keys {
namespace {

std::string name_of(const KeyVersion& version) { return "version " + std::to_string(version.number); }

tl::unexpected<Error> destroyed(const KeyVersion& version) {
  return refuse(Refusal::kFailedPrecondition, name_of(version) + " is destroyed, which is final");
}

tl::unexpected<Error> primary(const KeyVersion& version) {
  return refuse(
      Refusal::kFailedPrecondition,
      name_of(version) + " is the primary one, which stays enabled: make another one primary first");
}

Result<void> enable(KeyVersion& version) {
  if (version.state == VersionState::kDestroyScheduled) {
    return refuse(Refusal::kFailedPrecondition,
                  name_of(version) + " is to be destroyed: disable it to take that back, then enable it");
  }
  version.state = VersionState::kEnabled;
  return {};
}

Result<void> schedule(KeyVersion& version, std::int64_t destroy_ms, std::int64_t now_ms) {
  if (destroy_ms <= now_ms) {
    return refuse(
        Refusal::kInvalidArgument,
        "destroy_ms is not in the future: give the milliseconds since the Unix epoch when the version "
        "is to be destroyed");
  }
  version.state = VersionState::kDestroyScheduled;
  version.destroy_ms = destroy_ms;
  return {};
}

}  // namespace

Result<KeyVersion*> version_of(Key& key, std::uint32_t number) {
  if (number == 0) {
    return refuse(Refusal::kInvalidArgument, "a version is named by its number, which is not 0");
  }
  for (KeyVersion& version : key.versions) {
    if (version.number == number) return &version;
  }
  return refuse(Refusal::kNotFound, "key " + key.id + " has no version " + std::to_string(number));
}

Result<void> make_primary(Key& key, std::uint32_t number) {
  const auto version = version_of(key, number);
  if (!version) return tl::unexpected<Error>(version.error());
  if ((*version)->state == VersionState::kDestroyed) return destroyed(**version);
  if ((*version)->state != VersionState::kEnabled) {
    return refuse(Refusal::kFailedPrecondition, name_of(**version) + " is not enabled: enable it first");
  }
  key.primary = number;
  return {};
}

Result<void> set_version_state(Key& key, std::uint32_t number, VersionState state, std::int64_t destroy_ms,
                               std::int64_t now_ms) {
  if (state == VersionState::kDestroyed) {
    return refuse(Refusal::kInvalidArgument, "a version is destroyed by DestroyKeyVersion, not by its state");
  }
  if (state != VersionState::kDestroyScheduled && destroy_ms != 0) {
    return refuse(Refusal::kInvalidArgument, "destroy_ms goes with DESTROY_SCHEDULED alone");
  }
  const auto found = version_of(key, number);
  if (!found) return tl::unexpected<Error>(found.error());
  KeyVersion& version = **found;
  if (version.state == VersionState::kDestroyed) return destroyed(version);
  if (state == VersionState::kEnabled) return enable(version);
  if (number == key.primary) return primary(version);
  if (state == VersionState::kDestroyScheduled) return schedule(version, destroy_ms, now_ms);
  version.state = VersionState::kDisabled;
  version.destroy_ms = 0;
  return {};
}

Result<void> mark_destroyed(Key& key, std::uint32_t number, std::int64_t now_ms) {
  const auto found = version_of(key, number);
  if (!found) return tl::unexpected<Error>(found.error());
  KeyVersion& version = **found;
  if (version.state == VersionState::kDestroyed) return destroyed(version);
  if (number == key.primary) return primary(version);
  version.state = VersionState::kDestroyed;
  version.destroy_ms = now_ms;
  return {};
}

Result<void> append_primary(Key& key, KeyVersion version, std::size_t most_versions) {
  const std::uint32_t last = key.versions.empty() ? 0 : key.versions.back().number;
  if (key.versions.size() >= most_versions || last == std::numeric_limits<std::uint32_t>::max()) {
    return refuse(Refusal::kResourceExhausted,
                  "key " + key.id + " has " + std::to_string(key.versions.size()) +
                      " versions, as many as a key may have: create another key");
  }
  version.number = last + 1;
  version.state = VersionState::kEnabled;
  key.primary = version.number;
  key.versions.push_back(std::move(version));
  return {};
}

}  // namespace hawser::keys
