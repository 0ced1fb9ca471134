// Which version of a key.
#pragma once

#include <cstdint>
#include <limits>

#include "hawser/base/result.h"
#include "tools/common/flags.h"

namespace hawser::tools {

inline constexpr FlagSpec kVersionFlag{
    .name = "key-version", .value_name = "N", .help = "The version; 0 is the primary one", .fallback = "0"};

/// Of a flag or an argument.
inline Result<std::uint32_t> read_version(const Flags& flags, std::string_view name, std::uint32_t least) {
  const auto number = flags.count(name, least, std::numeric_limits<std::uint32_t>::max());
  if (!number) return tl::unexpected<Error>(number.error());
  return static_cast<std::uint32_t>(*number);
}

}  // namespace hawser::tools
