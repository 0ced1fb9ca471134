#include "hawser/client/compression.h"

#include <optional>
#include <string>

#include "hawser/grpc/compression.h"

namespace hawser::client {

Result<grpc::Encoding> compression_by_name(std::string_view name) {
  const std::optional<grpc::Encoding> encoding = grpc::parse_encoding(name);
  if (!name.empty() && encoding && grpc::supported_encodings().contains(*encoding)) return *encoding;
  std::string text = "compression \"";
  text.append(name).append("\" is none of ").append(grpc::accept_encoding());
  return usage_error(std::move(text));
}

}  // namespace hawser::client
