// What the signing service can be told.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "hawser/base/log.h"
#include "src/access/call_record.h"
#include "src/access/policy.h"
#include "src/lanes/lane_options.h"
#include "src/signing/self_test.h"
#include "src/signing/signature_tamper.h"
#include "src/signing/verify_after_sign.h"

namespace hawser::signing {

/// Pointers aren't owned and outlive the service.
struct SigningOptions {
  lanes::LaneOptions lanes;  ///< Without `costs`, which the service knows.
  /// What one connection may have in the lanes; more is RESOURCE_EXHAUSTED.
  std::size_t most_jobs_per_connection = 256;
  VerifyPolicy verify;
  /// Event loops sign with P-256 and Ed25519, once a pass at most; the rest goes to the lanes.
  bool sign_inline = false;

  const access::Policy* policy = nullptr;        ///< Null: no policy, so the default keys are for everybody.
  std::vector<access::CallObserver*> observers;  ///< Told of every call.

  SelfTestOptions self_test;
  /// After each self-test, on a thread of the service's: what health checks are to say.
  std::function<void(bool is_healthy)> on_health;

  SignatureTamper* tamper = nullptr;  ///< For tests.
  log::Sink* log = &log::null_sink();
};

}  // namespace hawser::signing
