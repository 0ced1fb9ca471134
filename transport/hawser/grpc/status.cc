#include "hawser/grpc/status.h"

#include <array>
#include <charconv>

namespace hawser::grpc {
namespace {
constexpr std::array<std::string_view, 17> kNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};
}

std::string_view to_string(StatusCode code) {
  const auto index = static_cast<std::size_t>(code);
  return index < kNames.size() ? kNames[index] : "UNKNOWN";
}

StatusCode parse_status_code(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || value < 0 || value >= static_cast<int>(kNames.size())) return StatusCode::kUnknown;
  return static_cast<StatusCode>(value);
}

StatusCode from_http_status(int http_status) {
  switch (http_status) {
    case 400:
    case 431:
      return StatusCode::kInternal;
    case 401:
      return StatusCode::kUnauthenticated;
    case 403:
      return StatusCode::kPermissionDenied;
    case 404:
      return StatusCode::kUnimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return StatusCode::kUnavailable;
    default:
      return StatusCode::kUnknown;
  }
}

StatusCode from_reset(http2::ErrorCode code) {
  using http2::ErrorCode;
  switch (code) {
    case ErrorCode::kRefusedStream:
      return StatusCode::kUnavailable;
    case ErrorCode::kCancel:
      return StatusCode::kCancelled;
    case ErrorCode::kEnhanceYourCalm:
      return StatusCode::kResourceExhausted;
    case ErrorCode::kInadequateSecurity:
      return StatusCode::kPermissionDenied;
    case ErrorCode::kNoError:
    case ErrorCode::kProtocolError:
    case ErrorCode::kInternalError:
    case ErrorCode::kFlowControlError:
    case ErrorCode::kSettingsTimeout:
    case ErrorCode::kStreamClosed:
    case ErrorCode::kFrameSizeError:
    case ErrorCode::kCompressionError:
    case ErrorCode::kConnectError:
    case ErrorCode::kHttp11Required:
      return StatusCode::kInternal;
  }
  return StatusCode::kUnknown;
}

}  // namespace hawser::grpc
