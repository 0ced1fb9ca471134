// HTTP/2 frames in tests: numbers of RFC 9113 6 and header fields that own their text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::test {

/// RFC 9113 6. Open: tests also send types outside of it.
enum class FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kReset = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};

inline constexpr std::uint8_t kFlagAck = 0x1;
inline constexpr std::uint8_t kFlagEndStream = 0x1;
inline constexpr std::uint8_t kFlagEndHeaders = 0x4;
inline constexpr std::uint8_t kFlagPadded = 0x8;
inline constexpr std::uint8_t kFlagPriority = 0x20;

/// RFC 9113 6.5.2.
enum class SettingId : std::uint16_t {
  kHeaderTableSize = 1,
  kEnablePush = 2,
  kMaxConcurrentStreams = 3,
  kInitialWindowSize = 4,
  kMaxFrameSize = 5,
  kMaxHeaderListSize = 6,
  kNoRfc7540Priorities = 9,
};

struct Setting {
  SettingId id;
  std::uint32_t value;
};

inline constexpr std::string_view kClientPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
inline constexpr std::size_t kFrameHeaderBytes = 9;
inline constexpr std::size_t kMaxFramePayload = 16 * 1024;

struct Field {
  std::string name;
  std::string value;

  bool operator==(const Field&) const = default;
};
using Fields = std::vector<Field>;

/// Copies of `fields` with one changed, for rows of bad input.
Fields with(Fields fields, std::string_view name,
            std::string_view value);  // replaced in place, or added last
Fields without(Fields fields, std::string_view name);

}  // namespace hawser::test
