#include "tools/profile/deflate.h"

namespace hawser::profile {

Result<std::string> deflate(std::string_view) {
  return usage_error("this program was built without zlib, which compressed histograms need");
}

Result<std::string> inflate(std::string_view, std::size_t) {
  return usage_error("this program was built without zlib, which compressed histograms need");
}

}  // namespace hawser::profile
