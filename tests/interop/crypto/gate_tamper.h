// Holds workers at their first signature until it is opened: a queue that stands still for a test.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>

#include "src/signing/signature_tamper.h"

namespace hawser::test {

class GateTamper final : public signing::SignatureTamper {
 public:
  ~GateTamper() override { open(); }
  void tamper(crypto::Algorithm, std::string&) override {
    std::unique_lock lock(mutex_);
    ++held_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return is_open_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  /// Until so many workers are held.
  void wait_for(int workers) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return held_ >= workers; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = false;
  int held_ = 0;
};

}  // namespace hawser::test
