// The one hasher that the tests of keys and signatures share.
#pragma once

#include "src/crypto/hasher.h"

namespace hawser::test {

inline const crypto::Hasher& hasher() {
  static const crypto::Hasher kHasher = crypto::Hasher::create().value();
  return kHasher;
}

}  // namespace hawser::test
