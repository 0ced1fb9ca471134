// How many connections are open, in all and by peer (CONFORMANCE S-23). Any thread: it is asked when a
// connection opens and closes, never on a call.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace hawser::server {

class ConnectionLimiter final {
 public:
  ConnectionLimiter(std::size_t most, std::size_t most_per_peer)
      : most_(most), most_per_peer_(most_per_peer) {}

  /// False: close the newcomer. True: call close() once when it ends. An empty key counts in all only.
  bool open(const std::string& peer_key);
  void close(const std::string& peer_key);
  std::size_t open_connections() const;

 private:
  const std::size_t most_;
  const std::size_t most_per_peer_;
  mutable std::mutex mutex_;
  std::size_t open_ = 0;                                  // guarded by mutex_
  std::unordered_map<std::string, std::size_t> by_peer_;  // guarded by mutex_
};

}  // namespace hawser::server
