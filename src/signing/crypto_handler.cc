#include "src/signing/crypto_handler.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "src/keys/refusal.h"
#include "src/signing/batch_call.h"
#include "src/signing/costs.h"
#include "src/signing/job_call.h"
#include "src/signing/outcome.h"
#include "src/signing/public_key_call.h"
#include "src/signing/waiting_job.h"

namespace hawser::signing {
namespace {

using SignCall = JobCall<SignOperation>;
using VerifyCall = JobCall<VerifyOperation>;

// After UNAVAILABLE: a key is being made, the records are full, another server takes over.
constexpr Duration kPause = std::chrono::seconds(1);

Error no_record() {
  return {ErrorScope::kStream, static_cast<int>(keys::Refusal::kUnavailable),
          "no record of this call can be kept, so it is refused: try again"};
}

}  // namespace

/// Why a call ends before a worker has it.
struct CryptoHandler::Refused {
  Error error;
  Duration retry_after{};  ///< 0: nothing is suggested.
};

/// What belongs to one loop, and the steps of a call's admission on it.
class CryptoHandler::Loop final : public LoopState {
 public:
  Loop(const Parts& parts, bool is_shared)
      : LoopState(parts.keyring, is_shared),
        parts_(parts),
        inline_signer_(parts.inline_signers == nullptr || is_shared
                           ? nullptr
                           : &parts.inline_signers->make(parts.keyring, parts.rules)) {}

  SignCall::Pool& pool(SignOperation) { return signs_; }
  VerifyCall::Pool& pool(VerifyOperation) { return verifies_; }
  BatchCall::Pool& batches() { return batches_; }

  /// Nothing, when the request is planned, allowed and admitted. `make_job` gives the job of a plan and a
  /// chosen key; it is submitted at once.
  template <class Operation, class MakeJob>
  std::optional<Refused> admit(const CallFacts& facts, const typename Operation::Request& request,
                               access::CallRecord* record, const MakeJob& make_job) {
    auto plan = Operation::plan(request);
    if (!plan) return Refused{std::move(plan.error()), {}};
    if (record != nullptr) {
      record->key_id.assign(plan->key_id);
      record->algorithm = plan->algorithm;
    }
    if (auto allowed = allow(facts, Operation::kOperation, plan->key_id); !allowed) {
      return Refused{std::move(allowed.error()), {}};
    }
    ChosenKey chosen;
    Result<KeyChoice> choice = Operation::choose(reader.current(), &parts_.rules.pending, *plan);
    if (choice) {
      chosen = {*choice, reader.epoch()};
    } else if (!is_pending(choice.error())) {
      return Refused{std::move(choice.error()), {}};
    }
    lanes::JobTerms terms =
        terms_of(Operation::kOperation, choice ? choice->key->spec : likely_spec(plan->algorithm),
                 plan->algorithm, plan->is_digest ? 0 : plan->input.size());
    if (Operation::kIsSlow) terms.lane = lanes::Lane::kSlow;
    terms.deadline = facts.deadline;
    if (record != nullptr) {
      if (choice) record->key_version = choice->version->number;
      record->lane = name_of(terms.lane);
    }
    return count(facts, terms.lane, [&] {
      WaitingJob& job = make_job(*plan, chosen);
      if (Operation::kMayRunOnLoop && choice && sign_here(facts, job, terms)) return lanes::Admission{};
      return choice ? parts_.lanes.submit(job, terms)
                    : job.submit_when_ready(parts_.rules.pending, plan->key_id, parts_.lanes, terms);
    });
  }

  /// May this caller have that key's public half, and which is it?
  Result<KeyChoice> choose_public(const CallFacts& facts, const PublicKeyPlan& plan) {
    if (auto allowed = allow(facts, access::Operation::kGetPublicKey, plan.key_id); !allowed) {
      return tl::unexpected<Error>(std::move(allowed.error()));
    }
    return choose_public_key(reader.current(), &parts_.rules.pending, plan);
  }

  /// Accepted by `admit`, the call counts for its connection until it is done.
  template <class Admit>
  std::optional<Refused> count(const CallFacts& facts, lanes::Lane lane, const Admit& admit) {
    const void* connection = facts.connection();
    lanes::Admission admission;
    if (connections.count(connection) >= parts_.most_jobs_per_connection) {
      parts_.lanes.count_refused(lane, lanes::Reason::kConnection);
      admission = {lanes::Reason::kConnection, parts_.lanes.expected_wait(lane)};
    } else {
      connections.add(connection);
      admission = admit();
      if (admission.accepted()) return std::nullopt;
      connections.remove(connection);
    }
    return Refused{error_of(*admission.refused), admission.retry_after};
  }

