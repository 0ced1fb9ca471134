// What lanes, keyring and storage say of themselves, in the words of the metrics.
#pragma once

#include "src/keys/key_storage.h"
#include "src/keys/keyring.h"
#include "src/metrics/service_stats.h"
#include "src/signing/signing_service.h"

namespace hawser {

/// Any thread.
metrics::ServiceStats service_stats_of(const signing::SigningService::Stats& signing,
                                       const keys::Keyring& keyring, const keys::KeyStorage& storage);

}  // namespace hawser
