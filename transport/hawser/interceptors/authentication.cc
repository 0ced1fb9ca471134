#include "hawser/interceptors/authentication.h"

#include <algorithm>
#include <optional>

namespace hawser::interceptors {
namespace {

constexpr std::string_view kScheme = "bearer ";

std::optional<grpc::Status> refuse(std::string message) {
  return grpc::Status{grpc::StatusCode::kUnauthenticated, std::move(message), {}};
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// Scheme names are case-insensitive (RFC 9110 11.1).
std::optional<std::string_view> bearer_token(std::string_view value) {
  if (value.size() <= kScheme.size()) return std::nullopt;
  const bool is_bearer = std::equal(kScheme.begin(), kScheme.end(), value.begin(),
                                    [](char scheme, char given) { return scheme == lower(given); });
  return is_bearer ? std::optional(value.substr(kScheme.size())) : std::nullopt;
}

// The length of a token is no secret, its bytes are.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace

Authentication::Check Authentication::one_of(std::vector<std::string> tokens) {
  return [tokens = std::move(tokens)](server::CallView&, std::string_view given) {
    bool found = false;
    for (const std::string& token : tokens) found = equal_in_constant_time(token, given) || found;
    return found;
  };
}

std::optional<grpc::Status> Authentication::before(server::CallView& call) {
  if (is_open(call.method())) return std::nullopt;
  const std::string_view value = call.metadata().find("authorization");
  if (value.empty()) return refuse("no authorization: send \"authorization: Bearer TOKEN\" as metadata");
  const auto token = bearer_token(value);
  if (!token) return refuse("the authorization is no bearer token");
  if (!check_(call, *token)) return refuse("the bearer token is not accepted");
  return std::nullopt;
}

bool Authentication::is_open(std::string_view method) const {
  return std::any_of(open_prefixes_.begin(), open_prefixes_.end(),
                     [&](const std::string& prefix) { return method.starts_with(prefix); });
}

}  // namespace hawser::interceptors
