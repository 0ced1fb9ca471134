// grpc-message on the wire (gRPC PROTOCOL-HTTP2, "Status-Message").
#pragma once

#include <string>
#include <string_view>

namespace hawser::grpc {

/// Every byte outside 0x20-0x7E, and '%', becomes %XX; ill-formed UTF-8 is first replaced by U+FFFD (P-66).
/// The result has at most `limit` bytes: cut between characters.
std::string percent_encode(std::string_view text, std::size_t limit = std::string::npos);

/// Lenient: what is no escape stays as it is (P-67).
std::string percent_decode(std::string_view text);

}  // namespace hawser::grpc
