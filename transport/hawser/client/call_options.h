// What the typed calls can be told, and what all of them bring back.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hawser/base/call_scope.h"
#include "hawser/base/clock.h"
#include "hawser/client/call.h"
#include "hawser/client/channel_options.h"
#include "hawser/grpc/encoding.h"
#include "hawser/grpc/status.h"
#include "hawser/http2/header_block.h"

namespace hawser::client {

struct CallOptions {
  Duration timeout = Duration::max();  ///< Call::set_timeout.
  std::vector<std::pair<std::string, std::string>> metadata;
  /// Call::set_parent: in a handler, binding::scope_of(*context). Without its `cancellation`, only the
  /// deadline.
  std::optional<CallScope> parent;
  bool wait_for_ready = false;
  std::string authority;                      ///< Call::set_authority.
  std::size_t max_receive_bytes = 0;          ///< 0: the channel's.
  std::optional<grpc::Encoding> compression;  ///< Of request messages; nullopt: the channel's.
};

/// What every reply has, whatever its message.
struct ReplyHead {
  grpc::Status status;
  http2::HeaderBlock initial_metadata;
  http2::HeaderBlock trailing_metadata;
  CallTimes times;
  bool response_was_compressed = false;  ///< Of calls with one response.

  bool ok() const { return status.ok(); }
};

template <class Resp>
struct Reply : ReplyHead {
  Resp response;  ///< Meaningful when ok().
};

namespace detail {

/// Gives the options to a Call or StreamCall. Not OK: the status of a call that can't begin so.
template <class AnyCall>
grpc::Status apply(AnyCall& call, const ChannelOptions& channel, std::string_view path,
                   const CallOptions& options) {
  call.set_path(path);
  call.set_authority(options.authority);
  call.set_timeout(options.timeout);
  if (options.parent) call.set_parent(*options.parent);
  call.set_wait_for_ready(options.wait_for_ready);
  call.set_max_receive_bytes(options.max_receive_bytes);
  call.set_compression(options.compression.value_or(channel.compression));
  for (const auto& [name, value] : options.metadata) {
    if (Result<void> added = call.add_metadata(name, value); !added) {
      return {grpc::StatusCode::kInternal, added.error().detail, {}};
    }
  }
  return {};
}

}  // namespace detail
}  // namespace hawser::client
