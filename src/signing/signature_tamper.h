// Damages signatures on their way from the library to the check, as a fault of the machine would. For tests
// of what happens then; no program sets one.
#pragma once

#include <string>

#include "src/crypto/algorithm.h"

namespace hawser::signing {

/// Called by workers, several at once.
class SignatureTamper {
 public:
  virtual ~SignatureTamper() = default;
  virtual void tamper(crypto::Algorithm algorithm, std::string& signature) = 0;
};

}  // namespace hawser::signing
