// What happens to connections when a target's addresses change; the rest is seen through channels.
#include "hawser/client/connection_pool.h"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "hawser/client/target.h"
#include "support/loops.h"
#include "unit/client/scripted_server.h"

namespace hawser::test {
namespace {

using client::ConnectionPool;
using client::LoadBalancing;

ConnectionPool::Addresses addresses_of(const std::string& target) {
  return value_of(value_of(client::Target::parse(target)).resolve());
}

client::SubchannelConfig config_with(LoadBalancing load_balancing) {
  client::SubchannelConfig config;
  config.options.load_balancing = load_balancing;
  config.protocol.session = value_of(http2::SessionConfig::create(http2::Role::kClient, http2::Limits{}));
  config.protocol.authority = "localhost";
  config.protocol.user_agent = "test/1";
  config.protocol.max_receive_bytes = 1000;
  return config;
}

/// A pool on the test's own thread.
struct ConnectionPoolFixture {
  ConnectionPoolFixture(LoadBalancing load_balancing, const std::string& target)
      : pool(std::make_unique<ConnectionPool>(
            *loop, memory, clocks, config_with(load_balancing), client::ServiceConfig{}, addresses_of(target),
            ConnectionPool::Done::bind<&ConnectionPoolFixture::on_done>(*this),
            ConnectionPool::Failed::bind<&ConnectionPoolFixture::on_failed>(*this))) {}
  ~ConnectionPoolFixture() {
    pool->shut_down({grpc::StatusCode::kCancelled, "", {}});
    run_ready(*loop);
    pool.reset();
  }
  void on_done(client::Call& call) { done += std::string(to_string(call.status().code)) + ' '; }
  void on_failed() {}

  void start(client::Call& call) {
    call.set_path("/a/b");
    call.begin_request(0);
    pool->start(call);
  }
  ScriptedPeer accept(ScriptedServer& server) {
    REQUIRE(run_until(*loop, [&] { return server.has_newcomer(0); }));
    ScriptedPeer peer = server.accept();
    peer.greet();
    return peer;
  }
  bool comes(ScriptedPeer& peer, FrameType type, http2::StreamId id) {
    return run_until(*loop, [&] {
      peer.poll_once();
      return peer.sent.find(type, id) != nullptr;
    });
  }

  std::unique_ptr<event::Loop> loop = make_loop();
  http2::MemoryPool memory;
  std::string done;
  event::ClockWatch clocks{*loop};
  std::unique_ptr<ConnectionPool> pool;
};

TEST_CASE(
    "ConnectionPool: round_robin leaves old addresses when their calls have ended, and calls new ones") {
  ScriptedServer old_server;
  ScriptedServer kept_server;
  ScriptedServer new_server;
  ConnectionPoolFixture fixture(LoadBalancing::kRoundRobin, old_server.target() + ',' + kept_server.target());
  client::Call first{client::Call::Completion{}};
  client::Call second{client::Call::Completion{}};
  fixture.start(first);
  ScriptedPeer old_peer = fixture.accept(old_server);
  REQUIRE(fixture.comes(old_peer, FrameType::kHeaders, 1));
  ScriptedPeer kept_peer = fixture.accept(kept_server);

  fixture.pool->set_addresses(addresses_of(kept_server.target() + ',' + new_server.target()));
  ScriptedPeer new_peer = fixture.accept(new_server);
  CHECK_FALSE(kept_server.has_newcomer(0));  // its connection stays
  kept_peer.close();
  run_ready(*fixture.loop);
  kept_server.close();
  fixture.start(second);
  REQUIRE(fixture.comes(new_peer, FrameType::kHeaders, 1));
  CHECK(fixture.done.empty());  // the old connection finishes its call
  old_peer.reply(1, "");
  CHECK(run_until(*fixture.loop, [&] { return fixture.done == "OK "; }));
  CHECK(fixture.comes(old_peer, FrameType::kGoaway, 0));
  new_peer.reply(1, "");
  CHECK(run_until(*fixture.loop, [&] { return fixture.done == "OK OK "; }));
}

TEST_CASE("ConnectionPool: pick_first keeps its connection, and makes the next one to the new addresses") {
  ScriptedServer old_server;
  ScriptedServer new_server;
  ConnectionPoolFixture fixture(LoadBalancing::kPickFirst, old_server.target());
  client::Call first{client::Call::Completion{}};
  client::Call second{client::Call::Completion{}};
  fixture.start(first);
  ScriptedPeer old_peer = fixture.accept(old_server);
  REQUIRE(fixture.comes(old_peer, FrameType::kHeaders, 1));
  fixture.pool->set_addresses(addresses_of(new_server.target()));
  old_peer.send(old_peer.script.response(1, "").goaway(1, http2::ErrorCode::kNoError));
  CHECK(run_until(*fixture.loop, [&] { return fixture.done == "OK "; }));
  fixture.start(second);
  ScriptedPeer new_peer = fixture.accept(new_server);
  REQUIRE(fixture.comes(new_peer, FrameType::kHeaders, 1));
  new_peer.reply(1, "");
  CHECK(run_until(*fixture.loop, [&] { return fixture.done == "OK OK "; }));
}

}  // namespace
}  // namespace hawser::test
