#include "src/admin/key_messages.h"

#include <string>

#include "src/keys/refusal.h"

namespace hawser::admin {
namespace {

// The message's numbers are the model's, from 1.
constexpr int kSpecs = 7;
static_assert(static_cast<int>(crypto::KeySpec::kRsa2048) + 1 == ::crypto::KEY_SPEC_RSA_2048);
static_assert(static_cast<int>(crypto::KeySpec::kRsa3072) + 1 == ::crypto::KEY_SPEC_RSA_3072);
static_assert(static_cast<int>(crypto::KeySpec::kRsa4096) + 1 == ::crypto::KEY_SPEC_RSA_4096);
static_assert(static_cast<int>(crypto::KeySpec::kEcP256) + 1 == ::crypto::KEY_SPEC_EC_P256);
static_assert(static_cast<int>(crypto::KeySpec::kEcP384) + 1 == ::crypto::KEY_SPEC_EC_P384);
static_assert(static_cast<int>(crypto::KeySpec::kEcP521) + 1 == ::crypto::KEY_SPEC_EC_P521);
static_assert(static_cast<int>(crypto::KeySpec::kEd25519) + 1 == ::crypto::KEY_SPEC_ED25519);
static_assert(::crypto::KEY_SPEC_ED25519 == kSpecs);
static_assert(static_cast<int>(keys::VersionState::kEnabled) == ::crypto::ENABLED);
static_assert(static_cast<int>(keys::VersionState::kDisabled) == ::crypto::DISABLED);
static_assert(static_cast<int>(keys::VersionState::kDestroyScheduled) == ::crypto::DESTROY_SCHEDULED);
static_assert(static_cast<int>(keys::VersionState::kDestroyed) == ::crypto::DESTROYED);

void write_version(const keys::KeyVersion& version, ::crypto::KeyVersionInfo& message) {
  message.set_version(version.number);
  message.set_state(static_cast<::crypto::KeyVersionState>(version.state));
  message.set_created_ms(version.created_ms);
  message.set_destroy_ms(version.destroy_ms);
  message.set_public_key_der(version.public_key->spki());
  message.set_spki_sha256(version.public_key->spki_sha256());
}

}  // namespace

void write_key(const keys::Key& key, ::crypto::KeyInfo& message) {
  message.set_key_id(key.id);
  message.set_spec(message_of(key.spec));
  for (const crypto::Algorithm algorithm : key.algorithms) {
    message.add_algorithms(static_cast<::crypto::SigningAlgorithm>(algorithm));
  }
  message.set_primary_version(key.primary);
  for (const keys::KeyVersion& version : key.versions) write_version(version, *message.add_versions());
  message.set_created_ms(key.created_ms);
  message.set_rotate_after_ms(key.rotate_after_ms);
}

::crypto::KeySpec message_of(crypto::KeySpec spec) {
  return static_cast<::crypto::KeySpec>(static_cast<int>(spec) + 1);
}

std::optional<crypto::KeySpec> spec_of(::crypto::KeySpec message) {
  const int number = message;  // an open enum: any number
  if (number < 1 || number > kSpecs) return std::nullopt;
  return static_cast<crypto::KeySpec>(number - 1);
}

std::optional<keys::VersionState> state_of(::crypto::KeyVersionState message) {
  switch (message) {
    case ::crypto::ENABLED:
      return keys::VersionState::kEnabled;
    case ::crypto::DISABLED:
      return keys::VersionState::kDisabled;
    case ::crypto::DESTROY_SCHEDULED:
      return keys::VersionState::kDestroyScheduled;
    default:
      return std::nullopt;
  }
}

Result<std::vector<crypto::Algorithm>> algorithms_of(const google::protobuf::RepeatedField<int>& numbers) {
  std::vector<crypto::Algorithm> algorithms;
  for (const int number : numbers) {
    const auto algorithm = crypto::algorithm_of(number);
    if (!algorithm) {
      return keys::refuse(keys::Refusal::kInvalidArgument,
                          "there is no signing algorithm of the number " + std::to_string(number));
    }
    algorithms.push_back(*algorithm);
  }
  return algorithms;
}

}  // namespace hawser::admin
