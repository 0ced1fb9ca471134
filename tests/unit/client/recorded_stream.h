// A streaming call that writes down its events, and can be waited for.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "hawser/client/channel.h"
#include "hawser/client/stream_call.h"
#include "support/bytes.h"

namespace hawser::test {

class RecordedStream final : public client::StreamCall::Events {
 public:
  explicit RecordedStream(client::StreamCall::Responses responses = client::StreamCall::Responses::kMany)
      : call(responses, *this) {
    call.set_path("/test.Service/Stream");
  }

  void start(client::Channel& channel) { REQUIRE(channel.start(call)); }
  bool write(std::string_view message, client::StreamCall::Last last = client::StreamCall::Last::kNo) {
    const MutableBytes room = call.begin_write(message.size());
    if (!message.empty() && !room.empty()) std::memcpy(room.data(), message.data(), message.size());
    return call.end_write(last);
  }
  /// The next event that nobody waited for is, or will be, this one; false after a time that only failing
  /// tests reach.
  bool wait_for(std::string_view event) {
    std::unique_lock lock(mutex_);
    const auto found = [&] {
      for (std::size_t i = waited_; i < events_.size(); ++i) {
        if (events_[i] != event) continue;
        waited_ = i + 1;
        return true;
      }
      return false;
    };
    return changed_.wait_for(lock, std::chrono::seconds(10), found);
  }
  /// The name of the status; "(no end)" after a time that only failing tests reach.
  std::string wait() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(10), [this] { return done_; })) return "(no end)";
    return std::string(to_string(call.status().code));
  }
  /// The events since the last call, joined by ", ".
  std::string text() {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (; told_ < events_.size(); ++told_) text += (text.empty() ? "" : ", ") + events_[told_];
    return text;
  }
  int count(std::string_view event) {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(std::count(events_.begin(), events_.end(), event));
  }
  /// For another start, once done.
  void again() {
    call.reset();
    events_.clear();
    waited_ = told_ = 0;
    done_ = false;
  }

  client::StreamCall call;
  std::function<void(const std::string& event)> on_event;  // on the loop

 private:
  void on_initial_metadata() override { add("metadata"); }
  void on_read(bool has_message) override {
    if (!has_message) return add("end");
    const std::string_view message = as_view(call.message());
    add("read " +
        (message.size() < 100 ? std::string(message) : "(" + std::to_string(message.size()) + " bytes)"));
  }
  void on_write_done(bool ok) override { add(ok ? "write_done" : "write_failed"); }
  void on_done() override { add("done"); }

  void add(std::string event) {
    if (on_event) on_event(event);
    const std::lock_guard lock(mutex_);
    done_ = event == "done";
    events_.push_back(std::move(event));
    changed_.notify_all();  // within the lock: a waiter may destroy this
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> events_;
  std::size_t waited_ = 0;
  std::size_t told_ = 0;
  bool done_ = false;
};

}  // namespace hawser::test
