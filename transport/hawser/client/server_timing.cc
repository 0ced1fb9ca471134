#include "hawser/client/server_timing.h"

namespace hawser::client {

std::optional<grpc::ServerTiming> find_server_timing(const http2::HeaderBlock& trailers) {
  for (std::size_t i = 0; i < trailers.size(); ++i) {
    if (trailers[i].name != grpc::kServerTiming) continue;
    if (const auto timing = grpc::parse_server_timing(trailers[i].value)) return timing;
  }
  return std::nullopt;
}

}  // namespace hawser::client
