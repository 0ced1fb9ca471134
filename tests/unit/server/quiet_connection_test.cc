// Connections without traffic give memory back: the protocol alone, then a worker that looks for them.
#include <doctest/doctest.h>

#include <type_traits>

#include "hawser/http2/frame_session.h"
#include "hawser/http2/library_session.h"
#include "hawser/server/worker.h"
#include "support/loops.h"
#include "unit/server/server_fixture.h"

namespace hawser::test {
namespace {

using namespace std::chrono_literals;

// Our own session never has a whole page (http2/session.h).
constexpr bool kHasPages = std::is_same_v<http2::Session, http2::LibrarySession>;

TEST_CASE("ServerProtocol: a quiet connection has no page resident, and goes on serving") {
  ServerFixture server;
  server.handshake();
  for (http2::StreamId id = 1; id < 9; id += 2) {
    CHECK((server.memory.resident_page_bytes() > 0) == kHasPages);
    server.protocol().give_memory_back();
    CHECK(server.memory.resident_page_bytes() == 0);
    CHECK(server.still_serves(id));
  }
}

TEST_CASE("ServerProtocol: a call that is open keeps what it needs, and is answered") {
  ServerFixture server;
  server.handshake();
  server.hold_calls();
  server.client.request(1, kEchoPath, "x");
  server.feed();
  server.protocol().give_memory_back();
  CHECK((server.memory.resident_page_bytes() > 0) == kHasPages);  // the map that the stream is in
  server.finish_held("an answer");
  CHECK(server.status(1) == "0");
  CHECK(server.sent().body(1) == grpc_message("an answer"));
  server.protocol().give_memory_back();
  CHECK(server.memory.resident_page_bytes() == 0);
}

/// A worker whose loop the test turns, with connections over socket pairs.
struct QuietWorker {
  explicit QuietWorker(Duration idle_memory_after) {
    options.idle_memory_after = idle_memory_after;
    REQUIRE(router.add(std::make_unique<TestMethod>(std::string(kEchoPath))));
    router.prepare(1);
    worker = value_of(server::Worker::create({router, options, *session_config, limiter}, 0));
  }
  /// The clients have gone.
  ~QuietWorker() {
    CHECK(run_until(worker->loop(), [this] { return limiter.open_connections() == 0; }));
    CHECK(worker->memory().blocks_in_use() == 0);
  }
  UniqueFd connect() {
    Pair pair = unix_pair();
    REQUIRE(limiter.open({}));
    worker->adopt({{std::move(pair.ours), {}}, {"unix:test", {}}, nullptr});
    return std::move(pair.theirs);
  }
  void talk(const UniqueFd& client, FrameScript& script) { write_some(client.get(), script.take()); }
  bool becomes_quiet() {
    return run_until(worker->loop(), [this] { return worker->memory().resident_page_bytes() == 0; });
  }

  server::Router router;
  server::ServerOptions options;
  std::unique_ptr<http2::SessionConfig> session_config =
      http2::SessionConfig::create(http2::Role::kServer, {}).value();
  server::ConnectionLimiter limiter{10'000, 10'000};
  std::unique_ptr<server::Worker> worker;
};

TEST_CASE("Worker: memory is taken from all connections that are quiet, and they serve on") {
  QuietWorker quiet(2ms);
  constexpr int kConnections = 200;  // more than one look's
  std::vector<UniqueFd> clients;
  std::vector<FrameScript> scripts(kConnections);
  for (FrameScript& script : scripts) {
    clients.push_back(quiet.connect());
    quiet.talk(clients.back(), script.client_start().settings_ack());
  }
  for (http2::StreamId id = 1; id < 5; id += 2) {
    REQUIRE(quiet.becomes_quiet());
    for (std::size_t i = 0; i < clients.size(); ++i)
      quiet.talk(clients[i], scripts[i].request(id, kEchoPath, "still there?"));
    for (const UniqueFd& client : clients) {
      std::string got;
      REQUIRE(run_until(quiet.worker->loop(), [&] {
        got += read_some(client.get()).bytes;
        return got.find("still there?") != std::string::npos;
      }));
    }
    CHECK((quiet.worker->memory().resident_page_bytes() > 0) == kHasPages);
  }
}

TEST_CASE("Worker: connections may go while it looks for quiet ones") {
  QuietWorker quiet(1ms);
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(quiet.connect());
    if (i % 3 == 0) clients[static_cast<std::size_t>(i) / 2].reset();
    quiet.worker->loop().run_once(1ms);
  }
  CHECK(quiet.limiter.open_connections() < 100);
}

TEST_CASE("Worker: with idle_memory_after never, memory stays") {
  QuietWorker quiet(Duration::max());
  const UniqueFd client = quiet.connect();
  FrameScript script;
  quiet.talk(client, script.client_start().settings_ack());
  run_ready(quiet.worker->loop());
  CHECK((quiet.worker->memory().resident_page_bytes() > 0) == kHasPages);
  CHECK(quiet.worker->loop().timers().next_expiry() > Clock::now() + 5s);  // the handshake's, no other
}

}  // namespace
}  // namespace hawser::test
