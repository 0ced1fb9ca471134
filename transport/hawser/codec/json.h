// JSON text as a tree of values (RFC 8259), read by protobuf's own parser.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hawser/base/result.h"

namespace hawser::codec {

struct Json {
  enum class Kind { kNull, kBool, kNumber, kString, kList, kObject };

  Kind kind = Kind::kNull;
  bool boolean = false;
  double number = 0;
  std::string text;
  std::vector<Json> items;         ///< kList, and the values of kObject
  std::vector<std::string> names;  ///< kObject: of the items, in no particular order

  /// Of an object; null when it has none of the name, or is no object.
  const Json* find(std::string_view name) const;
};

/// `text` is one JSON object. Scope usage on failure.
Result<Json> parse_json_object(std::string_view text);

}  // namespace hawser::codec
