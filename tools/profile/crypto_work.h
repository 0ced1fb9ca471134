// Calls of CryptoService: Sign, Verify or GetPublicKey.
#pragma once

#include <memory>

#include "hawser/base/result.h"
#include "tools/profile/load_config.h"
#include "tools/profile/work.h"

namespace hawser::profile {

/// Fails when the algorithm has no such name (scope usage), and, for Verify, when the server doesn't give the
/// signature that all calls are to verify.
Result<std::unique_ptr<Work>> make_crypto_work(const LoadConfig& config);

}  // namespace hawser::profile
