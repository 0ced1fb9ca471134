#include "hawser/interceptors/rate_limit.h"

#include <algorithm>

namespace hawser::interceptors {

RateLimit::RateLimit(RateRules rules) : rules_(rules), total_(rules.total) {}

std::optional<grpc::Status> RateLimit::before(server::CallView& call) {
  Duration wait{};
  {
    const std::lock_guard lock(mutex_);
    TokenBucket* peer = nullptr;
    if (rules_.per_peer.per_second > 0) {
      peer = &bucket_of(call.peer().limit_key, call.now());
      wait = peer->wait_for(rules_.per_peer, call.now());
    }
    wait = std::max(wait, total_.wait_for(rules_.total, call.now()));
    if (wait == Duration::zero()) {
      // Both or none: a call that one bucket refuses takes nothing from the other.
      if (peer != nullptr) peer->take();
      total_.take();
      return std::nullopt;
    }
  }
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  call.set_retry_pushback(wait);
  return grpc::Status{grpc::StatusCode::kResourceExhausted,
                      "too many calls: come back in " + std::to_string(milliseconds) + " ms",
                      {}};
}

TokenBucket& RateLimit::bucket_of(const std::string& peer, Instant now) {
  if (const auto found = by_peer_.find(peer); found != by_peer_.end()) {
    peers_.splice(peers_.begin(), peers_, found->second);
    return peers_.front().bucket;
  }
  if (peers_.size() >= rules_.most_peers && !peers_.empty()) {
    by_peer_.erase(peers_.back().peer);
    peers_.pop_back();
  }
  peers_.push_front({peer, TokenBucket(rules_.per_peer, now)});
  by_peer_.emplace(peers_.front().peer, peers_.begin());
  return peers_.front().bucket;
}

}  // namespace hawser::interceptors
