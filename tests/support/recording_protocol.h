// A protocol without any rules: writes down what its pump does and does what the test says.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "hawser/io/protocol.h"
#include "support/bytes.h"

namespace hawser::test {

class RecordingProtocol final : public io::Protocol {
 public:
  // What the pump did.
  std::string received;
  std::string
      calls;  ///< One letter a call: a(ttach) r(eceive) d(rain) e(xpire) g(ive back) x (disconnected).
  std::optional<Error> end;
  std::size_t largest_output = 0;

  // What the test wants.
  std::string to_send;   ///< Sent once, in order.
  bool endless = false;  ///< There is always more to send.
  bool echo = false;
  bool backlogged = true;    ///< While the output is full.
  bool is_finished = false;  ///< Told when to_send is gone.
  Instant expiry = kNever;
  std::function<void()> on_receive, on_drain, on_expire, on_disconnected;

  /// Queues bytes from outside of the pump's calls.
  void send_later(std::string_view bytes) {
    to_send += bytes;
    notifier_->on_output_ready();
  }
  void finish_later() {
    is_finished = true;
    notifier_->on_output_ready();
  }
  io::OutputNotifier& notifier() { return *notifier_; }

  void attach(io::OutputNotifier& notifier) override {
    calls += 'a';
    notifier_ = &notifier;
  }
  void receive(Bytes bytes, Instant) override {
    calls += 'r';
    received += as_view(bytes);
    if (echo) to_send += as_view(bytes);
    if (on_receive) on_receive();
  }
  void drain(ByteQueue& output, Instant) override {
    calls += 'd';
    if (on_drain) on_drain();
    while (endless && to_send.size() < kOutputHighWater) to_send += std::string(4096, 'e');
    const std::size_t room = kOutputHighWater - std::min(output.size(), kOutputHighWater);
    const std::size_t size = std::min(room, to_send.size());
    output.append(as_bytes(std::string_view(to_send).substr(0, size)));
    to_send.erase(0, size);
    largest_output = std::max(largest_output, output.size());
  }
  bool is_backlogged() const override { return backlogged; }
  Instant next_expiry() const override { return expiry; }
  void expire(Instant) override {
    calls += 'e';
    expiry = kNever;
    if (on_expire) on_expire();
  }
  bool finished() const override { return is_finished && to_send.empty(); }
  void give_memory_back() override { calls += 'g'; }
  void disconnected(const Error& reason) override {
    calls += 'x';
    end = reason;
    if (on_disconnected) on_disconnected();
  }

 private:
  io::OutputNotifier* notifier_ = nullptr;
};

}  // namespace hawser::test
