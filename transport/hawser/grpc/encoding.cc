#include "hawser/grpc/encoding.h"

#include <algorithm>

#include "hawser/grpc/field_value.h"

namespace hawser::grpc {

std::string_view to_string(Encoding encoding) {
  switch (encoding) {
    case Encoding::kIdentity:
      return "identity";
    case Encoding::kDeflate:
      return "deflate";
    case Encoding::kGzip:
      return "gzip";
  }
  return "identity";
}

std::optional<Encoding> parse_encoding(std::string_view text) {
  if (text.empty()) return Encoding::kIdentity;
  for (const Encoding encoding : kAllEncodings) {
    if (text == to_string(encoding)) return encoding;
  }
  return std::nullopt;
}

EncodingSet EncodingSet::parse(std::string_view text) {
  EncodingSet set;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (const auto encoding = parse_encoding(trim(text.substr(0, comma)))) set.add(*encoding);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return set;
}

}  // namespace hawser::grpc
