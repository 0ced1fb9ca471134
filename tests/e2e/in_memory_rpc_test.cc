// Our client against our server, every byte of it in memory: whatever the pieces, the capacities and the
// order, calls end as they should. A failure prints the seed that repeats it.
#include <doctest/doctest.h>

#include "e2e/in_memory_rpc.h"
#include "support/seed.h"

namespace hawser::test {
namespace {

using namespace std::chrono_literals;

std::string random_message(std::mt19937_64& random, std::size_t most) {
  std::string message(random() % (most + 1), '\0');
  for (char& byte : message) byte = static_cast<char>(random());
  return message;
}

TEST_CASE("RPC: a call goes through in pieces of any size") {
  for (const std::size_t piece : {0U, 1U, 2U, 7U, 60U, 5000U}) {
    for (const std::size_t capacity : {0U, 1U, 100U}) {
      CAPTURE(piece);
      CAPTURE(capacity);
      InMemoryRpc rpc({.most_bytes_a_piece = piece, .write_capacity = capacity});
      PipedCall& call = rpc.start("hello");
      rpc.pipe->run();
      CHECK(call.code() == "OK");
      CHECK(call.response() == "hello");
      CHECK(rpc.ready);
      CHECK(rpc.client->load() == 0);
    }
  }
}

TEST_CASE("RPC: many calls at once each get their own answer") {
  std::mt19937_64 random = seeded_generator(1);
  for (std::uint64_t round = 0; round < 10; ++round) {
    CAPTURE(round);
    InMemoryRpc rpc(
        {.most_bytes_a_piece = 1 + random() % 3000, .write_capacity = 1 + random() % 20'000, .salt = round});
    for (int i = 0; i < 300; ++i) {
      rpc.start(random_message(random, 2000));
      if (random() % 4 == 0) rpc.pipe->run_until([&] { return random() % 3 == 0; });
    }
    rpc.pipe->run();
    CHECK(rpc.count("OK") == 300);
    for (const auto& call : rpc.calls) REQUIRE(call->response() == call->message);
  }
}

TEST_CASE("RPC: megabytes pass through windows and buffers that are smaller") {
  server::ServerOptions options;
  options.limits.stream_window_bytes = 20'000;
  options.limits.connection_window_bytes = 70'000;
  std::mt19937_64 random = seeded_generator(2);
  InMemoryRpc rpc({.most_bytes_a_piece = 10'000, .write_capacity = 3000}, options);
  for (int i = 0; i < 4; ++i) rpc.start(random_message(random, 2'000'000));
  rpc.pipe->run();
  CHECK(rpc.count("OK") == 4);
  for (const auto& call : rpc.calls) CHECK(call->response() == call->message);
}

// P-5: calls above the server's limit wait; none fails for it.
TEST_CASE("RPC: a server that takes one stream at a time serves ten parallel calls") {
  server::ServerOptions options;
  options.limits.max_concurrent_streams = 1;
  InMemoryRpc rpc({.most_bytes_a_piece = 50}, options);
  rpc.pipe->run();  // the client has to know the limit
  for (int i = 0; i < 10; ++i) rpc.start("call " + std::to_string(i));
  rpc.pipe->run();
  CHECK(rpc.count("OK") == 10);
}

TEST_CASE("RPC: a deadline ends the call on both sides, the connection goes on") {
  InMemoryRpc rpc({.most_bytes_a_piece = 20});
  rpc.hold_calls();
  PipedCall& call = rpc.start("x", 100ms);
  rpc.pipe->advance(99ms);
  CHECK_FALSE(call.is_over());
  REQUIRE(rpc.held.size() == 1);
  CHECK_FALSE(rpc.held.front()->is_cancelled());
  rpc.pipe->advance(2ms);
  CHECK(call.code() == "DEADLINE_EXCEEDED");
  CHECK(rpc.held.front()->is_cancelled());
  rpc.method->on_start = nullptr;
  PipedCall& next = rpc.start("next", 1s);
  rpc.pipe->run();
  CHECK(next.code() == "OK");
}

TEST_CASE("RPC: random deadlines against random answers: each call ends once, in time") {
  std::mt19937_64 random = seeded_generator(3);
  InMemoryRpc rpc({.most_bytes_a_piece = 200, .write_capacity = 500});
  rpc.hold_calls();
  for (int step = 0; step < 400; ++step) {
    if (random() % 2 == 0) rpc.start(random_message(random, 100), Duration(1ms) * (1 + random() % 50));
    rpc.pipe->advance(Duration(1ms) * (random() % 4));
    if (!rpc.held.empty() && random() % 2 == 0) {
      server::ServerCall* held = rpc.held.back();
      rpc.held.pop_back();
      reply_with(*held, "late or not");
    }
  }
  rpc.pipe->advance(100ms);
  CHECK(rpc.all_over());
  CHECK(rpc.count("OK") + rpc.count("DEADLINE_EXCEEDED") == rpc.calls.size());
  CHECK(rpc.count("OK") > 0);
  CHECK(rpc.count("DEADLINE_EXCEEDED") > 0);
}

TEST_CASE("RPC: cancelling a call cancels its handler") {
  InMemoryRpc rpc({.most_bytes_a_piece = 10});
  rpc.hold_calls();
  PipedCall& call = rpc.start("x");
  PipedCall& other = rpc.start("y");
  rpc.pipe->run();
  REQUIRE(rpc.held.size() == 2);
  rpc.client->cancel(call.call, {grpc::StatusCode::kCancelled, "no longer wanted", ""}, rpc.pipe->now());
  CHECK(call.code() == "CANCELLED");
  rpc.pipe->run();
  CHECK(rpc.held[0]->is_cancelled());
  CHECK_FALSE(rpc.held[1]->is_cancelled());
  reply_with(*rpc.held[1], "answer");
  rpc.held.pop_back();
  rpc.pipe->run();
  CHECK(other.code() == "OK");
}

// P-81: "calls racing with drain never fail". A returned call was not begun and goes elsewhere; nothing may
// be both begun and returned.
TEST_CASE("RPC: calls that race with the server's graceful end are served or returned, never both") {
  std::mt19937_64 random = seeded_generator(4);
  for (std::uint64_t round = 0; round < 200; ++round) {
    CAPTURE(round);
    InMemoryRpc rpc(
        {.most_bytes_a_piece = 1 + random() % 200, .write_capacity = 1 + random() % 200, .salt = round});
    const std::uint64_t end_at = random() % 40;
    std::size_t moves = 0;
    for (std::uint64_t i = 0; i < 40; ++i) {
      if (i == end_at) rpc.server->shutdown(rpc.pipe->now());
      if (rpc.client->accepts_calls()) rpc.start(random_message(random, 300));
      moves = random() % 10;
      rpc.pipe->run_until([&] { return moves-- == 0; });
    }
    rpc.pipe->advance(2s);
    REQUIRE(rpc.all_over());
    REQUIRE(rpc.count("OK") + rpc.count("returned") == rpc.calls.size());
    REQUIRE(static_cast<std::size_t>(rpc.method->started) == rpc.count("OK"));
    CHECK(rpc.closing);
    CHECK(rpc.pipe->is_closed());
  }
}

TEST_CASE("RPC: a connection that breaks ends every call, and says which were not begun") {
  std::mt19937_64 random = seeded_generator(5);
  for (std::uint64_t round = 0; round < 200; ++round) {
    CAPTURE(round);
    InMemoryRpc rpc(
        {.most_bytes_a_piece = 1 + random() % 300, .write_capacity = 1 + random() % 300, .salt = round});
    if (random() % 2 == 0) rpc.hold_calls();
    for (int i = 0; i < 20; ++i) rpc.start(random_message(random, 200));
    std::size_t moves = random() % 60;
    rpc.pipe->run_until([&] { return moves-- == 0; });
    rpc.pipe->cut(104);
    REQUIRE(rpc.all_over());
    REQUIRE(rpc.count("OK") + rpc.count("UNAVAILABLE") + rpc.count("returned") == rpc.calls.size());
    for (const server::ServerCall* call : rpc.held) CHECK(call->is_cancelled());
  }
}

TEST_CASE("RPC: request metadata over the server's limits end the call, the connection goes on") {
  for (const std::size_t size : {20'000U, 50'000U, 100'000U}) {
    CAPTURE(size);
    InMemoryRpc rpc({.most_bytes_a_piece = 1000});
    rpc.pipe->run();
    rpc.calls.push_back(std::make_unique<PipedCall>(kEchoPath, ""));
    client::Call& call = rpc.calls.back()->call;
    REQUIRE(call.add_metadata("x-large", std::string(size, 'x')));
    call.begin_request(0);
    rpc.client->start(call);
    rpc.pipe->run();
    CHECK(rpc.all_over());
    CHECK(rpc.calls.back()->code() != "OK");
    CHECK(rpc.method->started == 0);
    PipedCall& next = rpc.start("next");
    rpc.pipe->run();
    CHECK(next.code() == "OK");
  }
}

TEST_CASE("RPC: metadata and errors of any bytes arrive as they were sent") {
  InMemoryRpc rpc({.most_bytes_a_piece = 13});
  rpc.method->on_start = [](server::ServerCall& call) {
    CHECK(call.head().metadata().find("x-bin") == std::string_view("\0\xff\n", 3));
    CHECK(call.add_initial_metadata("y-bin", std::string_view("\xfe\0", 2)));
    CHECK(call.add_trailing_metadata("z", "1,2 3"));
    call.finish({grpc::StatusCode::kDataLoss, "100% \xE2\x98\xBA\r\n", "details \0"});
  };
  rpc.calls.push_back(std::make_unique<PipedCall>(kEchoPath, ""));
  client::Call& call = rpc.calls.back()->call;
  REQUIRE(call.add_metadata("x-bin", std::string_view("\0\xff\n", 3)));
  call.begin_request(0);
  rpc.client->start(call);
  rpc.pipe->run();
  CHECK(rpc.calls.back()->code() == "DATA_LOSS");
  CHECK(call.status().message == "100% \xE2\x98\xBA\r\n");
  CHECK(call.status().details == "details ");
  CHECK(call.initial_metadata().find("y-bin") == std::string_view("\xfe\0", 2));
  CHECK(call.trailing_metadata().find("z") == "1,2 3");
}

}  // namespace
}  // namespace hawser::test
