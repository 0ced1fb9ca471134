#include "src/access/code_name.h"

#include <array>

namespace hawser::access {
namespace {

constexpr std::array<std::string_view, kCodes> kNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

}  // namespace

std::string_view name_of_code(int code) {
  constexpr int kUnknown = 2;
  const bool known = code >= 0 && code < static_cast<int>(kCodes);
  return kNames[static_cast<std::size_t>(known ? code : kUnknown)];
}

}  // namespace hawser::access
