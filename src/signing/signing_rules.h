// What all workers go by when they sign, and what they count together.
#pragma once

#include <atomic>
#include <cstdint>

#include "src/crypto/hasher.h"
#include "src/signing/pending_keys.h"
#include "src/signing/signature_tamper.h"
#include "src/signing/verify_after_sign.h"

namespace hawser::signing {

/// Shared by threads: only the counter changes, and what is pending.
struct SigningRules {
  explicit SigningRules(const crypto::Hasher& the_hasher) : hasher(the_hasher) {}

  const crypto::Hasher& hasher;
  PendingKeys pending;
  VerifyPolicy verify;
  SignatureTamper* tamper = nullptr;              ///< Null but in tests.
  std::atomic<std::uint64_t> faults_detected{0};  ///< Signatures that were wrong and didn't leave.
};

}  // namespace hawser::signing
