// The two operations that workers do for a call of its own: what they are planned, chosen and done with, for
// JobCall. All functions are stateless.
#pragma once

#include <string>

#include "crypto.pb.h"
#include "src/access/policy_rule.h"
#include "src/signing/worker_keys.h"

namespace hawser::signing {

std::int64_t unix_milliseconds();

struct SignOperation {
  using Request = ::crypto::SignRequest;
  using Response = ::crypto::SignResponse;
  using Plan = SignPlan;
  static constexpr access::Operation kOperation = access::Operation::kSign;
  static constexpr std::string_view kMethod = "Sign";
  static constexpr bool kIsSlow = false;
  static constexpr bool kMayRunOnLoop = true;

  static Result<Plan> plan(const Request& request) { return plan_sign(request); }
  static Result<KeyChoice> choose(const keys::KeyMap& keys, const PendingKeys* pending, const Plan& plan) {
    return choose_to_sign(keys, pending, plan);
  }
  /// On a worker; fills the response. `input_sha256` may be null.
  static Result<void> execute(WorkerKeys& keys, const Plan& plan, const KeyChoice& choice,
                              const Request& request, Response& response, std::string* input_sha256);
};

/// One item of a BatchSign. Whatever it costs, it goes to the slow lane: nobody's 64 signatures are to be
/// in front of another's one.
struct BatchOperation : SignOperation {
  static constexpr bool kIsSlow = true;
  static constexpr bool kMayRunOnLoop = false;
};

struct VerifyOperation {
  static constexpr bool kIsSlow = false;
  static constexpr bool kMayRunOnLoop = false;
  using Request = ::crypto::VerifyRequest;
  using Response = ::crypto::VerifyResponse;
  using Plan = VerifyPlan;
  static constexpr access::Operation kOperation = access::Operation::kVerify;
  static constexpr std::string_view kMethod = "Verify";

  static Result<Plan> plan(const Request& request) { return plan_verify(request); }
  static Result<KeyChoice> choose(const keys::KeyMap& keys, const PendingKeys* pending, const Plan& plan) {
    return choose_to_verify(keys, pending, plan);
  }
  static Result<void> execute(WorkerKeys& keys, const Plan& plan, const KeyChoice& choice,
                              const Request& request, Response& response, std::string* input_sha256);
};

/// Inline on a loop: copies, nothing else.
void fill_public_key(const PublicKeyPlan& plan, const KeyChoice& choice,
                     const ::crypto::PublicKeyRequest& request, ::crypto::PublicKeyResponse& response);

}  // namespace hawser::signing
