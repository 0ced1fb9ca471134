// Why something about a key was refused, as an Error of scope stream: its code is the gRPC status code that
// the caller gets, its text is for the caller and holds no key material, library error or path.
#pragma once

#include <string>

#include "hawser/base/result.h"

namespace hawser::keys {

/// The numbers are gRPC's (statuscodes.md).
enum class Refusal {
  kInvalidArgument = 3,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

inline tl::unexpected<Error> refuse(Refusal code, std::string detail) {
  return tl::unexpected<Error>(Error{ErrorScope::kStream, static_cast<int>(code), std::move(detail)});
}

}  // namespace hawser::keys
