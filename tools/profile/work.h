// What the calls of a load are: where they go, what they send, and what a right reply is.
#pragma once

#include <cstddef>
#include <string_view>

namespace hawser::profile {

/// One call's message.
struct Request {
  std::string_view message;
  std::size_t payload_bytes = 0;  ///< Of it, what --payload-size is about.
};

/// One for all calls of a load. Used by the thread that runs it.
class Work {
 public:
  virtual ~Work() = default;

  /// "/package.Service/Method"
  virtual std::string_view path() const = 0;
  /// The next call's message, valid until the next call of this. Allocates nothing.
  virtual Request next_request() = 0;
  /// No message is larger.
  virtual std::size_t largest_request() const = 0;
  /// Looks at the message of a call that ended with OK. Null: it is right; else what is wrong with it, and
  /// the call counts as failed.
  virtual const char* complaint(std::string_view response) = 0;
};

}  // namespace hawser::profile
