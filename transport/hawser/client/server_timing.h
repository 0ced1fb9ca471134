// How long a call took in its server, where that tells it (grpc/server_timing.h): ask before start(), look
// when the call is done.
#pragma once

#include <optional>

#include "hawser/client/call.h"
#include "hawser/grpc/server_timing.h"
#include "hawser/http2/header_block.h"

namespace hawser::client {

/// Adds the field that asks to the call's metadata, once for any number of starts.
inline void ask_for_server_timing(Call& call) {
  // The field is one that may be sent.
  static_cast<void>(call.add_metadata(grpc::kWantServerTiming, grpc::kWantServerTimingValue));
}

/// What the server said in a call's trailers; nullopt: nothing, or nothing of this form. Proxies may have
/// added fields of the same name.
std::optional<grpc::ServerTiming> find_server_timing(const http2::HeaderBlock& trailers);

}  // namespace hawser::client
