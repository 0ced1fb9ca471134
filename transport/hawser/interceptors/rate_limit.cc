#include "hawser/interceptors/rate_limit.h"

#include <algorithm>
#include <cmath>

namespace hawser::interceptors {
namespace {

constexpr double kNanoseconds = 1e9;

}  // namespace

RateLimit::RateLimit(RateRules rules) : rules_(rules), total_{rules.total.burst, {}} {}

std::optional<grpc::Status> RateLimit::before(server::CallView& call) {
  Duration wait{};
  {
    const std::lock_guard lock(mutex_);
    Bucket* peer = nullptr;
    if (rules_.per_peer.per_second > 0) {
      peer = &bucket_of(call.peer().limit_key, call.now());
      wait = wait_for(*peer, rules_.per_peer, call.now());
    }
    if (rules_.total.per_second > 0) wait = std::max(wait, wait_for(total_, rules_.total, call.now()));
    if (wait == Duration::zero()) {
      // Both or none: a call that one bucket refuses takes nothing from the other.
      if (peer != nullptr) peer->tokens -= 1;
      total_.tokens -= 1;
      return std::nullopt;
    }
  }
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  call.set_retry_pushback(wait);
  return grpc::Status{grpc::StatusCode::kResourceExhausted,
                      "too many calls: come back in " + std::to_string(milliseconds) + " ms",
                      {}};
}

Duration RateLimit::wait_for(Bucket& bucket, const Rate& rate, Instant now) {
  if (now > bucket.filled_at) {
    const double passed = static_cast<double>((now - bucket.filled_at).count());
    bucket.tokens = std::min(rate.burst, bucket.tokens + passed * rate.per_second / kNanoseconds);
    bucket.filled_at = now;
  }
  if (bucket.tokens >= 1) return Duration::zero();
  const double missing = (1 - bucket.tokens) / rate.per_second * kNanoseconds;
  return Duration(static_cast<Duration::rep>(std::min(missing, 3600 * kNanoseconds)) + 1);
}

RateLimit::Bucket& RateLimit::bucket_of(const std::string& peer, Instant now) {
  if (const auto found = by_peer_.find(peer); found != by_peer_.end()) {
    peers_.splice(peers_.begin(), peers_, found->second);
    return peers_.front().bucket;
  }
  if (peers_.size() >= rules_.most_peers && !peers_.empty()) {
    by_peer_.erase(peers_.back().peer);
    peers_.pop_back();
  }
  peers_.push_front({peer, {rules_.per_peer.burst, now}});
  by_peer_.emplace(peers_.front().peer, peers_.begin());
  return peers_.front().bucket;
}

}  // namespace hawser::interceptors
