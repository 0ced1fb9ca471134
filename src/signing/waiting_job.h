// A job whose key may still be being made: then it waits for that, on no thread, before the lanes have it.
//
//   submit() when the key is there; submit_when_ready() when it is pending:
//     -> accepted: run() or on_dropped(), as for every job. give_up() ends what waits at once: on_dropped()
//     -> refused
#pragma once

#include "src/lanes/lanes.h"
#include "src/signing/pending_keys.h"

namespace hawser::signing {

/// Of kFull and kClosed, as what the lanes say to a job.
lanes::Admission refusal_to_wait(PendingKeys::Outcome outcome);

class WaitingJob : public lanes::Job {
 public:
  /// The loop's. All outlive the job; `key_id` stays as it is. What has waited is not refused for the load:
  /// its number is bounded.
  lanes::Admission submit_when_ready(PendingKeys& pending, std::string_view key_id, lanes::Lanes& lanes,
                                     const lanes::JobTerms& terms);
  /// Its call was cancelled, or the deadline has passed; within OnCancel. It may be over afterwards.
  void give_up();

 private:
  void on_told(bool is_closed);
  void drop(lanes::Reason why);

  PendingKeys* pending_ = nullptr;  // null: it never waited
  lanes::Lanes* lanes_ = nullptr;
  lanes::JobTerms terms_;
  PendingKeys::Waiter waiter_{PendingKeys::Waiter::Told::bind<&WaitingJob::on_told>(*this)};
};

}  // namespace hawser::signing
