// Names of message encodings, and sets of them (gRPC doc/compression.md).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hawser::grpc {

enum class Encoding : std::uint8_t {
  kIdentity,
  kDeflate,  ///< The zlib format (RFC 1950), not raw deflate (P-61).
  kGzip,     ///< RFC 1952.
};

/// What becomes of one message of a call that compresses (P-60).
enum class Compress : std::uint8_t { kAsCall, kNever };

inline constexpr std::array kAllEncodings = {Encoding::kIdentity, Encoding::kDeflate, Encoding::kGzip};

/// A grpc-encoding value; nullopt for one that we don't know. Empty means identity.
std::optional<Encoding> parse_encoding(std::string_view text);
std::string_view to_string(Encoding encoding);

class EncodingSet final {
 public:
  constexpr EncodingSet() = default;
  static constexpr EncodingSet of(std::initializer_list<Encoding> encodings) {
    EncodingSet set;
    for (const Encoding encoding : encodings) set.add(encoding);
    return set;
  }
  /// A grpc-accept-encoding value: names between commas, with or without blanks. Unknown ones are skipped.
  /// Identity is always in it.
  static EncodingSet parse(std::string_view text);

  constexpr void add(Encoding encoding) { bits_ |= bit(encoding); }
  constexpr void add(EncodingSet others) { bits_ |= others.bits_; }
  constexpr bool contains(Encoding encoding) const { return (bits_ & bit(encoding)) != 0; }
  friend constexpr bool operator==(EncodingSet, EncodingSet) = default;

 private:
  static constexpr std::uint8_t bit(Encoding encoding) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(encoding));
  }

  std::uint8_t bits_ = bit(Encoding::kIdentity);
};

}  // namespace hawser::grpc
