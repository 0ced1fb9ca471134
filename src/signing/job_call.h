// One call that a worker does: reactor of the call and job of the lanes in one object.
//
//   handler: emplaced in its pool's node, submitted, returned -> worker: run() or on_dropped() -> Finish
//   -> loop: OnDone, back to the pool
//
// A key that is still being made is waited for before it is submitted (waiting_job.h).
// The worker doesn't touch the object after Finish(). OnCancel comes on the loop, before OnDone.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include <grpcpp/support/server_callback.h>

#include "src/lanes/job.h"
#include "src/signing/call_facts.h"
#include "src/signing/call_observers.h"
#include "src/signing/call_pool.h"
#include "src/signing/loop_state.h"
#include "src/signing/operations.h"
#include "src/signing/outcome.h"
#include "src/signing/waiting_job.h"

namespace hawser::signing {

/// A key that was chosen on the loop, for a worker: good there while its map is of the same epoch, and else
/// chosen again. So nobody has to count references, and what was disabled meanwhile signs no more.
struct ChosenKey {
  KeyChoice choice;
  std::uint64_t epoch = 0;  ///< 0 is no map's: there was no key yet.
};

/// Does the planned operation on a worker.
template <class Operation>
Result<void> carry_out(WorkerKeys& keys, const typename Operation::Plan& plan, const ChosenKey& chosen,
                       const typename Operation::Request& request, typename Operation::Response& response,
                       access::CallRecord* record) {
  const keys::KeyMap& map = keys.keys();
  KeyChoice choice = chosen.choice;
  if (keys.epoch() != chosen.epoch) {
    Result<KeyChoice> again = Operation::choose(map, &keys.rules().pending, plan);
    if (!again) return tl::unexpected<Error>(std::move(again.error()));
    choice = *again;
  }
  if (record != nullptr) record->key_version = choice.version->number;
  return Operation::execute(keys, plan, choice, request, response,
                            record == nullptr ? nullptr : &record->input_sha256);
}

template <class Operation>
class JobCall final : public ::grpc::ServerUnaryReactor, public WaitingJob {
 public:
  using Pool = CallPool<JobCall>;

  struct Start {
    Pool& pool;
    typename Pool::Node& node;  ///< This call's; its record has what CallFacts::begin() sets.
    LoopState& loop;
    const CallObservers& observers;
    const CallFacts& facts;
    const typename Operation::Plan& plan;
    ChosenKey chosen;
    const typename Operation::Request& request;
    typename Operation::Response& response;
  };
  explicit JobCall(const Start& start)
      : pool_(start.pool),
        node_(start.node),
        loop_(start.loop),
        observers_(start.observers),
        arrived_(start.facts.arrived),
        connection_(start.facts.connection()),
        plan_(start.plan),
        chosen_(start.chosen),
        request_(start.request),
        response_(start.response) {}

  // Reactions of the call.
  void OnCancel() override { give_up(); }
  void OnDone() override {
    (void)is_over_.load(std::memory_order_acquire);
    const std::unique_lock lock = loop_.lock();
    loop_.connections.remove(connection_);
    pool_.release(node_);  // and that was this object
  }

 private:
  bool run(lanes::WorkerState& worker) override {
    access::CallRecord* record = observers_.empty() ? nullptr : &node_.record;
    const Result<void> done =
        carry_out<Operation>(static_cast<WorkerKeys&>(worker), plan_, chosen_, request_, response_, record);
    if (record != nullptr) {
      const Instant now = Clock::now();
      record->queue = queued();
      record->exec = now - taken_at();
      tell(status_of(done).error_code(), now);
    }
    const bool is_usual = done.has_value();
    end(status_of(done));
    return is_usual;
  }
  void on_dropped(lanes::Reason why) override {
    const ::grpc::Status status = status_of(error_of(why));
    if (!observers_.empty()) tell(status.error_code(), Clock::now());
    end(status);
  }
  // What the worker did is over for whoever uses this memory next. (A Finish() that comes before the call is
  // bound leaves that to a lock of grpc++'s.)
  void end(::grpc::Status status) {
    is_over_.store(true, std::memory_order_release);
    Finish(std::move(status));
  }
  void tell(::grpc::StatusCode code, Instant now) {
    node_.record.code = code;
    node_.record.total = now - arrived_;
    observers_.tell(node_.record);
  }

  Pool& pool_;
  typename Pool::Node& node_;
  LoopState& loop_;
  const CallObservers& observers_;
  const Instant arrived_;
  const void* const connection_;
  const typename Operation::Plan plan_;
  const ChosenKey chosen_;
  const typename Operation::Request& request_;
  typename Operation::Response& response_;
  std::atomic<bool> is_over_{false};
};

}  // namespace hawser::signing
