#include "src/signing/outcome.h"

#include <algorithm>
#include <string>

namespace hawser::signing {
namespace {

Error refusal(::grpc::StatusCode code, const char* text) { return {ErrorScope::kStream, code, text}; }

}  // namespace

::grpc::Status status_of(const Error& error) {
  if (error.scope == ErrorScope::kStream) {
    return {static_cast<::grpc::StatusCode>(error.code), error.detail};
  }
  return {::grpc::StatusCode::INTERNAL, "the operation failed inside of the server"};
}

::grpc::Status status_of(const Result<void>& result) {
  return result ? ::grpc::Status::OK : status_of(result.error());
}

Error error_of(lanes::Reason reason) {
  switch (reason) {
    case lanes::Reason::kDelay:
    case lanes::Reason::kCount:
      return refusal(::grpc::StatusCode::RESOURCE_EXHAUSTED, "too much work waits: try again later");
    case lanes::Reason::kConnection:
      return refusal(::grpc::StatusCode::RESOURCE_EXHAUSTED,
                     "too much work of this connection waits: try again when some is done");
    case lanes::Reason::kHopeless:
      return refusal(::grpc::StatusCode::DEADLINE_EXCEEDED, "the deadline comes before this could be done");
    case lanes::Reason::kExpired:
      return refusal(::grpc::StatusCode::DEADLINE_EXCEEDED, "the deadline passed before this was begun");
    case lanes::Reason::kCancelled:
      return refusal(::grpc::StatusCode::CANCELLED, "cancelled before it was begun");
    case lanes::Reason::kStopped:
      break;
  }
  return refusal(::grpc::StatusCode::UNAVAILABLE, "the server is shutting down");
}

std::string pushback_of(Duration retry_after) {
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(retry_after);
  return std::to_string(std::max<std::int64_t>(wait.count(), 1));
}

}  // namespace hawser::signing
