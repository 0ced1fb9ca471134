// One BatchSign: a job for each item that was admitted, and the end when the last is over.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>

#include <grpcpp/support/server_callback.h>

#include "src/lanes/job.h"
#include "src/signing/call_pool.h"
#include "src/signing/job_call.h"

namespace hawser::signing {

class BatchCall;

/// What becomes of one item. Refused or done, it ends by finish(), once.
class BatchItem final : public WaitingJob {
 public:
  BatchItem(BatchCall& batch, const ::crypto::SignRequest& request, ::crypto::BatchSignResult& result)
      : batch_(batch), request_(request), result_(result) {}

  /// Before it is submitted.
  void set_plan(const SignPlan& plan, const ChosenKey& chosen) {
    plan_ = plan;
    chosen_ = chosen;
  }
  access::CallRecord& record() { return record_; }
  /// The observers that hear of it: all, unless one of them refused it.
  void set_reserved(std::size_t reserved) { reserved_ = reserved; }
  /// The item's result, and its observers are told.
  void finish(const Result<void>& done);

 private:
  bool run(lanes::WorkerState& worker) override;
  void on_dropped(lanes::Reason why) override;

  BatchCall& batch_;
  const ::crypto::SignRequest& request_;
  ::crypto::BatchSignResult& result_;
  SignPlan plan_;
  ChosenKey chosen_;
  access::CallRecord record_;
  std::size_t reserved_ = 0;
};

class BatchCall final : public ::grpc::ServerUnaryReactor {
 public:
  using Pool = CallPool<BatchCall>;

  BatchCall(Pool& pool, Pool::Node& node, LoopState& loop, const CallObservers& observers,
            const CallFacts& facts)
      : pool_(pool),
        node_(node),
        loop_(loop),
        observers_(observers),
        arrived_(facts.arrived),
        connection_(facts.connection()) {}

  /// On the loop, before close().
  BatchItem& add(const ::crypto::SignRequest& request, ::crypto::BatchSignResult& result) {
    unfinished_.fetch_add(1, std::memory_order_relaxed);
    return items_.emplace_back(*this, request, result);
  }
  /// An item was admitted: it counts for the connection until the call is over.
  void count_admitted() { ++admitted_; }
  /// All items were added: the call ends when they have.
  void close() { end_one(); }

  void OnCancel() override {
    for (BatchItem& item : items_) item.give_up();
  }
  void OnDone() override {
    (void)unfinished_.load(std::memory_order_acquire);  // what the workers did is over
    const std::unique_lock lock = loop_.lock();
    loop_.connections.remove(connection_, admitted_);
    pool_.release(node_);  // and that was this object
  }

 private:
  friend class BatchItem;

  /// The object may be gone afterwards.
  void end_one() {
    if (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) Finish(::grpc::Status::OK);
  }

  Pool& pool_;
  Pool::Node& node_;
  LoopState& loop_;
  const CallObservers& observers_;
  const Instant arrived_;
  const void* const connection_;
  std::deque<BatchItem> items_;
  std::uint32_t admitted_ = 0;
  std::atomic<std::size_t> unfinished_{1};  // items, and the handler that still adds some
};

}  // namespace hawser::signing
