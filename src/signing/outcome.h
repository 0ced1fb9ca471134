// What callers are told: refusals, errors and dropped jobs as statuses. No text holds key material, a
// library's words or a path.
#pragma once

#include <grpcpp/support/status.h>

#include "hawser/base/clock.h"
#include "hawser/base/result.h"
#include "src/lanes/lane.h"

namespace hawser::signing {

/// gRPC's name for how long a client is to wait before it tries again (gRFC A6).
inline constexpr const char* kPushbackName = "grpc-retry-pushback-ms";

/// An error of scope stream says what it is (src/keys/refusal.h); any other is INTERNAL, in the same words
/// for all.
::grpc::Status status_of(const Error& error);
::grpc::Status status_of(const Result<void>& result);
/// As an error, for callers that collect those of several jobs.
Error error_of(lanes::Reason reason);

/// For kPushbackName: whole milliseconds, at least 1.
std::string pushback_of(Duration retry_after);

}  // namespace hawser::signing
