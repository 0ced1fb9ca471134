// Whether memory can still be locked. libsodium goes on without a word when it can't, so it is tried here.
#pragma once

#include <cstddef>

#include "hawser/base/result.h"

namespace hawser::hardening {

/// Locks so much for a moment. Scope io: it can't be done; the text says what the limit is and how to raise
/// it.
Result<void> try_to_lock(std::size_t bytes);

}  // namespace hawser::hardening
