#include "src/keys/version_changes.h"

#include <doctest/doctest.h>

#include <array>

#include "src/keys/refusal.h"
#include "unit/keys/managed_keys.h"

namespace hawser::test {
namespace {

using keys::Key;
using keys::Refusal;
using keys::VersionState;

constexpr std::int64_t kNow = 1000;
constexpr std::array kStates = {VersionState::kEnabled, VersionState::kDisabled,
                                VersionState::kDestroyScheduled, VersionState::kDestroyed};

// Version 1 in a state, version 2 enabled and primary.
Key key_with(VersionState state) {
  Key key{.id = "k"};
  REQUIRE(append_primary(key, {}, 10));
  REQUIRE(append_primary(key, {}, 10));
  key.versions[0].state = state;
  if (state == VersionState::kDestroyScheduled || state == VersionState::kDestroyed) {
    key.versions[0].destroy_ms = 5000;
  }
  return key;
}

TEST_CASE("Version changes: each state goes where the state machine says and nowhere else") {
  struct Step {
    VersionState from;
    VersionState to;
    bool allowed;
  };
  const std::array<Step, 12> steps = {{
      {VersionState::kEnabled, VersionState::kEnabled, true},
      {VersionState::kEnabled, VersionState::kDisabled, true},
      {VersionState::kEnabled, VersionState::kDestroyScheduled, true},
      {VersionState::kDisabled, VersionState::kEnabled, true},
      {VersionState::kDisabled, VersionState::kDisabled, true},
      {VersionState::kDisabled, VersionState::kDestroyScheduled, true},
      {VersionState::kDestroyScheduled, VersionState::kEnabled, false},
      {VersionState::kDestroyScheduled, VersionState::kDisabled, true},
      {VersionState::kDestroyScheduled, VersionState::kDestroyScheduled, true},
      {VersionState::kDestroyed, VersionState::kEnabled, false},
      {VersionState::kDestroyed, VersionState::kDisabled, false},
      {VersionState::kDestroyed, VersionState::kDestroyScheduled, false},
  }};
  for (const Step& step : steps) {
    CAPTURE(static_cast<int>(step.from));
    CAPTURE(static_cast<int>(step.to));
    Key key = key_with(step.from);
    const std::int64_t destroy_ms = step.to == VersionState::kDestroyScheduled ? kNow + 1 : 0;
    const auto changed = set_version_state(key, 1, step.to, destroy_ms, kNow);
    if (step.allowed) {
      CHECK(changed.has_value());
      CHECK(key.versions[0].state == step.to);
      CHECK(key.versions[0].destroy_ms == destroy_ms);
    } else {
      CHECK(is_refused(changed, Refusal::kFailedPrecondition));
      CHECK(key.versions[0].state == step.from);
    }
  }
}

TEST_CASE("Version changes: every state but the final one can be destroyed, with the time of it") {
  for (const VersionState state : kStates) {
    CAPTURE(static_cast<int>(state));
    Key key = key_with(state);
    const auto changed = mark_destroyed(key, 1, kNow);
    if (state == VersionState::kDestroyed) {
      CHECK(is_refused(changed, Refusal::kFailedPrecondition));
      CHECK(key.versions[0].destroy_ms == 5000);
    } else {
      CHECK(changed.has_value());
      CHECK(key.versions[0].state == VersionState::kDestroyed);
      CHECK(key.versions[0].destroy_ms == kNow);
    }
  }
}

TEST_CASE("Version changes: the primary version stays enabled") {
  Key key = key_with(VersionState::kEnabled);
  CHECK(
      is_refused(set_version_state(key, 2, VersionState::kDisabled, 0, kNow), Refusal::kFailedPrecondition));
  CHECK(is_refused(set_version_state(key, 2, VersionState::kDestroyScheduled, kNow + 1, kNow),
                   Refusal::kFailedPrecondition));
  CHECK(is_refused(mark_destroyed(key, 2, kNow), Refusal::kFailedPrecondition));
  CHECK(set_version_state(key, 2, VersionState::kEnabled, 0, kNow));
  CHECK(key.versions[1].state == VersionState::kEnabled);
}

TEST_CASE("Version changes: only an enabled version becomes the primary one") {
  for (const VersionState state : kStates) {
    CAPTURE(static_cast<int>(state));
    Key key = key_with(state);
    const auto changed = make_primary(key, 1);
    if (state == VersionState::kEnabled) {
      CHECK(changed.has_value());
      CHECK(key.primary == 1);
    } else {
      CHECK(is_refused(changed, Refusal::kFailedPrecondition));
      CHECK(key.primary == 2);
    }
  }
}

TEST_CASE("Version changes: what makes no sense is an invalid argument") {
  Key key = key_with(VersionState::kEnabled);
  CHECK(is_refused(set_version_state(key, 1, VersionState::kDestroyScheduled, kNow, kNow),
                   Refusal::kInvalidArgument));
  CHECK(is_refused(set_version_state(key, 1, VersionState::kDisabled, kNow + 1, kNow),
                   Refusal::kInvalidArgument));
  CHECK(is_refused(set_version_state(key, 1, VersionState::kDestroyed, 0, kNow), Refusal::kInvalidArgument));
  CHECK(is_refused(set_version_state(key, 0, VersionState::kDisabled, 0, kNow), Refusal::kInvalidArgument));
  CHECK(is_refused(make_primary(key, 0), Refusal::kInvalidArgument));
  CHECK(is_refused(mark_destroyed(key, 0, kNow), Refusal::kInvalidArgument));
  CHECK(is_refused(make_primary(key, 3), Refusal::kNotFound));
  CHECK(is_refused(mark_destroyed(key, 3, kNow), Refusal::kNotFound));
  CHECK(is_refused(set_version_state(key, 3, VersionState::kDisabled, 0, kNow), Refusal::kNotFound));
}

TEST_CASE("Version changes: numbers go up by one from 1, up to as many as may be") {
  Key key;
  for (std::uint32_t number = 1; number <= 3; ++number) {
    REQUIRE(append_primary(key, {}, 3));
    CHECK(key.versions.back().number == number);
    CHECK(key.primary == number);
  }
  CHECK(is_refused(append_primary(key, {}, 3), Refusal::kResourceExhausted));
  CHECK(key.versions.size() == 3);
}

}  // namespace
}  // namespace hawser::test
