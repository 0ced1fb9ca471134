// The bytes of strings as libsodium and OpenSSL take them.
#pragma once

#include <string>
#include <string_view>

namespace hawser::crypto {

inline unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
inline const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace hawser::crypto
