// One seed for all randomness of a test run: HAWSER_TEST_SEED when it is set, else a fresh one. It is printed
// when a test fails, so that the failure can be repeated.
#pragma once

#include <cstdint>
#include <random>

namespace hawser::test {

/// The same value for the life of the process.
std::uint64_t test_seed();
/// Whether anything asked for it.
bool test_seed_was_used();

/// A generator of its own for each place: `salt` tells them apart.
std::mt19937_64 seeded_generator(std::uint64_t salt);

}  // namespace hawser::test
