#include "src/keys/key_storage.h"

#include "src/keys/refusal.h"

namespace hawser::keys {

Result<void> EphemeralStorage::save(const KeyMap& keys) {
  facts_ = facts_of(keys, ++generation_);
  return {};
}

Result<void> EphemeralStorage::change_passphrase(const crypto::SecretBytes&, const crypto::SecretBytes&) {
  return refuse(Refusal::kFailedPrecondition, "this server has no keystore, so there is no passphrase");
}

Result<StorageFacts> EphemeralStorage::verify() { return facts_; }

StorageFacts facts_of(const KeyMap& keys, std::uint64_t generation) {
  StorageFacts facts{generation, keys.keys().size(), 0};
  for (const Key& key : keys.keys()) facts.versions += key.versions.size();
  return facts;
}

}  // namespace hawser::keys
