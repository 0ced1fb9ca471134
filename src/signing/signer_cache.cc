#include "src/signing/signer_cache.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "src/keys/refusal.h"

namespace hawser::signing {

Result<crypto::Signer*> SignerCache::get(const keys::KeyVersion& version, crypto::Algorithm algorithm) {
  const Id id{version.private_key.get(), algorithm};
  auto found = entries_.find(id);
  if (found == entries_.end()) {
    Entry entry;
    entry.slot = version.private_key;
    entry.key = version.private_key->get();
    if (entry.key == nullptr) {
      return keys::refuse(keys::Refusal::kFailedPrecondition, "this version of the key was destroyed");
    }
    if (makes_copies_ && crypto::is_rsa(entry.key->spec())) use_copy(entry);
    auto signer = crypto::Signer::create(*entry.key, algorithm, hasher_);
    if (!signer) return tl::unexpected<Error>(std::move(signer.error()));
    entry.signer.emplace(std::move(*signer));
    make_room();
    found = entries_.try_emplace(id, std::move(entry)).first;
  }
  found->second.last_used = ++uses_;
  return &*found->second.signer;
}

std::size_t SignerCache::copies() const {
  std::unordered_set<const crypto::PrivateKey*> copies;
  for (const auto& [id, entry] : entries_) {
    if (entry.is_copy) copies.insert(entry.key.get());
  }
  return copies.size();
}

// One for all algorithms of the key. Without room for it, the key does.
void SignerCache::use_copy(Entry& entry) const {
  for (const auto& [id, other] : entries_) {
    if (other.slot != entry.slot || !other.is_copy) continue;
    entry.key = other.key;
    entry.is_copy = true;
    return;
  }
  if (copies() >= kMostCopies) return;
  // By way of PKCS#8, so that its parts are in the secure heap as the key's are.
  const auto pkcs8 = entry.key->to_pkcs8();
  if (!pkcs8) return;
  auto copy = crypto::PrivateKey::from_trusted_pkcs8(pkcs8->view());
  if (!copy) return;
  entry.key = std::make_shared<const crypto::PrivateKey>(std::move(*copy));
  entry.is_copy = true;
}

void SignerCache::make_room() {
  if (entries_.size() < kMost) return;
  entries_.erase(std::min_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
    return a.second.last_used < b.second.last_used;
  }));
}

void SignerCache::keep_only(const keys::KeyMap& map) {
  if (entries_.empty()) return;
  std::unordered_set<const keys::PrivateSlot*> usable;
  for (const keys::Key& key : map.keys()) {
    for (const keys::KeyVersion& version : key.versions) {
      if (version.state == keys::VersionState::kEnabled) usable.insert(version.private_key.get());
    }
  }
  std::erase_if(entries_, [&](const auto& entry) {
    return usable.count(entry.first.slot) == 0 || entry.second.slot->get() == nullptr;
  });
}

}  // namespace hawser::signing
