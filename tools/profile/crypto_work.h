// Calls of CryptoService: Sign, Verify or GetPublicKey.
#pragma once

#include <memory>

#include "hawser/base/result.h"
#include "tools/profile/load_config.h"
#include "tools/profile/payload_size.h"
#include "tools/profile/work.h"

namespace hawser::profile {

/// `payloads`: of the messages to sign or verify. Fails when the algorithm has no such name, when Verify is
/// to have messages of any size in a range (both scope usage), and when the server doesn't give the signature
/// that Verify needs of a message of each size.
Result<std::unique_ptr<Work>> make_crypto_work(const LoadConfig& config, PayloadDraws payloads);

}  // namespace hawser::profile
