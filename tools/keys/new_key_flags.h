// What a key that is made or imported can be told.
#pragma once

#include "hawser/base/result.h"
#include "tools/common/flags.h"
#include "tools/signing/signing.h"

namespace hawser::tools {

inline constexpr FlagSpec kAlgorithmFlag{.name = "algorithm",
                                         .value_name = "NAME",
                                         .help =
                                             "What it may sign with, as in ecdsa-p256-sha256; more than once "
                                             "for several. Default: all of its kind",
                                         .repeatable = true};
inline constexpr FlagSpec kRotateAfterFlag{
    .name = "rotate-after",
    .value_name = "TIME",
    .help = "A running server makes a new version when the newest is so old, as in 2160h"};

/// Into the fields that CreateKeyRequest and ImportKeyRequest share.
template <class Request>
Result<void> read_new_key_flags(const Flags& flags, Request& request) {
  for (const std::string& name : flags.texts("algorithm")) {
    const auto algorithm = algorithm_by_name(name);
    if (!algorithm) return tl::unexpected<Error>(algorithm.error());
    request.add_algorithms(on_wire(*algorithm));
  }
  if (!flags.is_on("rotate-after")) return {};
  const auto after = flags.duration("rotate-after");
  if (!after) return tl::unexpected<Error>(after.error());
  request.set_rotate_after_ms(std::chrono::duration_cast<std::chrono::milliseconds>(*after).count());
  return {};
}

}  // namespace hawser::tools
