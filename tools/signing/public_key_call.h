// CryptoService.GetPublicKey, with its reply checked.
#pragma once

#include <string_view>

#include "crypto.pb.h"
#include "hawser/base/clock.h"
#include "hawser/base/result.h"
#include "hawser/client/channel.h"
#include "src/crypto/hasher.h"
#include "tools/signing/signing.h"

namespace hawser::tools {

/// Scope stream: the call failed, or the reply's checksum, hash or key is wrong. `legacy` asks as the oldest
/// clients do, whose replies have none of these.
Result<::crypto::PublicKeyResponse> get_public_key(client::Channel& channel, const KeyChoice& key,
                                                   bool legacy, Duration timeout,
                                                   const crypto::Hasher& hasher);

}  // namespace hawser::tools
