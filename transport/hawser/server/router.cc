#include "hawser/server/router.h"

#include <algorithm>

namespace hawser::server {
namespace {

struct SplitPath {
  std::string_view service;
  std::string_view method;
};

// Precondition: starts with '/' and has another one.
SplitPath split(std::string_view path) {
  const std::size_t last = path.rfind('/');
  return {path.substr(1, last - 1), path.substr(last + 1)};
}

}  // namespace

Result<void> Router::add(std::unique_ptr<Method> method) {
  const std::string path(method->path());
  if (path.size() < 4 || path[0] != '/' || path.rfind('/') < 2 || path.back() == '/') {
    return usage_error("method path \"" + path + "\" is not of the form /package.Service/Method");
  }
  if (!by_path_.emplace(path, method.get()).second) {
    return usage_error("method " + path + " is bound already");
  }
  services_.emplace(split(path).service);
  methods_.push_back(std::move(method));
  return {};
}

void Router::prepare(std::size_t workers) {
  for (const auto& method : methods_) method->prepare(workers);
}

Method* Router::find(std::string_view path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? nullptr : found->second;
}

std::vector<std::string> Router::services() const {
  std::vector<std::string> names(services_.begin(), services_.end());
  std::sort(names.begin(), names.end());
  return names;
}

std::string Router::explain_unknown(std::string_view path) const {
  const SplitPath parts = split(path);
  if (!services_.contains(parts.service)) return "unknown service " + std::string(parts.service);
  return "unknown method " + std::string(parts.method) + " of service " + std::string(parts.service);
}

}  // namespace hawser::server
