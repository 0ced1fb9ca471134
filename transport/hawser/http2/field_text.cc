#include "hawser/http2/field_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace hawser::http2 {
namespace {

enum Kind : std::uint8_t { kLowerToken = 1, kUpper = 2, kSchemeTail = 4, kAuthority = 8 };

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kUpperLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";

constexpr auto kKinds = [] {
  std::array<std::uint8_t, 256> kinds{};
  const auto mark = [&kinds](std::string_view letters, unsigned kind) {
    for (const char c : letters) {
      auto& entry = kinds[static_cast<unsigned char>(c)];
      entry = static_cast<std::uint8_t>(entry | kind);
    }
  };
  mark(kLower, kLowerToken | kSchemeTail | kAuthority);
  mark(kDigits, kLowerToken | kSchemeTail | kAuthority);
  mark(kUpperLetters, kUpper | kSchemeTail | kAuthority);
  mark("!#$%&'*+-.^_`|~", kLowerToken);       // RFC 9110 5.6.2, tchar
  mark("+-.", kSchemeTail);                   // RFC 3986 3.1
  mark("-._~!$&'()*+,;=:@[]%/", kAuthority);  // RFC 3986 3.2, and the slash
  return kinds;
}();

bool all_of_kind(std::string_view text, unsigned kinds) {
  return std::all_of(text.begin(), text.end(),
                     [kinds](char c) { return (kKinds[static_cast<unsigned char>(c)] & kinds) != 0; });
}

// Eight letters at once. A byte with the high bit set is none of those looked for.
constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080;

// Not 0 when a byte is less than `limit` or 0x7f (DEL); `limit` at most 0x80. May be so, too, when a byte
// follows one that is: whoever needs to know looks at each.
constexpr std::uint64_t low_or_del(std::uint64_t word, std::uint64_t limit) {
  const std::uint64_t is_low = (word - kOnes * limit) & ~word;
  const std::uint64_t no_del = word ^ (kOnes * 0x7f);
  const std::uint64_t is_del = (no_del - kOnes) & ~no_del;
  return (is_low | is_del) & kHighBits;
}

// Whether a letter is less than `limit` or DEL.
bool has_low_or_del(std::string_view text, std::uint64_t limit) {
  const char* data = text.data();
  std::size_t left = text.size();
  std::uint64_t word = 0;
  for (; left >= sizeof(word); left -= sizeof(word), data += sizeof(word)) {
    std::memcpy(&word, data, sizeof(word));
    if (low_or_del(word, limit) != 0) return true;
  }
  if (left == 0) return false;
  word = kOnes * 'a';
  std::memcpy(&word, data, left);
  return low_or_del(word, limit) != 0;
}

}  // namespace

bool is_field_name(std::string_view text) { return !text.empty() && all_of_kind(text, kLowerToken); }

bool is_field_value(std::string_view text) {
  if (!has_low_or_del(text, ' ')) return true;
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto letter = static_cast<unsigned char>(c);
    return (letter >= ' ' && letter != 0x7f) || c == '\t';
  });
}

bool is_path(std::string_view text) { return !text.empty() && !has_low_or_del(text, ' ' + 1); }

bool is_method(std::string_view text) { return !text.empty() && all_of_kind(text, kLowerToken | kUpper); }

bool is_scheme(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !text.empty() && is_letter(text[0]) && all_of_kind(text, kSchemeTail);
}

bool is_authority(std::string_view text) { return all_of_kind(text, kAuthority); }

}  // namespace hawser::http2
