// Which machines may connect over VSOCK (ServerOptions::vsock_allow_cids), and how many tried without. Any
// thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include "hawser/server/peer.h"

namespace hawser::server {

class CidGate final {
 public:
  /// Empty: all.
  explicit CidGate(std::vector<std::uint32_t> allowed) : allowed_(std::move(allowed)) {}

  /// False: close the newcomer, it is counted. Peers without a CID pass.
  bool let_in(const Peer& peer) {
    if (allowed_.empty() || !peer.vsock_cid) return true;
    if (std::find(allowed_.begin(), allowed_.end(), *peer.vsock_cid) != allowed_.end()) return true;
    refused_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  const std::vector<std::uint32_t> allowed_;
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace hawser::server
