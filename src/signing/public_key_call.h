// A GetPublicKey that waits for its key, which is still being made: the one that the loop does not answer
// itself. Seldom, so it is no object of a pool.
#pragma once

#include <atomic>
#include <cstddef>

#include <grpcpp/support/server_callback.h>

#include "src/signing/call_facts.h"
#include "src/signing/call_observers.h"
#include "src/signing/loop_state.h"
#include "src/signing/pending_keys.h"
#include "src/signing/plan.h"
#include "src/signing/waiting_job.h"

namespace hawser::signing {

/// Owned by itself from start() to OnDone, when that accepts it.
class PublicKeyCall final : public ::grpc::ServerUnaryReactor {
 public:
  struct Start {
    LoopState& loop;
    const keys::Keyring& keyring;
    PendingKeys& pending;
    const CallObservers& observers;
    std::size_t reserved;  ///< CallObservers::reserve(); they hear of its end.
    const CallFacts& facts;
    const PublicKeyPlan& plan;
    const access::CallRecord& record;
    const ::crypto::PublicKeyRequest& request;
    ::crypto::PublicKeyResponse& response;
  };
  explicit PublicKeyCall(const Start& start);

  /// Accepted, it is its own and the server's, and may be over already.
  lanes::Admission start();

  void OnCancel() override;
  void OnDone() override;

 private:
  void on_told(bool is_closed);
  Result<void> answer();
  void end(const Result<void>& done);

  LoopState& loop_;
  const keys::Keyring& keyring_;
  PendingKeys& pending_;
  const CallObservers& observers_;
  const std::size_t reserved_;
  const Instant arrived_;
  const Instant deadline_;
  const void* const connection_;
  const PublicKeyPlan plan_;
  access::CallRecord record_;
  const ::crypto::PublicKeyRequest& request_;
  ::crypto::PublicKeyResponse& response_;
  PendingKeys::Waiter waiter_;
  std::atomic<bool> is_over_{false};
};

}  // namespace hawser::signing
