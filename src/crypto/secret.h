// Memory for secrets: locked, behind guard pages, left out of core dumps, wiped when it goes. For keys on
// their way between a file and OpenSSL, not for each request: making one costs tens of microseconds.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include <sodium.h>

#include "hawser/base/result.h"

namespace hawser::crypto {

class SecretBytes final {
 public:
  SecretBytes() = default;
  /// Scope io when there is no more memory that can be protected.
  static Result<SecretBytes> allocate(std::size_t size);
  static Result<SecretBytes> copy_of(std::string_view bytes);

  unsigned char* data() { return bytes_.get(); }
  const unsigned char* data() const { return bytes_.get(); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes_.get()), size_}; }

 private:
  struct Free {
    void operator()(unsigned char* bytes) const { sodium_free(bytes); }
  };
  std::unique_ptr<unsigned char, Free> bytes_;
  std::size_t size_ = 0;
};

}  // namespace hawser::crypto
