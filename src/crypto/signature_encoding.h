// The two ways to write an ECDSA signature: DER (SEQUENCE of two INTEGERs; X.509, TLS) and P1363 (r and s at
// full length, one behind the other; JOSE, WebCrypto).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hawser::crypto {

/// `coordinate`: bytes of r and of s (coordinate_size). nullopt: not such a signature.
std::optional<std::string> der_to_p1363(std::string_view der, std::size_t coordinate);
std::optional<std::string> p1363_to_der(std::string_view p1363, std::size_t coordinate);

}  // namespace hawser::crypto
