// What a test case asks of a call, and how the call ended; the same for every client.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hawser::interop {

struct CallSettings {
  std::optional<std::chrono::milliseconds> timeout;
  std::vector<std::pair<std::string, std::string>> metadata;
  bool compress = false;  ///< Requests go out in gzip.
};

struct Outcome {
  bool ok() const { return code == 0; }

  int code = 0;  ///< gRPC doc/statuscodes.md
  std::string message;
  std::multimap<std::string, std::string> initial_metadata;
  std::multimap<std::string, std::string> trailing_metadata;
  bool was_compressed = false;  ///< Unary: the response was.
};

}  // namespace hawser::interop
