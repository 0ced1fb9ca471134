// Where a byte stream is cut on its way: a protocol must not care. Tests run each script in every way.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "hawser/base/byte_queue.h"
#include "support/seed.h"

namespace hawser::test {

class Chunking final {
 public:
  static Chunking whole() { return Chunking("whole", 0, 0); }
  static Chunking bytewise() { return Chunking("byte at a time", 1, 0); }
  /// Pieces of 1 to `most` bytes.
  static Chunking random(std::size_t most, std::uint64_t salt = 0) {
    return Chunking("random pieces up to " + std::to_string(most), most, salt);
  }
  /// One of each kind, and a few random ones.
  static std::vector<Chunking> all() {
    return {whole(), bytewise(), random(4, 1), random(20, 2), random(300, 3)};
  }

  const std::string& name() const { return name_; }

  /// Calls `take(piece)` for the pieces of `bytes` in order.
  template <class Take>
  void split(Bytes bytes, Take take) const {
    std::mt19937_64 generator = seeded_generator(salt_);
    while (!bytes.empty()) {
      const std::size_t size = next_size(bytes.size(), generator);
      take(bytes.first(size));
      bytes = bytes.subspan(size);
    }
  }

 private:
  Chunking(std::string name, std::size_t most, std::uint64_t salt)
      : name_(std::move(name)), most_(most), salt_(salt) {}

  std::size_t next_size(std::size_t left, std::mt19937_64& generator) const {
    if (most_ == 0) return left;
    return std::min(left, std::uniform_int_distribution<std::size_t>(1, most_)(generator));
  }

  std::string name_;
  std::size_t most_;  // 0: all at once
  std::uint64_t salt_;
};

}  // namespace hawser::test
