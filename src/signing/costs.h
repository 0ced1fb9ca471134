// What signing and verifying cost, as the lanes want to know it beforehand.
#pragma once

#include <cstddef>
#include <vector>

#include "hawser/base/clock.h"
#include "src/access/policy_rule.h"
#include "src/crypto/algorithm.h"
#include "src/lanes/job.h"

namespace hawser::signing {

/// For LaneOptions::costs: measured on one core of 2021 (AMD Zen 3, OpenSSL 3.0, libsodium 1.0.18). The
/// lanes learn what this machine takes.
std::vector<Duration> first_guesses();

/// Of a key that isn't there yet: the smallest that the algorithm fits, as default keys are.
crypto::KeySpec likely_spec(crypto::Algorithm algorithm);

/// Lane, class and extra cost of one signature or verification (`operation` is kSign or kVerify) over
/// `input_bytes` of message; 0 when a digest is given. What is fast in itself is slow with a large message.
lanes::JobTerms terms_of(access::Operation operation, crypto::KeySpec spec, crypto::Algorithm algorithm,
                         std::size_t input_bytes);

}  // namespace hawser::signing
