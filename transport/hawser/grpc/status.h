// gRPC status: how a call ended (gRPC doc/statuscodes.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "hawser/http2/types.h"

namespace hawser::grpc {

enum class StatusCode : int {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

/// "DEADLINE_EXCEEDED"; "UNKNOWN" for a value outside the enumeration.
std::string_view to_string(StatusCode code);

struct Status {
  StatusCode code = StatusCode::kOk;
  std::string message;  ///< For people, UTF-8; percent-encoded on the wire.
  std::string details;  ///< Serialized google.rpc.Status (grpc-status-details-bin), or empty.

  bool ok() const { return code == StatusCode::kOk; }
};

/// Parses a grpc-status value. Not a number: kUnknown (P-68). Out of range: kUnknown.
StatusCode parse_status_code(std::string_view text);
/// What a response without grpc-status means (gRPC doc/http-grpc-status-mapping.md, P-69).
StatusCode from_http_status(int http_status);
/// What RST_STREAM means to a client (P-72).
StatusCode from_reset(http2::ErrorCode code);

}  // namespace hawser::grpc
