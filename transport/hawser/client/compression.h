// Names of encodings in programs' flags and configuration.
#pragma once

#include <string_view>

#include "hawser/base/result.h"
#include "hawser/grpc/encoding.h"

namespace hawser::client {

/// "gzip", "deflate" or "identity", for CallOptions::compression. Scope usage: another name, or one that is
/// not built in; the text says which are.
Result<grpc::Encoding> compression_by_name(std::string_view name);

}  // namespace hawser::client
