// `--name value` flags for the benchmark peers: enough for scripts, without a library that takes seconds to
// compile.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

namespace bench {

class Flags final {
 public:
  /// Ends the process with a sentence when the arguments are no pairs.
  Flags(int argc, char** argv) {
    for (int i = 1; i < argc; i += 2) {
      const std::string_view name = argv[i];
      if (!name.starts_with("--") || i + 1 == argc) {
        std::fprintf(stderr, "%s: expected pairs of --name value, at %s\n", argv[0], argv[i]);
        std::exit(2);
      }
      values_[std::string(name.substr(2))] = argv[i + 1];
    }
  }

  std::string text(const std::string& name, const std::string& otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
  }
  long number(const std::string& name, long otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : std::strtol(found->second.c_str(), nullptr, 10);
  }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace bench
