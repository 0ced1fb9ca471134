// A client and a server joined by a MemoryPipe: whole calls without a socket, a thread or a real clock.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hawser/client/client_protocol.h"
#include "hawser/server/server_protocol.h"
#include "support/memory_pipe.h"
#include "support/test_method.h"

namespace hawser::test {

/// A call and what became of it.
struct PipedCall final {
  PipedCall(std::string_view path, std::string text)
      : call(client::Call::Completion{}), message(std::move(text)) {
    call.set_path(path);
  }
  bool is_over() const { return done || returned; }
  std::string code() const { return returned ? "returned" : std::string(to_string(call.status().code)); }
  std::string response() const { return as_text(call.response()); }

  client::Call call;
  std::string message;
  bool done = false;
  bool returned = false;  // the server has not begun with it
};

class InMemoryRpc final : public client::ClientProtocol::Owner {
 public:
  explicit InMemoryRpc(PipeOptions pipe_options = {}, server::ServerOptions server_options = {})
      : options(server_options),
        server_config_(http2::SessionConfig::create(http2::Role::kServer, options.limits).value()) {
    auto owned = std::make_unique<TestMethod>(std::string(kEchoPath));
    method = owned.get();
    REQUIRE(router_.add(std::move(owned)));
    router_.prepare(1);
    client_config_.session = http2::SessionConfig::create(http2::Role::kClient, http2::Limits{}).value();
    client_config_.authority = "localhost";
    client_config_.user_agent = "grpc-test/1.0";
    client_config_.max_receive_bytes = 16 * 1024 * 1024;
    client = client::ClientProtocol::create(client_config_, *this, memory, kTestStart + std::chrono::hours(1))
                 .value();
    server = server::ServerProtocol::create(resources_, {"unix:", ""}, kTestStart).value();
    pipe = std::make_unique<MemoryPipe>(*client, *server, pipe_options);
  }
  ~InMemoryRpc() override {
    pipe->cut(0);
    for (server::ServerCall* call : std::exchange(held, {})) call->finish({});
    pipe.reset();
    client.reset();
    server.reset();
    CHECK(server_calls.in_use() == 0);
    CHECK(memory.blocks_in_use() == 0);
  }

  /// The call is the fixture's; its message is sent as it is.
  PipedCall& start(std::string message, Duration timeout = Duration::max()) {
    calls.push_back(std::make_unique<PipedCall>(kEchoPath, std::move(message)));
    PipedCall& call = *calls.back();
    const MutableBytes room = call.call.begin_request(call.message.size());
    if (!call.message.empty()) std::memcpy(room.data(), call.message.data(), call.message.size());
    call.call.deadline = timeout == Duration::max() ? kNever : saturating_add(pipe->now(), timeout);
    client->start(call.call);
    return call;
  }
  /// From now on handlers keep their calls in `held`.
  void hold_calls() {
    method->on_start = [this](server::ServerCall& call) { held.push_back(&call); };
  }
  bool all_over() const {
    for (const auto& call : calls) {
      if (!call->is_over()) return false;
    }
    return true;
  }
  std::size_t count(std::string_view code) const {
    std::size_t found = 0;
    for (const auto& call : calls) found += call->is_over() && call->code() == code ? 1 : 0;
    return found;
  }

  void on_ready(client::ClientProtocol&) override { ready = true; }
  void on_closing(client::ClientProtocol&, const Error&) override { closing = true; }
  void on_call_done(client::Call& call) override { of(call).done = true; }
  void on_call_returned(client::Call& call) override { of(call).returned = true; }

  server::ServerOptions options;
  TestMethod* method = nullptr;
  std::vector<server::ServerCall*> held;
  std::vector<std::unique_ptr<PipedCall>> calls;
  bool ready = false;
  bool closing = false;
  http2::MemoryPool memory;
  server::CallPool server_calls{nullptr, 0};
  std::unique_ptr<client::ClientProtocol> client;
  std::unique_ptr<server::ServerProtocol> server;
  std::unique_ptr<MemoryPipe> pipe;

 private:
  PipedCall& of(client::Call& call) {
    for (const auto& candidate : calls) {
      if (&candidate->call == &call) return *candidate;
    }
    FAIL("a call that nobody started");
    return *calls.front();
  }

  server::Router router_;
  std::unique_ptr<http2::SessionConfig> server_config_;
  server::WorkerResources resources_{router_, options, *server_config_, memory, server_calls};
  client::ProtocolConfig client_config_;
};

}  // namespace hawser::test
