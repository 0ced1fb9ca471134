#include "hawser/event/post_batch.h"

namespace hawser::event {
namespace {

thread_local PostBatch* batch_of_thread = nullptr;

}  // namespace

PostBatch::PostBatch() { batch_of_thread = this; }

PostBatch::~PostBatch() {
  flush();
  batch_of_thread = nullptr;
}

void PostBatch::flush() {
  if (pending_ == nullptr) return;
  pending_->wake_if_asleep();
  pending_.reset();
}

bool PostBatch::put_off(const SharedWake& wake) {
  PostBatch* const batch = batch_of_thread;
  if (batch == nullptr) return false;
  if (batch->pending_ != wake) {
    batch->flush();
    batch->pending_ = wake;
  }
  return true;
}

}  // namespace hawser::event
