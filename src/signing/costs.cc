#include "src/signing/costs.h"

namespace hawser::signing {
namespace {

using std::chrono::microseconds;

// In the order of KeySpec.
constexpr microseconds kSign[] = {microseconds(750), microseconds(2740), microseconds(5200),
                                  microseconds(30),  microseconds(1130), microseconds(500),
                                  microseconds(29)};
constexpr microseconds kVerify[] = {microseconds(20),   microseconds(56),  microseconds(85), microseconds(80),
                                    microseconds(1250), microseconds(830), microseconds(82)};
constexpr std::size_t kSpecs = std::size(kSign);

// What takes longer is slow.
constexpr Duration kFastest = microseconds(100);

// Picoseconds a byte of the message takes to hash. Ed25519 hashes it twice to sign.
constexpr std::int64_t kSha256 = 900;
constexpr std::int64_t kSha512 = 2000;
constexpr std::int64_t kEd25519Sign = 2 * 3000;
constexpr std::int64_t kEd25519Verify = 3000;

std::int64_t picoseconds_a_byte(crypto::Algorithm algorithm, bool signs) {
  switch (crypto::facts(algorithm).hash) {
    case crypto::Hash::kSha256:
      return kSha256;
    case crypto::Hash::kNone:
      return signs ? kEd25519Sign : kEd25519Verify;
    default:
      return kSha512;
  }
}

}  // namespace

std::vector<Duration> first_guesses() {
  std::vector<Duration> guesses(kSign, kSign + kSpecs);
  guesses.insert(guesses.end(), kVerify, kVerify + kSpecs);
  return guesses;
}

crypto::KeySpec likely_spec(crypto::Algorithm algorithm) {
  int number = 0;
  while (!crypto::fits(static_cast<crypto::KeySpec>(number), algorithm)) ++number;
  return static_cast<crypto::KeySpec>(number);
}

lanes::JobTerms terms_of(access::Operation operation, crypto::KeySpec spec, crypto::Algorithm algorithm,
                         std::size_t input_bytes) {
  const bool signs = operation == access::Operation::kSign;
  const auto index = static_cast<std::size_t>(spec);
  const Duration usual = signs ? kSign[index] : kVerify[index];
  lanes::JobTerms terms;
  terms.cost_class = signs ? index : kSpecs + index;
  terms.extra_cost =
      Duration(static_cast<std::int64_t>(input_bytes) * picoseconds_a_byte(algorithm, signs) / 1000);
  const bool is_fast = usual <= kFastest && terms.extra_cost <= kFastest;
  terms.lane = is_fast ? lanes::Lane::kFast : lanes::Lane::kSlow;
  return terms;
}

}  // namespace hawser::signing
