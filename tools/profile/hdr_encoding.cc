#include "tools/profile/hdr_encoding.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>

#include "tools/profile/deflate.h"

namespace hawser::profile {
namespace {

constexpr std::uint32_t kPlainCookie = 0x1c849313;
constexpr std::uint32_t kCompressedCookie = 0x1c849314;
constexpr std::size_t kHeadBytes = 40;
constexpr std::size_t kCompressedHeadBytes = 8;
constexpr std::size_t kMostPlainBytes = kHeadBytes + 9 * Histogram::kBuckets;
constexpr std::uint32_t kDigits = 3;
constexpr std::uint64_t kLowest = 1;

template <class Number>
void append(std::string& out, Number number) {
  for (int shift = 8 * (static_cast<int>(sizeof(Number)) - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(number >> shift));
  }
}

// Seven bits a byte, the lowest first; a ninth byte has eight.
void append_zigzag(std::string& out, std::int64_t value) {
  auto rest = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  for (int i = 0; i < 8 && rest > 0x7F; ++i) {
    out.push_back(static_cast<char>(0x80 | (rest & 0x7F)));
    rest >>= 7;
  }
  out.push_back(static_cast<char>(rest));
}

/// Reads from the front; says by `is_good` whether there was enough.
class Reader final {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <class Number>
  Number number() {
    Number value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i) value = static_cast<Number>(value << 8) | byte();
    return value;
  }
  std::int64_t zigzag() {
    std::uint64_t value = 0;
    for (int i = 0; i < 9; ++i) {
      const std::uint8_t next = byte();
      const bool is_last = i == 8 || (next & 0x80) == 0;
      value |= static_cast<std::uint64_t>(i == 8 ? next : next & 0x7F) << (7 * i);
      if (is_last) break;
    }
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  std::string_view take(std::size_t size) {
    if (size > bytes_.size()) {
      is_good_ = false;
      return {};
    }
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  bool is_good() const { return is_good_; }
  bool is_empty() const { return bytes_.empty(); }

 private:
  std::uint8_t byte() {
    const std::string_view one = take(1);
    return one.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(one.front());
  }

  std::string_view bytes_;
  bool is_good_ = true;
};

Result<Histogram> read_counts(Reader counts) {
  Histogram histogram;
  std::size_t index = 0;
  while (!counts.is_empty()) {
    const std::int64_t value = counts.zigzag();
    if (!counts.is_good()) return usage_error("an HDR histogram ends in the middle of a count");
    const std::uint64_t step = value < 0 ? 0 - static_cast<std::uint64_t>(value) : 1;
    if (step > Histogram::kBuckets - index) return usage_error("an HDR histogram has too many buckets");
    if (value > 0) histogram.record_bucket(index, static_cast<std::uint64_t>(value));
    index += step;
  }
  return histogram;
}

}  // namespace

std::string hdr_encode(const Histogram& histogram) {
  std::string counts;
  std::int64_t empty = 0;
  for (const std::uint64_t count : histogram.buckets()) {
    if (count == 0) {
      ++empty;
      continue;
    }
    if (empty > 0) append_zigzag(counts, -empty);
    empty = 0;
    append_zigzag(counts, static_cast<std::int64_t>(count));
  }
  std::string bytes;
  bytes.reserve(kHeadBytes + counts.size());
  append(bytes, kPlainCookie);
  append(bytes, static_cast<std::uint32_t>(counts.size()));
  append(bytes, std::uint32_t{0});  // index offset: only shifted histograms have one
  append(bytes, kDigits);
  append(bytes, kLowest);
  append(bytes, static_cast<std::uint64_t>(Histogram::kLongest.count()));
  append(bytes, std::bit_cast<std::uint64_t>(1.0));
  return bytes + counts;
}

Result<Histogram> hdr_decode(std::string_view bytes) {
  Reader reader(bytes);
  const auto cookie = reader.number<std::uint32_t>();
  const auto size = reader.number<std::uint32_t>();
  if (cookie == kCompressedCookie) {
    const auto plain = inflate(reader.take(size), kMostPlainBytes);
    if (!plain) return tl::unexpected<Error>(plain.error());
    // Not twice: what was compressed is the plain form.
    if (Reader(*plain).number<std::uint32_t>() == kPlainCookie) return hdr_decode(*plain);
    return usage_error("no HDR histogram of encoding V2 was compressed");
  }
  const auto offset = reader.number<std::uint32_t>();
  const auto digits = reader.number<std::uint32_t>();
  const auto lowest = reader.number<std::uint64_t>();
  reader.take(2 * sizeof(std::uint64_t));  // highest, ratio
  const std::string_view counts = reader.take(size);
  if (!reader.is_good() || cookie != kPlainCookie)
    return usage_error("this is no HDR histogram of encoding V2");
  if (offset != 0 || digits != kDigits || lowest != kLowest) {
    return usage_error("an HDR histogram of another resolution than 3 digits from 1 ns on");
  }
  return read_counts(Reader(counts));
}

Result<std::string> hdr_encode_compressed(const Histogram& histogram) {
  return deflate(hdr_encode(histogram)).map([](const std::string& compressed) {
    std::string bytes;
    bytes.reserve(kCompressedHeadBytes + compressed.size());
    append(bytes, kCompressedCookie);
    append(bytes, static_cast<std::uint32_t>(compressed.size()));
    return bytes + compressed;
  });
}

}  // namespace hawser::profile
