// CRC-32C (Castagnoli; RFC 3720 appendix B.4): what tells a caller that its input or our signature was
// damaged on the way through memories and proxies. No protection against anybody.
#pragma once

#include <cstdint>
#include <string_view>

namespace hawser::crypto {

std::uint32_t crc32c(std::string_view data);

}  // namespace hawser::crypto
