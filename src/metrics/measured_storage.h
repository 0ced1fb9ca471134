// A storage of keys whose writes are timed and counted.
#pragma once

#include <atomic>
#include <cstdint>

#include "src/keys/key_storage.h"
#include "src/metrics/histogram.h"

namespace hawser::metrics {

struct StorageMeter {
  Histogram writes;  ///< Failed ones included.
  std::atomic<std::uint64_t> errors{0};
};

/// Both outlive it. Reading its meter: any thread.
class MeasuredStorage final : public keys::KeyStorage {
 public:
  MeasuredStorage(keys::KeyStorage& storage, StorageMeter& meter) : storage_(storage), meter_(meter) {}

  Result<void> save(const keys::KeyMap& keys) override;
  /// Counted as an error only when it was the disk that refused.
  Result<void> change_passphrase(const crypto::SecretBytes& old_passphrase,
                                 const crypto::SecretBytes& new_passphrase) override;
  Result<keys::StorageFacts> verify() override { return storage_.verify(); }
  std::uint64_t generation() const override { return storage_.generation(); }
  bool is_durable() const override { return storage_.is_durable(); }

 private:
  keys::KeyStorage& storage_;
  StorageMeter& meter_;
};

}  // namespace hawser::metrics
