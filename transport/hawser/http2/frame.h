// Frames as they are on the wire (RFC 9113 4.1, 6): their header, their names, numbers of several bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "hawser/http2/types.h"

namespace hawser::http2 {

enum class FrameType : std::uint8_t {
  kData = 0x0,
  kHeaders = 0x1,
  kPriority = 0x2,
  kReset = 0x3,
  kSettings = 0x4,
  kPushPromise = 0x5,
  kPing = 0x6,
  kGoaway = 0x7,
  kWindowUpdate = 0x8,
  kContinuation = 0x9,
};

inline constexpr std::uint8_t kFlagEndStream = 0x1;
inline constexpr std::uint8_t kFlagAck = 0x1;
inline constexpr std::uint8_t kFlagEndHeaders = 0x4;
inline constexpr std::uint8_t kFlagPadded = 0x8;
inline constexpr std::uint8_t kFlagPriority = 0x20;

/// RFC 9113 6.5.2, RFC 9218 2.1.
enum class SettingId : std::uint16_t {
  kHeaderTableSize = 0x1,
  kEnablePush = 0x2,
  kMaxConcurrentStreams = 0x3,
  kInitialWindowSize = 0x4,
  kMaxFrameSize = 0x5,
  kMaxHeaderListSize = 0x6,
  kNoRfc7540Priorities = 0x9,
};
inline constexpr std::size_t kSettingBytes = 6;
/// Of a GOAWAY, before its debug data.
inline constexpr std::size_t kGoawayBytes = 8;

inline constexpr std::size_t kFrameHeaderBytes = 9;
/// What each peer has to take, and what we take and send: nobody announces more (RFC 9113 4.2, S-27).
inline constexpr std::size_t kLargestPayload = 16 * 1024;
/// Of all windows before anyone says otherwise, and what none may exceed (RFC 9113 6.9.1, 6.9.2).
inline constexpr std::int64_t kDefaultWindow = 65'535;
inline constexpr std::int64_t kLargestWindow = 0x7FFF'FFFF;
/// RFC 9113 3.4.
inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

struct FrameHeader {
  std::uint32_t size = 0;  // of the payload, padding included
  FrameType type{};
  std::uint8_t flags = 0;
  StreamId id = kConnectionStream;

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
};

inline std::uint32_t read_u32(const std::uint8_t* from) {
  return std::uint32_t{from[0]} << 24 | std::uint32_t{from[1]} << 16 | std::uint32_t{from[2]} << 8 | from[3];
}
inline std::uint16_t read_u16(const std::uint8_t* from) {
  return static_cast<std::uint16_t>(from[0] << 8 | from[1]);
}
inline void write_u32(std::uint8_t* into, std::uint32_t value) {
  into[0] = static_cast<std::uint8_t>(value >> 24);
  into[1] = static_cast<std::uint8_t>(value >> 16);
  into[2] = static_cast<std::uint8_t>(value >> 8);
  into[3] = static_cast<std::uint8_t>(value);
}
inline void write_u16(std::uint8_t* into, std::uint16_t value) {
  into[0] = static_cast<std::uint8_t>(value >> 8);
  into[1] = static_cast<std::uint8_t>(value);
}

/// Ids and window increments have 31 bits; the one above them is reserved and ignored.
inline StreamId read_stream_id(const std::uint8_t* from) {
  return static_cast<StreamId>(read_u32(from) & 0x7FFF'FFFF);
}

/// `from` has kFrameHeaderBytes.
inline FrameHeader read_frame_header(const std::uint8_t* from) {
  return {read_u32(from) >> 8, static_cast<FrameType>(from[3]), from[4], read_stream_id(from + 5)};
}
inline void write_frame_header(std::uint8_t* into, const FrameHeader& header) {
  write_u32(into, header.size << 8 | static_cast<std::uint8_t>(header.type));
  into[4] = header.flags;
  write_u32(into + 5, static_cast<std::uint32_t>(header.id));
}

}  // namespace hawser::http2
