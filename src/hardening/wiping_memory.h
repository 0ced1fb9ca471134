// OpenSSL's memory, wiped when it is freed. The library cleans up after keys where it thinks of it, but its
// encoders and decoders of PKCS#8 leave private keys behind in freed memory (seen with 3.0: EC and Ed25519 in
// both directions, RSA while it is written). Whoever destroys a key means all of its copies.
#pragma once

#include "hawser/base/result.h"

namespace hawser::hardening {

/// Before anything uses OpenSSL, and before threads; scope usage when something has. Costs a signature less
/// than can be measured.
Result<void> wipe_openssl_memory();

}  // namespace hawser::hardening
