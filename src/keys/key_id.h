// Names of keys: lower-case letters, digits, '.', '_' and '-', up to 63, the first and last a letter or
// digit, without "..". They stand in policies, audit lines and command lines, so nothing in them needs
// quoting.
#pragma once

#include <string_view>

namespace hawser::keys {

bool is_key_id(std::string_view text);

/// The keys of requests that name none; a server without a keystore makes them at its start.
inline constexpr std::string_view kDefaultRsa = "default-rsa";
inline constexpr std::string_view kDefaultP256 = "default-ec-p256";
inline constexpr std::string_view kDefaultP384 = "default-ec-p384";
inline constexpr std::string_view kDefaultP521 = "default-ec-p521";
inline constexpr std::string_view kDefaultEd25519 = "default-ed25519";

/// One of these.
bool is_default_key(std::string_view id);

}  // namespace hawser::keys
