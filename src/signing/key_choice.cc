#include "src/signing/key_choice.h"

#include <string>

#include "src/keys/refusal.h"

namespace hawser::signing {
namespace {

using keys::Refusal;
using keys::VersionState;

std::string named(std::string_view id) { return "key \"" + std::string(id) + "\""; }

std::string named(const keys::Key& key, const keys::KeyVersion& version) {
  return "version " + std::to_string(version.number) + " of " + named(key.id);
}

Result<KeyChoice> find(const keys::KeyMap& map, const PendingKeys* pending, std::string_view id,
                       std::uint32_t number, std::optional<crypto::Algorithm> algorithm) {
  KeyChoice choice;
  choice.key = map.find(id);
  if (choice.key == nullptr) {
    if (pending != nullptr && pending->contains(id)) {
      return keys::refuse(Refusal::kUnavailable, named(id) + " is not ready yet: try again");
    }
    return keys::refuse(Refusal::kNotFound, "there is no " + named(id));
  }
  if (algorithm && !choice.key->allows(*algorithm)) {
    return keys::refuse(Refusal::kFailedPrecondition,
                        named(id) + " is not for " + std::string(crypto::facts(*algorithm).name));
  }
  choice.version = choice.key->find_version(number);
  if (choice.version == nullptr) {
    return keys::refuse(Refusal::kNotFound, named(id) + " has no version " + std::to_string(number));
  }
  return choice;
}

std::string_view what_forbids(VersionState state) {
  switch (state) {
    case VersionState::kDisabled:
      return " is disabled";
    case VersionState::kDestroyScheduled:
      return " is to be destroyed";
    case VersionState::kDestroyed:
      return " was destroyed";
    default:
      return "";
  }
}

}  // namespace

Result<KeyChoice> choose_to_sign(const keys::KeyMap& keys, const PendingKeys* pending, const SignPlan& plan) {
  Result<KeyChoice> choice = find(keys, pending, plan.key_id, plan.key_version, plan.algorithm);
  if (!choice) return choice;
  const keys::KeyVersion& version = *choice->version;
  if (version.state != VersionState::kEnabled) {
    return keys::refuse(Refusal::kFailedPrecondition,
                        named(*choice->key, version).append(what_forbids(version.state)));
  }
  if (version.private_key->is_quarantined()) {
    return keys::refuse(Refusal::kInternal, named(*choice->key, version) +
                                                " is out of service since a signature of it was wrong");
  }
  return choice;
}

Result<KeyChoice> choose_to_verify(const keys::KeyMap& keys, const PendingKeys* pending,
                                   const SignPlan& plan) {
  return find(keys, pending, plan.key_id, plan.key_version, plan.algorithm);
}

Result<KeyChoice> choose_public_key(const keys::KeyMap& keys, const PendingKeys* pending,
                                    const PublicKeyPlan& plan) {
  Result<KeyChoice> choice = find(keys, pending, plan.key_id, plan.key_version, plan.algorithm);
  if (!choice) return choice;
  if (plan.key_type && key_type_of(choice->key->spec) != *plan.key_type) {
    return keys::refuse(Refusal::kInvalidArgument,
                        named(plan.key_id) + " is not of key_type " + ::crypto::KeyType_Name(*plan.key_type));
  }
  return choice;
}

}  // namespace hawser::signing
