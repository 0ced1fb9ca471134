// From a request's :path to its method: filled while the server is set up, frozen before it serves.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "hawser/base/result.h"
#include "hawser/server/method.h"

namespace hawser::server {

class Router final {
 public:
  /// Takes ownership. Scope usage when the path is malformed or taken.
  Result<void> add(std::unique_ptr<Method> method);
  /// Method::prepare for all.
  void prepare(std::size_t workers);

  /// nullptr when there is none. Exact bytes (P-18).
  Method* find(std::string_view path) const;
  /// Names of the services that methods were added of, in order.
  std::vector<std::string> services() const;
  /// What to tell a caller for whom find() found nothing: "unknown service x" or "unknown method y …" (P-19).
  std::string explain_unknown(std::string_view path) const;

 private:
  // Lookup by view without making a string.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const { return a == b; }
  };

  std::vector<std::unique_ptr<Method>> methods_;
  std::unordered_map<std::string, Method*, Hash, Equal> by_path_;
  std::unordered_set<std::string, Hash, Equal> services_;
};

}  // namespace hawser::server
