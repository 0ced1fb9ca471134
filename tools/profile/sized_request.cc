#include "tools/profile/sized_request.h"

#include <cstdint>
#include <utility>

namespace hawser::profile {
namespace {

constexpr unsigned kLengthDelimited = 2;   // wire type of strings and bytes
constexpr std::size_t kLongestVarint = 5;  // of 32 bits

/// Protobuf's base 128: seven bits a byte, the lowest first.
std::size_t write_varint(std::uint32_t value, char* into) {
  std::size_t size = 0;
  for (; value >= 0x80; value >>= 7) into[size++] = static_cast<char>(value | 0x80);
  into[size++] = static_cast<char>(value);
  return size;
}

std::string tag_of(int field) {
  char text[kLongestVarint];
  return {text, write_varint(static_cast<std::uint32_t>(field) << 3 | kLengthDelimited, text)};
}

}  // namespace

SizedRequest::SizedRequest(std::string_view rest, int field, PayloadDraws draws)
    : rest_(rest),
      tag_(tag_of(field)),
      payload_begin_(rest_.size() + tag_.size() + kLongestVarint),
      draws_(std::move(draws)) {
  bytes_.assign(payload_begin_ + draws_.size().largest(), 'x');
  // A proto3 message doesn't have its empty fields on the wire.
  request_.message = rest_;
}

Request SizedRequest::next() {
  const std::size_t size = draws_.next();
  if (size == request_.payload_bytes) return request_;
  request_ = {rest_, size};
  if (size == 0) return request_;
  char length[kLongestVarint];
  const std::size_t length_size = write_varint(static_cast<std::uint32_t>(size), length);
  const std::size_t begin = payload_begin_ - length_size - tag_.size() - rest_.size();
  char* at = bytes_.data() + begin;
  at += rest_.copy(at, rest_.size());
  at += tag_.copy(at, tag_.size());
  std::string_view(length, length_size).copy(at, length_size);
  request_.message = std::string_view(bytes_).substr(begin, payload_begin_ - begin + size);
  return request_;
}

}  // namespace hawser::profile
