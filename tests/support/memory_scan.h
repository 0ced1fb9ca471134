// Looks through all memory of this process for bytes that should be gone from it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::test {

/// Bytes to look for, kept so that they are not themselves a place where they are found.
class Needle final {
 public:
  /// The middle of the secret: what frees memory writes over its beginning. At least 16 bytes.
  Needle(std::string name, std::string_view secret);

  const std::string& name() const { return name_; }
  std::size_t size() const { return inverted_.size(); }
  /// Into memory that is left out of the search.
  void write_to(char* bytes) const;

 private:
  std::string name_;
  std::string inverted_;
};

/// The names of those that are somewhere in a mapping that can be read, each with its address and mapping.
std::vector<std::string> find_in_memory(const std::vector<Needle>& needles);

}  // namespace hawser::test
