#include "hawser/server/call_pool.h"

namespace hawser::server {

ServerCall& CallPool::acquire() {
  ++in_use_;
  if (free_.empty()) return *std::make_unique<ServerCall>(*this, loop_, worker_).release();
  ServerCall& call = *free_.back().release();
  free_.pop_back();
  return call;
}

void CallPool::release(ServerCall& call) {
  --in_use_;
  std::unique_ptr<ServerCall> owned(&call);
  call.recycle();
  if (free_.size() < kKeepFree) free_.push_back(std::move(owned));
}

}  // namespace hawser::server
