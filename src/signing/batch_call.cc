#include "src/signing/batch_call.h"

namespace hawser::signing {

bool BatchItem::run(lanes::WorkerState& worker) {
  record_.queue = queued();
  const Result<void> done =
      carry_out<SignOperation>(static_cast<WorkerKeys&>(worker), plan_, chosen_, request_,
                               *result_.mutable_response(), reserved_ == 0 ? nullptr : &record_);
  if (reserved_ > 0) record_.exec = Clock::now() - taken_at();
  const bool is_usual = done.has_value();
  finish(done);
  return is_usual;
}

void BatchItem::on_dropped(lanes::Reason why) { finish(tl::unexpected<Error>(error_of(why))); }

void BatchItem::finish(const Result<void>& done) {
  const ::grpc::Status status = status_of(done);
  if (!status.ok()) {
    result_.clear_response();
    result_.set_code(status.error_code());
    result_.set_message(status.error_message());
  }
  if (reserved_ > 0) {
    record_.code = status.error_code();
    record_.total = Clock::now() - batch_.arrived_;
    batch_.observers_.tell_reserved(record_, reserved_);
  }
  batch_.end_one();
}

}  // namespace hawser::signing
