#include <zlib.h>

#include "tools/profile/deflate.h"

namespace hawser::profile {
namespace {

const Bytef* bytes_of(std::string_view text) { return reinterpret_cast<const Bytef*>(text.data()); }
Bytef* bytes_of(std::string& text) { return reinterpret_cast<Bytef*>(text.data()); }

}  // namespace

Result<std::string> deflate(std::string_view bytes) {
  uLongf size = ::compressBound(bytes.size());
  std::string out(size, '\0');
  if (::compress(bytes_of(out), &size, bytes_of(bytes), bytes.size()) != Z_OK) {
    return usage_error("zlib has no memory to compress");
  }
  out.resize(size);
  return out;
}

Result<std::string> inflate(std::string_view compressed, std::size_t most) {
  uLongf size = most;
  std::string out(size, '\0');
  if (::uncompress(bytes_of(out), &size, bytes_of(compressed), compressed.size()) != Z_OK) {
    return usage_error("these are no bytes that zlib compressed, or too many");
  }
  out.resize(size);
  return out;
}

}  // namespace hawser::profile
