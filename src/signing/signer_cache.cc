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
    std::shared_ptr<const crypto::PrivateKey> key = version.private_key->get();
    if (key == nullptr) {
      return keys::refuse(keys::Refusal::kFailedPrecondition, "this version of the key was destroyed");
    }
    auto signer = crypto::Signer::create(*key, algorithm, hasher_);
    if (!signer) return tl::unexpected<Error>(std::move(signer.error()));
    make_room();
    found = entries_.try_emplace(id, Entry{version.private_key, std::move(key), std::move(*signer)}).first;
  }
  found->second.last_used = ++uses_;
  return &found->second.signer;
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
