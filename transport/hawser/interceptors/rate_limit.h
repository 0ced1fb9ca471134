// So many calls a second, for the server as a whole and for each peer. A call over the limit ends with
// RESOURCE_EXHAUSTED and says when to come back (grpc-retry-pushback-ms, gRPC proposal A6).
#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "hawser/base/clock.h"
#include "hawser/interceptors/token_bucket.h"
#include "hawser/server/interceptor.h"

namespace hawser::interceptors {

struct RateRules {
  Rate total;
  /// By address without port, or CID. Peers that have no address (UNIX sockets) count as one.
  Rate per_peer;
  /// Peers that are remembered; the one not seen for longest is forgotten first, and starts full again.
  std::size_t most_peers = 10'000;
};

class RateLimit final : public server::Interceptor {
 public:
  explicit RateLimit(RateRules rules);

  std::optional<grpc::Status> before(server::CallView& call) override;

 private:
  struct PeerBucket {
    std::string peer;
    TokenBucket bucket;
  };

  TokenBucket& bucket_of(const std::string& peer, Instant now);

  const RateRules rules_;
  std::mutex mutex_;
  TokenBucket total_;
  std::list<PeerBucket> peers_;  // the one seen last in front
  std::unordered_map<std::string_view, std::list<PeerBucket>::iterator> by_peer_;  // views into peers_
};

}  // namespace hawser::interceptors
