// Custom metadata: which names and values are legal, and the base64 of `-bin` values (gRPC PROTOCOL-HTTP2,
// "Custom-Metadata").
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hawser/base/result.h"
#include "hawser/http2/header_block.h"

namespace hawser::grpc {

/// `-bin` names carry binary values, base64 on the wire.
bool is_binary_name(std::string_view name);

/// Names that belong to HTTP/2 and gRPC and never are metadata (P-22): pseudo fields, content-type, te,
/// grpc-timeout, grpc-encoding, grpc-accept-encoding, grpc-status, grpc-message, …
bool is_reserved_name(std::string_view name);

/// An application's field, as it may be sent (P-23): legal name, not reserved; ASCII values printable. The
/// error (scope stream, INTERNAL) names the field.
Result<void> check_metadata(std::string_view name, std::string_view value);
/// The same of a server's trailing metadata, where one name of gRPC's is the application's to set:
/// grpc-retry-pushback-ms, when to try again (gRPC proposal A6).
Result<void> check_trailing_metadata(std::string_view name, std::string_view value);

/// Appends the field as it goes on the wire: `-bin` values in unpadded base64. Precondition: checked.
void append_metadata(http2::HeaderBlock& block, std::string_view name, std::string_view value);

std::string base64_encode(std::string_view bytes);
/// Standard alphabet, padded or not; nullopt for anything else (P-36).
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace hawser::grpc
