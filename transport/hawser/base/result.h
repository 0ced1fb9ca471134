// Errors as values. A function that can fail because of a peer, the kernel or a user returns Result<T>.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace hawser {

/// How far an error reaches, which decides the reaction (one function a protocol does it).
enum class ErrorScope {
  kStream,      ///< One call fails; `code` is a gRPC status code.
  kConnection,  ///< The connection ends with GOAWAY; `code` is an HTTP/2 error code (RFC 9113 7).
  kIo,          ///< The socket is of no use any more; `code` is an errno value.
  kUsage,       ///< A person gave a bad address, flag or option; `code` is 0, `detail` is for reading.
};

struct Error {
  ErrorScope scope = ErrorScope::kIo;
  int code = 0;
  std::string detail;  ///< A sentence for people: what was wrong, where, what to do.
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> usage_error(std::string detail) {
  return tl::unexpected<Error>(Error{ErrorScope::kUsage, 0, std::move(detail)});
}

/// `what` is the operation in words ("bind 127.0.0.1:80"); the errno text is appended.
tl::unexpected<Error> io_error(int error_number, std::string_view what);

/// The text of an errno value ("Connection refused").
std::string errno_text(int error_number);

}  // namespace hawser
