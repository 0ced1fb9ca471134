#include "src/signing/waiting_job.h"

namespace hawser::signing {

lanes::Admission refusal_to_wait(PendingKeys::Outcome outcome) {
  if (outcome == PendingKeys::Outcome::kClosed) return {lanes::Reason::kStopped, {}};
  return {lanes::Reason::kCount, std::chrono::seconds(1)};
}

lanes::Admission WaitingJob::submit_when_ready(PendingKeys& pending, std::string_view key_id,
                                               lanes::Lanes& lanes, const lanes::JobTerms& terms) {
  pending_ = &pending;
  lanes_ = &lanes;
  terms_ = terms;
  const PendingKeys::Outcome outcome = pending.wait(waiter_, key_id);
  if (outcome == PendingKeys::Outcome::kWaits) return {};  // and may be over already
  if (outcome == PendingKeys::Outcome::kNotPending) return lanes.submit(*this, terms);
  const lanes::Admission refused = refusal_to_wait(outcome);
  lanes.count_refused(terms.lane, *refused.refused);
  return refused;
}

void WaitingJob::give_up() {
  cancel();
  if (pending_ == nullptr || !pending_->leave(waiter_)) return;
  drop(terms_.deadline <= lanes_->now() ? lanes::Reason::kExpired : lanes::Reason::kCancelled);
}

void WaitingJob::on_told(bool is_closed) {
  if (is_closed) return drop(lanes::Reason::kStopped);
  terms_.forced = true;
  const lanes::Admission admission = lanes_->submit(*this, terms_);
  if (!admission.accepted()) on_dropped(*admission.refused);  // the lanes have counted it
}

void WaitingJob::drop(lanes::Reason why) {
  lanes_->count_refused(terms_.lane, why);
  on_dropped(why);
}

}  // namespace hawser::signing
