// Internal to http2/: what both sessions have in common (session.h).
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "hawser/base/byte_queue.h"
#include "hawser/base/result.h"
#include "hawser/http2/frame.h"

namespace hawser::http2 {

// Errors of scope stream carry gRPC's codes (base/result.h), which this layer doesn't know but for this one.
inline constexpr int kGrpcInternal = 13;

inline tl::unexpected<Error> connection_error(ErrorCode code, std::string detail) {
  return tl::unexpected<Error>(Error{ErrorScope::kConnection, static_cast<int>(code), std::move(detail)});
}

inline constexpr std::size_t kLargestFrame = kFrameHeaderBytes + kLargestPayload;

/// A large message is under way: room for much at once, so that DATA frames can be made in the output.
inline void make_room_for_frames(ByteQueue& output, std::size_t high_water) {
  constexpr std::size_t kLargeOutput = 32 * 1024;
  constexpr std::size_t kOutputStep = 256 * 1024;
  if (output.size() < kLargeOutput || output.room() >= kLargestFrame) return;
  output.reserve(std::min(high_water - output.size(), kOutputStep) + kLargestFrame);
}

}  // namespace hawser::http2
