// The two messages of grpc.health.v1.Health, for a client that checks its servers without their generated
// code: one field each, as in protobuf's own wrappers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hawser/base/byte_queue.h"

namespace hawser::codec {

/// grpc.health.v1.HealthCheckResponse.ServingStatus; what isn't named is a status of later times.
enum class ServingStatus : int { kUnknown = 0, kServing = 1, kNotServing = 2, kServiceUnknown = 3 };

/// HealthCheckRequest{service}. `service` is UTF-8.
std::string health_check_request(std::string_view service);
/// The status of a HealthCheckResponse; nullopt: it is none.
std::optional<ServingStatus> parse_health_check_response(Bytes bytes);

}  // namespace hawser::codec
