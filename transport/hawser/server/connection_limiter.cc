#include "hawser/server/connection_limiter.h"

namespace hawser::server {

bool ConnectionLimiter::open(const std::string& peer_key) {
  const std::lock_guard lock(mutex_);
  if (open_ >= most_) return false;
  if (!peer_key.empty()) {
    std::size_t& of_peer = by_peer_[peer_key];
    if (of_peer >= most_per_peer_) {
      if (of_peer == 0) by_peer_.erase(peer_key);
      return false;
    }
    ++of_peer;
  }
  ++open_;
  return true;
}

void ConnectionLimiter::close(const std::string& peer_key) {
  const std::lock_guard lock(mutex_);
  --open_;
  if (peer_key.empty()) return;
  const auto found = by_peer_.find(peer_key);
  if (found != by_peer_.end() && --found->second == 0) by_peer_.erase(found);
}

std::size_t ConnectionLimiter::open_connections() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

}  // namespace hawser::server
