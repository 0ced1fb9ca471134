// The CryptoService, written as for any grpc++ server.
//
// On the loop a call is planned, authorised, its key looked up and its job admitted; a worker signs. Public
// keys are answered on the loop: they are copies of bytes. Calls for a key that is still being made wait for
// it (pending_keys.h).
//
// One handler a server: what it keeps for the server's loops is by their number. Served by stock grpc++ it
// does the same, with a lock; callers are anonymous there, and connections not told apart.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>

#include "crypto.grpc.pb.h"
#include "src/access/policy.h"
#include "src/keys/keyring.h"
#include "src/lanes/lanes.h"
#include "src/signing/call_facts.h"
#include "src/signing/call_observers.h"
#include "src/signing/inline_signers.h"
#include "src/signing/signing_rules.h"

namespace hawser::signing {

/// Threads: methods as the server calls them. Outlives the server, and every call.
class CryptoHandler final : public ::crypto::CryptoService::CallbackService {
 public:
  /// All outlive the handler; `lanes` have WorkerKeys as their workers' states.
  struct Parts {
    const keys::Keyring& keyring;
    lanes::Lanes& lanes;
    SigningRules& rules;
    const access::Policy& policy;
    const CallObservers& observers;
    std::size_t most_jobs_per_connection;
    InlineSigners* inline_signers = nullptr;  ///< Null: loops don't sign.
  };
  explicit CryptoHandler(const Parts& parts);
  ~CryptoHandler() override;

  ::grpc::ServerUnaryReactor* Sign(::grpc::CallbackServerContext* context,
                                   const ::crypto::SignRequest* request,
                                   ::crypto::SignResponse* response) override;
  ::grpc::ServerUnaryReactor* GetPublicKey(::grpc::CallbackServerContext* context,
                                           const ::crypto::PublicKeyRequest* request,
                                           ::crypto::PublicKeyResponse* response) override;
  ::grpc::ServerUnaryReactor* Verify(::grpc::CallbackServerContext* context,
                                     const ::crypto::VerifyRequest* request,
                                     ::crypto::VerifyResponse* response) override;
  ::grpc::ServerUnaryReactor* BatchSign(::grpc::CallbackServerContext* context,
                                        const ::crypto::BatchSignRequest* request,
                                        ::crypto::BatchSignResponse* response) override;

 private:
  static constexpr std::size_t kMostLoops = 1024;
  class Loop;
  struct Refused;

  Loop& loop_of(const CallFacts& facts);
  template <class Operation>
  ::grpc::ServerUnaryReactor* start(::grpc::CallbackServerContext& context,
                                    const typename Operation::Request& request,
                                    typename Operation::Response& response);
  void start_item(Loop& loop, const CallFacts& facts, class BatchCall& call,
                  const ::crypto::SignRequest& request, ::crypto::BatchSignResult& result);
  /// The waiting call, when the key is pending; null: `refused` says what became of it.
  class PublicKeyCall* start_public_key(Loop& loop, const CallFacts& facts, std::size_t reserved,
                                        const ::crypto::PublicKeyRequest& request,
                                        ::crypto::PublicKeyResponse& response,
                                        std::optional<Refused>& refused);
  ::grpc::ServerUnaryReactor* refuse_batch(Loop& loop, const CallFacts& facts,
                                           ::grpc::CallbackServerContext& context, const Refused& refused);
  static ::grpc::Status refusal(::grpc::ServerContextBase& context, const Refused& refused);
  static ::grpc::ServerUnaryReactor* end(::grpc::CallbackServerContext& context,
                                         const ::grpc::Status& status);
  void tell(access::CallRecord& record, std::size_t reserved, const CallFacts& facts,
            const ::grpc::Status& status);

  const Parts parts_;
  // One a loop, made by its thread at its first call; `shared_` is for the calls of stock servers.
  std::array<std::unique_ptr<Loop>, kMostLoops> loops_;
  const std::unique_ptr<Loop> shared_;
};

}  // namespace hawser::signing