 private:
  Result<void> allow(const CallFacts& facts, access::Operation operation, std::string_view key_id) const {
    return access::result_of(parts_.policy.decide(facts.principal(), operation, key_id));
  }

  // What is late is the lanes' to refuse.
  bool sign_here(const CallFacts& facts, lanes::Job& job, const lanes::JobTerms& terms) {
    return inline_signer_ != nullptr && terms.lane == lanes::Lane::kFast && facts.arrived < terms.deadline &&
           inline_signer_->try_run(job, facts.info->loop_turn(), facts.arrived);
  }

  const Parts& parts_;
  InlineSigner* const inline_signer_;  // null: everything goes to the lanes
  SignCall::Pool signs_;
  VerifyCall::Pool verifies_;
  BatchCall::Pool batches_;
};

CryptoHandler::CryptoHandler(const Parts& parts)
    : parts_(parts), shared_(std::make_unique<Loop>(parts_, true)) {}

CryptoHandler::~CryptoHandler() = default;

CryptoHandler::Loop& CryptoHandler::loop_of(const CallFacts& facts) {
  if (facts.info == nullptr || facts.info->worker() >= kMostLoops) return *shared_;
  std::unique_ptr<Loop>& loop = loops_[facts.info->worker()];
  if (loop == nullptr) loop = std::make_unique<Loop>(parts_, false);
  return *loop;
}

::grpc::Status CryptoHandler::refusal(::grpc::ServerContextBase& context, const Refused& refused) {
  if (refused.error.code == ::grpc::StatusCode::RESOURCE_EXHAUSTED) {
    context.AddTrailingMetadata(kPushbackName, pushback_of(refused.retry_after));
  } else if (refused.error.code == ::grpc::StatusCode::UNAVAILABLE) {
    context.AddTrailingMetadata(kPushbackName, pushback_of(kPause));
  }
  return status_of(refused.error);
}

::grpc::ServerUnaryReactor* CryptoHandler::end(::grpc::CallbackServerContext& context,
                                               const ::grpc::Status& status) {
  ::grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

// The observers' record of a call that no worker had.
void CryptoHandler::tell(access::CallRecord& record, std::size_t reserved, const CallFacts& facts,
                         const ::grpc::Status& status) {
  if (reserved == 0) return;
  record.code = status.error_code();
  record.total = parts_.lanes.now() - facts.arrived;
  parts_.observers.tell_reserved(record, reserved);
}

template <class Operation>
::grpc::ServerUnaryReactor* CryptoHandler::start(::grpc::CallbackServerContext& context,
                                                 const typename Operation::Request& request,
                                                 typename Operation::Response& response) {
  const CallFacts facts = CallFacts::of(context, parts_.lanes.now());
  Loop& loop = loop_of(facts);
  const std::unique_lock lock = loop.lock();
  auto& pool = loop.pool(Operation{});
  auto& node = pool.acquire();
  access::CallRecord* record = parts_.observers.empty() ? nullptr : &node.record;
  if (record != nullptr) facts.begin(*record, Operation::kMethod);

  std::size_t reserved = 0;
  std::optional<Refused> refused;
  if (parts_.observers.reserve(node.record, reserved)) {
    refused = loop.template admit<Operation>(
        facts, request, record,
        [&](const typename Operation::Plan& plan, const ChosenKey& chosen) -> WaitingJob& {
          return node.call.emplace(typename JobCall<Operation>::Start{
              pool, node, loop, parts_.observers, facts, plan, chosen, request, response});
        });
  } else {
    refused = Refused{no_record(), {}};
  }
  // Accepted: it belongs to its worker and to the server, and may be finished already.
  if (!refused) return &*node.call;
  const ::grpc::Status status = refusal(context, *refused);
  tell(node.record, reserved, facts, status);
  pool.release(node);
  return end(context, status);
}

::grpc::ServerUnaryReactor* CryptoHandler::Sign(::grpc::CallbackServerContext* context,
                                                const ::crypto::SignRequest* request,
                                                ::crypto::SignResponse* response) {
  return start<SignOperation>(*context, *request, *response);
}

::grpc::ServerUnaryReactor* CryptoHandler::Verify(::grpc::CallbackServerContext* context,
                                                  const ::crypto::VerifyRequest* request,
                                                  ::crypto::VerifyResponse* response) {
  return start<VerifyOperation>(*context, *request, *response);
}

::grpc::ServerUnaryReactor* CryptoHandler::GetPublicKey(::grpc::CallbackServerContext* context,
                                                        const ::crypto::PublicKeyRequest* request,
                                                        ::crypto::PublicKeyResponse* response) {
  const CallFacts facts = CallFacts::of(*context, parts_.lanes.now());
  Loop& loop = loop_of(facts);
  const std::unique_lock lock = loop.lock();
  if (!parts_.observers.empty()) facts.begin(loop.inline_record, "GetPublicKey");

  std::size_t reserved = 0;
  std::optional<Refused> refused;
  if (parts_.observers.reserve(loop.inline_record, reserved)) {
    if (auto* waits = start_public_key(loop, facts, reserved, *request, *response, refused)) return waits;
  } else {
    refused = Refused{no_record(), {}};
  }
  const ::grpc::Status status = refused ? refusal(*context, *refused) : ::grpc::Status();
  tell(loop.inline_record, reserved, facts, status);
  return end(*context, status);
}

PublicKeyCall* CryptoHandler::start_public_key(Loop& loop, const CallFacts& facts, std::size_t reserved,
                                               const ::crypto::PublicKeyRequest& request,
                                               ::crypto::PublicKeyResponse& response,
                                               std::optional<Refused>& refused) {
  access::CallRecord& record = loop.inline_record;
  auto plan = plan_public_key(request);
  if (!plan) {
    refused = Refused{std::move(plan.error()), {}};
    return nullptr;
  }
  if (!parts_.observers.empty()) {
    record.key_id.assign(plan->key_id);
    record.algorithm = plan->algorithm;
  }
  auto choice = loop.choose_public(facts, *plan);
  if (choice) {
    record.key_version = choice->version->number;
    fill_public_key(*plan, *choice, request, response);
    return nullptr;
  }
  if (!is_pending(choice.error())) {
    refused = Refused{std::move(choice.error()), {}};
    return nullptr;
  }
  auto call = std::make_unique<PublicKeyCall>(PublicKeyCall::Start{loop, parts_.keyring, parts_.rules.pending,
                                                                   parts_.observers, reserved, facts, *plan,
                                                                   record, request, response});
  // It counts with the slow lane, which its key's other calls are for.
  refused = loop.count(facts, lanes::Lane::kSlow, [&] { return call->start(); });
  return refused ? nullptr : call.release();
}

::grpc::ServerUnaryReactor* CryptoHandler::BatchSign(::grpc::CallbackServerContext* context,
                                                     const ::crypto::BatchSignRequest* request,
                                                     ::crypto::BatchSignResponse* response) {
  const CallFacts facts = CallFacts::of(*context, parts_.lanes.now());
  Loop& loop = loop_of(facts);
  const std::unique_lock lock = loop.lock();
  if (const Result<void> checked = check_batch(*request); !checked) {
    return refuse_batch(loop, facts, *context, {checked.error(), {}});
  }
  auto& node = loop.batches().acquire();
  BatchCall& call = node.call.emplace(loop.batches(), node, loop, parts_.observers, facts);
  response->mutable_results()->Reserve(request->items_size());
  for (const ::crypto::SignRequest& item : request->items()) {
    start_item(loop, facts, call, item, *response->add_results());
  }
  call.close();
  return &call;
}

// A batch is refused whole with a record of its own; else each item has one.
::grpc::ServerUnaryReactor* CryptoHandler::refuse_batch(Loop& loop, const CallFacts& facts,
                                                        ::grpc::CallbackServerContext& context,
                                                        const Refused& refused) {
  std::size_t reserved = 0;
  ::grpc::Status status;
  if (parts_.observers.empty()) {
    status = refusal(context, refused);
  } else {
    facts.begin(loop.inline_record, "BatchSign");
    const bool is_kept = parts_.observers.reserve(loop.inline_record, reserved);
    status = refusal(context, is_kept ? refused : Refused{no_record(), {}});
    tell(loop.inline_record, reserved, facts, status);
  }
  return end(context, status);
}

void CryptoHandler::start_item(Loop& loop, const CallFacts& facts, BatchCall& call,
                               const ::crypto::SignRequest& request, ::crypto::BatchSignResult& result) {
  BatchItem& item = call.add(request, result);
  access::CallRecord* record = parts_.observers.empty() ? nullptr : &item.record();
  if (record != nullptr) facts.begin(*record, "BatchSign");
  std::size_t reserved = 0;
  const bool is_kept = parts_.observers.reserve(item.record(), reserved);
  item.set_reserved(reserved);
  std::optional<Refused> refused;
  if (is_kept) {
    refused = loop.admit<BatchOperation>(facts, request, record,
                                         [&](const SignPlan& plan, const ChosenKey& chosen) -> WaitingJob& {
                                           item.set_plan(plan, chosen);
                                           return item;
                                         });
  } else {
    refused = Refused{no_record(), {}};
  }
  if (refused) {
    item.finish(tl::unexpected<Error>(std::move(refused->error)));
  } else {
    call.count_admitted();
  }
}

}  // namespace hawser::signing
