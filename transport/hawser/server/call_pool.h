// The ServerCall objects of one worker, reused: a warm call allocates nothing. Threads: the worker's.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "hawser/server/server_call.h"

namespace hawser::server {

class CallPool final {
 public:
  /// `loop` may be null (in-memory tests).
  CallPool(event::Loop* loop, std::size_t worker) : loop_(loop), worker_(worker) { free_.reserve(kKeepFree); }
  /// Precondition: nothing is in use.
  ~CallPool() = default;
  CallPool(const CallPool&) = delete;
  CallPool& operator=(const CallPool&) = delete;

  /// Out of the pool until release().
  ServerCall& acquire();
  void release(ServerCall& call);

  /// Calls in a stream or held by a handler.
  std::size_t in_use() const { return in_use_; }

 private:
  static constexpr std::size_t kKeepFree = 1024;

  event::Loop* loop_;
  std::size_t worker_;
  std::vector<std::unique_ptr<ServerCall>> free_;
  std::size_t in_use_ = 0;
};

}  // namespace hawser::server
