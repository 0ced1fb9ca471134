#include "src/metrics/measured_storage.h"

#include "src/keys/refusal.h"

namespace hawser::metrics {

Result<void> MeasuredStorage::save(const keys::KeyMap& keys) {
  const Instant start = Clock::now();
  auto saved = storage_.save(keys);
  meter_.writes.observe(Clock::now() - start);
  if (!saved) meter_.errors.fetch_add(1, std::memory_order_relaxed);
  return saved;
}

Result<void> MeasuredStorage::change_passphrase(const crypto::SecretBytes& old_passphrase,
                                                const crypto::SecretBytes& new_passphrase) {
  auto changed = storage_.change_passphrase(old_passphrase, new_passphrase);
  const bool refused = !changed && changed.error().code == static_cast<int>(keys::Refusal::kUnavailable);
  if (refused) meter_.errors.fetch_add(1, std::memory_order_relaxed);
  return changed;
}

}  // namespace hawser::metrics
