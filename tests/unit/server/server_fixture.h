// A ServerProtocol in memory: a method whose behaviour the test sets, a driver, a client's frame script.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hawser/server/server_protocol.h"
#include "support/frame_script.h"
#include "support/protocol_driver.h"
#include "support/test_method.h"

namespace hawser::test {

class ServerFixture {
 public:
  /// `more`: a method beside the echo, or null.
  explicit ServerFixture(server::ServerOptions server_options = {},
                         std::unique_ptr<server::Method> more = nullptr)
      : options(quiet(server_options)),
        session_config_(http2::SessionConfig::create(http2::Role::kServer, options.limits).value()) {
    auto owned = std::make_unique<TestMethod>(std::string(kEchoPath));
    method = owned.get();
    REQUIRE(router_.add(std::move(owned)));
    if (more) REQUIRE(router_.add(std::move(more)));
    router_.prepare(1);
    connect();
  }
  ~ServerFixture() {
    // Handlers that tests left running have to end before their pool goes.
    for (server::ServerCall* call : std::exchange(held, {})) call->finish({});
    driver_.reset();
    protocol_.reset();
    CHECK(calls.in_use() == 0);
    CHECK(memory.blocks_in_use() == 0);
  }

  /// A new connection of the same worker; the old one goes first.
  void connect() {
    driver_.reset();
    protocol_.reset();
    protocol_ = server::ServerProtocol::create(resources_, peer, kTestStart).value();
    driver_ = std::make_unique<ProtocolDriver>(*protocol_);
    client = FrameScript();
  }
  /// The part of a connection that most tests don't care for.
  void handshake() {
    client.client_start().settings_ack();
    feed();
    driver().sent().take();
  }
  void feed(const Chunking& chunking = Chunking::whole()) { driver().feed(client.take(), chunking); }
  /// From now on handlers keep their calls in `held`.
  void hold_calls() {
    method->on_start = [this](server::ServerCall& call) { held.push_back(&call); };
  }
  /// Ends the held call that was started first, and lets the reply out.
  void finish_held(std::string_view message = "done") {
    REQUIRE_FALSE(held.empty());
    server::ServerCall& call = *held.front();
    held.erase(held.begin());
    reply_with(call, message);
    driver().drain();
  }
  /// What calls that ask are timed by.
  void set_clock(server::CallTiming::ReadClock clock) { resources_.clock = clock; }
  void destroy_connection() {
    driver_.reset();
    protocol_.reset();
  }

  ProtocolDriver& driver() { return *driver_; }
  server::ServerProtocol& protocol() { return *protocol_; }
  FrameParser& sent() { return driver().sent(); }
  /// What a client sees of a call: the status of its last header block, "(none)" without one.
  std::string status(http2::StreamId id) {
    return std::string(sent().last_headers(id).header("grpc-status"));
  }
  std::string status_message(http2::StreamId id) {
    return std::string(sent().last_headers(id).header("grpc-message"));
  }
  /// The code of the GOAWAY that ended the connection; "none" without one.
  std::string goaway() {
    const Frame* frame = sent().find(FrameType::kGoaway);
    return frame == nullptr ? "none" : std::string(to_string(frame->error_code()));
  }
  /// The connection still serves: a fresh call gets its answer.
  bool still_serves(http2::StreamId id) {
    if (driver().protocol().finished()) return false;
    const auto behaviour = std::exchange(method->on_start, nullptr);
    client.request(id, kEchoPath, "still there?");
    feed();
    method->on_start = behaviour;
    return sent().body(id) == grpc_message("still there?") && status(id) == "0";
  }

  /// Tests ask for the times that they look at; the default keepalive is none of them.
  static server::ServerOptions quiet(server::ServerOptions options) {
    if (options.keepalive_time == server::ServerOptions{}.keepalive_time) {
      options.keepalive_time = Duration::max();
    }
    return options;
  }

  server::ServerOptions options;
  server::Peer peer{"ipv4:192.0.2.1:4711", "192.0.2.1"};  ///< Of the connections that connect() makes.
  TestMethod* method = nullptr;
  std::vector<server::ServerCall*> held;
  FrameScript client;
  http2::MemoryPool memory;
  server::CallPool calls{nullptr, 0};

 private:
  server::Router router_;
  std::unique_ptr<http2::SessionConfig> session_config_;
  server::WorkerResources resources_{router_, options, *session_config_, memory, calls};
  std::unique_ptr<server::ServerProtocol> protocol_;
  std::unique_ptr<ProtocolDriver> driver_;
};

}  // namespace hawser::test
