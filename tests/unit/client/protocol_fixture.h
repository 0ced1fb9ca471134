// One ClientProtocol in memory, driven by hand: the test plays the pool above it and the server behind it.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "hawser/client/client_protocol.h"
#include "support/bytes.h"
#include "support/frame_script.h"
#include "support/protocol_driver.h"

namespace hawser::test {

/// A call and a note of what became of it.
struct TestCall final {
  explicit TestCall(std::string_view message = "ping") : call(client::Call::Completion{}) {
    call.set_path("/echo.EchoService/Echo");
    begin(message);
  }
  void begin(std::string_view message) {
    const MutableBytes room = call.begin_request(message.size());
    if (!message.empty()) std::memcpy(room.data(), message.data(), message.size());
  }
  std::string code() const { return std::string(to_string(call.status().code)); }

  client::Call call;
};

/// Writes down what the protocol tells: "ready", "closing REASON", "done CODE", "returned".
class RecordingOwner final : public client::ClientProtocol::Owner {
 public:
  void on_ready(client::ClientProtocol&) override { lines.push_back("ready"); }
  void on_closing(client::ClientProtocol&, const Error& reason) override {
    lines.push_back("closing " + reason.detail);
  }
  void on_call_done(client::Call& call) override {
    lines.push_back("done " + std::string(to_string(call.status().code)));
    if (after_done) after_done(call);
  }
  void on_call_returned(client::Call& call) override {
    lines.push_back("returned");
    if (after_returned) after_returned(call);
  }
  /// The lines since the last take, joined by ", ".
  std::string take() {
    std::string text;
    for (const std::string& line : lines) text += (text.empty() ? "" : ", ") + line;
    lines.clear();
    return text;
  }

  std::vector<std::string> lines;
  std::function<void(client::Call&)> after_done;
  std::function<void(client::Call&)> after_returned;
};

class ProtocolFixture final {
 public:
  static constexpr Duration kHandshake = std::chrono::seconds(20);

  explicit ProtocolFixture(const http2::Limits& limits = {}, const client::KeepaliveOptions& keepalive = {},
                           Duration idle_timeout = Duration::max()) {
    config.idle_timeout = idle_timeout;
    config.session = *http2::SessionConfig::create(http2::Role::kClient, limits);
    config.authority = "example.org";
    config.user_agent = "test/1";
    config.max_receive_bytes = 1000;
    protocol = *client::ClientProtocol::create(config, owner, memory, kTestStart + kHandshake, keepalive);
    driver = std::make_unique<ProtocolDriver>(*protocol);
  }

  /// The server's SETTINGS, after which the protocol is ready.
  void greet(std::initializer_list<Setting> settings = {}) {
    feed(script.settings(settings).settings_ack());
    REQUIRE(owner.take() == "ready");
    sent().take();
  }
  void start(TestCall& call, Duration timeout = Duration::max()) {
    call.call.deadline = timeout == Duration::max() ? kNever : driver->now() + timeout;
    protocol->start(call.call);
  }
  /// Started, and its frames have left.
  void send(TestCall& call, Duration timeout = Duration::max()) {
    start(call, timeout);
    driver->drain();
  }
  void feed(FrameScript& more, const Chunking& chunking = Chunking::whole()) {
    driver->feed(more.take(), chunking);
  }
  FrameParser& sent() { return driver->sent(); }
  std::string sent_summary() { return summary(sent().take()); }

  client::ProtocolConfig config;
  http2::MemoryPool memory;
  RecordingOwner owner;
  std::unique_ptr<client::ClientProtocol> protocol;
  std::unique_ptr<ProtocolDriver> driver;
  FrameScript script;
};

}  // namespace hawser::test
