// What the calls of a load are: where they go, what they send, and what a right reply is.
#pragma once

#include <string_view>

namespace hawser::profile {

/// One for all calls of a load. Used by the thread that runs it.
class Work {
 public:
  virtual ~Work() = default;

  /// "/package.Service/Method"
  virtual std::string_view path() const = 0;
  /// Every call's message; it stays the same.
  virtual std::string_view request() const = 0;
  /// Looks at the message of a call that ended with OK. Null: it is right; else what is wrong with it, and
  /// the call counts as failed.
  virtual const char* complaint(std::string_view response) = 0;
};

}  // namespace hawser::profile
