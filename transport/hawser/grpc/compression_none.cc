// Without zlib. Callers ask supported_encodings() first, so that only identity is left.
#include "hawser/grpc/compression.h"
#include "hawser/grpc/status.h"

namespace hawser::grpc {

EncodingSet supported_encodings() { return {}; }

std::string_view accept_encoding() { return "identity"; }

Result<void> decompress(Encoding encoding, Bytes, std::size_t, ByteQueue& output) {
  output.clear();
  return tl::unexpected<Error>(Error{ErrorScope::kStream, static_cast<int>(StatusCode::kUnimplemented),
                                     std::string(to_string(encoding)) + " is not built in"});
}

bool compress(Encoding, Bytes, ByteQueue& output) {
  output.clear();
  return false;
}

}  // namespace hawser::grpc
