#include "support/seed.h"

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace hawser::test {
namespace {

bool was_used = false;

std::uint64_t choose_seed() {
  if (const char* text = std::getenv("HAWSER_TEST_SEED")) {
    const std::string_view digits(text);
    std::uint64_t seed = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), seed).ec == std::errc()) return seed;
  }
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

std::uint64_t test_seed() {
  static const std::uint64_t seed = choose_seed();
  was_used = true;
  return seed;
}

bool test_seed_was_used() { return was_used; }

std::mt19937_64 seeded_generator(std::uint64_t salt) {
  return std::mt19937_64(test_seed() ^ (salt * 0x9E3779B97F4A7C15U));
}

}  // namespace hawser::test
