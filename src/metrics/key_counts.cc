#include "src/metrics/key_counts.h"

namespace hawser::metrics {

void KeyCounts::add(std::string_view key_id) {
  if (most_ == 0) return;
  const std::lock_guard lock(mutex_);
  if (const auto found = counts_.find(key_id); found != counts_.end()) {
    ++found->second;
  } else if (counts_.size() < most_) {
    counts_.emplace(key_id, 1);
  } else {
    ++others_;
  }
}

std::vector<KeyCounts::Count> KeyCounts::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<Count> all;
  for (const auto& [key_id, calls] : counts_) all.push_back({key_id, calls});
  if (others_ > 0) all.push_back({"other keys", others_});
  return all;
}

}  // namespace hawser::metrics
