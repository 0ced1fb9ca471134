#include "hawser/interceptors/bearer_token.h"

#include <utility>

namespace hawser::interceptors {

BearerToken::BearerToken(std::string token)
    : source_([token = std::move(token)](client::CallView&) { return std::optional(token); }) {}

std::optional<grpc::Status> BearerToken::before(client::CallView& call) {
  if (call.metadata().find("authorization").data() != nullptr) return std::nullopt;
  const std::optional<std::string> token = source_(call);
  if (!token) return grpc::Status{grpc::StatusCode::kUnauthenticated, "there is no token for the call", {}};
  if (Result<void> added = call.add_metadata("authorization", "Bearer " + *token); !added) {
    return grpc::Status{grpc::StatusCode::kInternal, "the token can't be sent in a header", {}};
  }
  return std::nullopt;
}

}  // namespace hawser::interceptors
