// Vocabulary of the HTTP/2 layer (RFC 9113).
#pragma once

#include <cstdint>
#include <string_view>

#include "hawser/http2/message_checks.h"

namespace hawser::http2 {

/// 31 bits; odd ids are the client's (RFC 9113 5.1.1). 0 is the connection.
using StreamId = std::int32_t;
inline constexpr StreamId kConnectionStream = 0;

enum class Role { kServer, kClient };

/// RFC 9113 7.
enum class ErrorCode : std::uint32_t {
  kNoError = 0x0,
  kProtocolError = 0x1,
  kInternalError = 0x2,
  kFlowControlError = 0x3,
  kSettingsTimeout = 0x4,
  kStreamClosed = 0x5,
  kFrameSizeError = 0x6,
  kRefusedStream = 0x7,
  kCancel = 0x8,
  kCompressionError = 0x9,
  kConnectError = 0xa,
  kEnhanceYourCalm = 0xb,
  kInadequateSecurity = 0xc,
  kHttp11Required = 0xd,
};

/// RFC name ("ENHANCE_YOUR_CALM"); "unknown" for a code outside the registry.
std::string_view to_string(ErrorCode code);

/// One header field. Received: the views live until the callback returns. Sent: the bytes are not copied
/// and must stay until the frame has been sent or its stream is closed (constants, or the stream's arena).
struct HeaderField {
  std::string_view name;
  std::string_view value;
};

/// What the session attaches to a stream; protocols derive their stream objects from it. The session
/// doesn't own it and forgets it when the stream closes.
class Stream {
 protected:
  Stream() = default;
  ~Stream() = default;

 private:
  friend class FrameSession;
  friend class LibrarySession;
  MessageChecks checks_;  // of what the peer sends on it
};

}  // namespace hawser::http2
