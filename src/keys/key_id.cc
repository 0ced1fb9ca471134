#include "src/keys/key_id.h"

#include <algorithm>
#include <cstddef>

namespace hawser::keys {
namespace {

constexpr std::size_t kLongest = 63;

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

bool is_key_id(std::string_view text) {
  if (text.empty() || text.size() > kLongest) return false;
  if (!is_letter_or_digit(text.front()) || !is_letter_or_digit(text.back())) return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_default_key(std::string_view id) {
  return id == kDefaultP256 || id == kDefaultRsa || id == kDefaultEd25519 || id == kDefaultP384 ||
         id == kDefaultP521;
}

}  // namespace hawser::keys
