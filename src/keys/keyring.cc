#include "src/keys/keyring.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace hawser::keys {

KeyMap::KeyMap(std::vector<Key> keys) : keys_(std::move(keys)) {
  std::sort(keys_.begin(), keys_.end(), [](const Key& a, const Key& b) { return a.id < b.id; });
}

const Key* KeyMap::find(std::string_view id) const {
  const auto found =
      std::lower_bound(keys_.begin(), keys_.end(), id,
                       [](const Key& key, std::string_view wanted) { return key.id < wanted; });
  return found != keys_.end() && found->id == id ? &*found : nullptr;
}

void Keyring::publish(std::shared_ptr<const KeyMap> map) {
  const std::lock_guard lock(mutex_);
  map_.swap(map);
  epoch_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const KeyMap> Keyring::snapshot() const {
  const std::lock_guard lock(mutex_);
  return map_;
}

std::pair<std::shared_ptr<const KeyMap>, std::uint64_t> Keyring::snapshot_of_epoch() const {
  const std::lock_guard lock(mutex_);
  return {map_, epoch_.load(std::memory_order_relaxed)};
}

const KeyMap& KeyringReader::current() {
  if (keyring_->epoch() != epoch_) std::tie(map_, epoch_) = keyring_->snapshot_of_epoch();
  return *map_;
}

}  // namespace hawser::keys
