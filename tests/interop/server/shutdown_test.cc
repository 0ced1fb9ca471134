#include <doctest/doctest.h>

#include <vector>

#include "interop/server/echo_calls.h"
#include "interop/server/probes.h"
#include "interop/server/reactors.h"
#include "support/fd_count.h"
#include "support/test_family.h"

namespace hawser::test {
namespace {

using ::grpc::StatusCode;
using Context = ::grpc::CallbackServerContext;

constexpr Duration kLongGrace = std::chrono::minutes(5);

// Holds calls whose text is "wait" until the gate opens; answers others at once.
CallbackProbe::Function hold_until(Gate& gate, Helpers& helpers, std::atomic<int>& held) {
  return [&](Context& context, const ::probe::Request& request, ::probe::Reply& reply) {
    ::grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
    reply.set_text("done: " + request.text());
    if (request.text() != "wait") {
      reactor->Finish(::grpc::Status::OK);
      return reactor;
    }
    ++held;
    helpers.run([&gate, reactor] {
      gate.wait();
      reactor->Finish(::grpc::Status::OK);
    });
    return reactor;
  };
}

}  // namespace

TEST_CASE("Shutdown: calls in flight finish with OK, new ones are UNAVAILABLE" *
          doctest::test_suite(kTcpOnly)) {
  Gate gate;
  Helpers helpers;
  std::atomic<int> held{0};
  CallbackProbeServer server(hold_until(gate, helpers, held), workers(2));
  const auto channel = server->channel();
  const auto other = server->unix_channel();
  std::vector<std::unique_ptr<ProbeCall>> calls;
  for (int i = 0; i < 6; ++i) {
    calls.push_back(std::make_unique<ProbeCall>(i % 2 == 0 ? channel : other, request_with("wait")));
  }
  CHECK(eventually([&] { return held == 6; }));
  (*server)->shutdown(kLongGrace);
  // A channel that was never connected finds nobody listening.
  CHECK(eventually(
      [&] { return ProbeCall(server->channel()).status().error_code() == StatusCode::UNAVAILABLE; }));
  for (const auto& call : calls) CHECK_FALSE(call->is_done());
  gate.open();
  for (const auto& call : calls) {
    CHECK_MESSAGE(call->status().ok(), call->status().error_message());
    CHECK(call->reply().text() == "done: wait");
  }
  (*server)->wait();
  CHECK((*server)->open_connections() == 0);
  CHECK(ProbeCall(channel).status().error_code() == StatusCode::UNAVAILABLE);
}

TEST_CASE("Shutdown: calls that a client sends while it learns of the end are served or UNAVAILABLE") {
  EchoServer server(workers(2));
  std::atomic<bool> stop{false};
  std::atomic<int> good{0};
  std::atomic<int> bad{0};
  Helpers helpers;
  for (int i = 0; i < 4; ++i) {
    helpers.run([&] {
      const auto channel = server->channel();
      while (!stop) {
        const EchoOutcome outcome = echo(channel, "race");
        if (outcome.status.ok()) {
          ++good;
        } else if (outcome.status.error_code() != StatusCode::UNAVAILABLE) {
          ++bad;
        }
      }
    });
  }
  CHECK(eventually([&] { return good > 200; }));
  (*server)->shutdown(kLongGrace);
  (*server)->wait();
  stop = true;
  helpers.join();
  CHECK(bad == 0);
}

TEST_CASE(
    "Shutdown: when the grace is over, calls that still run are UNAVAILABLE and their handlers are told") {
  ReactorLog log;
  Gate gate;
  Helpers helpers;
  std::atomic<int> held{0};
  CallbackProbeServer server([&](Context&, const ::probe::Request&, ::probe::Reply&) {
    auto* reactor = new OwnReactor(log);
    helpers.run([&, reactor] {
      gate.wait();
      reactor->Finish(::grpc::Status::OK);
    });
    ++held;
    return reactor;
  });
  ProbeCall call(server->channel());
  CHECK(eventually([&] { return held == 1; }));
  (*server)->shutdown(std::chrono::milliseconds(1));
  CHECK(call.status().error_code() == StatusCode::UNAVAILABLE);
  CHECK(eventually([&] { return log.cancelled == 1; }));
  CHECK(log.done == 0);
  gate.open();
  (*server)->wait();
  helpers.join();
  CHECK(log.done == 1);
  CHECK(log.misordered == 0);
}

TEST_CASE("Shutdown: a second one with less grace hurries") {
  ReactorLog log;
  std::atomic<int> held{0};
  CallbackProbeServer server(
      [&](Context&, const ::probe::Request&, ::probe::Reply&) {
        auto* reactor = new OwnReactor(log);
        reactor->on_cancel = [](OwnReactor& self) { self.finish_in_reaction(::grpc::Status::CANCELLED); };
        ++held;
        return reactor;
      },
      workers(2));
  std::vector<std::unique_ptr<ProbeCall>> calls;
  for (int i = 0; i < 4; ++i) calls.push_back(std::make_unique<ProbeCall>(server->channel()));
  CHECK(eventually([&] { return held == 4; }));
  (*server)->shutdown(kLongGrace);
  (*server)->shutdown(Duration::zero());
  for (const auto& call : calls) CHECK(call->status().error_code() == StatusCode::UNAVAILABLE);
  (*server)->wait();
  CHECK(log.done == 4);
  CHECK(log.cancelled == 4);
  CHECK(log.misordered == 0);
}

TEST_CASE("Shutdown: twice, by two threads, and after the end is no fault") {
  EchoServer server(workers(3));
  const auto channel = server->channel();
  CHECK(echo(channel, "before").status.ok());
  {
    Helpers helpers;
    for (int i = 0; i < 2; ++i) helpers.run([&] { (*server)->shutdown(kLongGrace); });
  }
  (*server)->wait();
  (*server)->shutdown(Duration::zero());
  (*server)->wait();
  CHECK(echo(channel, "after").status.error_code() == StatusCode::UNAVAILABLE);
}

TEST_CASE("Shutdown: a server that is destroyed with connections and calls open ends them") {
  ReactorLog log;
  std::atomic<int> held{0};
  std::vector<std::unique_ptr<ProbeCall>> calls;
  {
    CallbackProbeServer server(
        [&](Context&, const ::probe::Request&, ::probe::Reply&) {
          auto* reactor = new OwnReactor(log);
          reactor->on_cancel = [](OwnReactor& self) { self.finish_in_reaction(::grpc::Status::CANCELLED); };
          ++held;
          return reactor;
        },
        workers(2));
    for (int i = 0; i < 8; ++i) {
      calls.push_back(std::make_unique<ProbeCall>(i % 2 == 0 ? server->channel() : server->unix_channel()));
    }
    CHECK(eventually([&] { return held == 8; }));
  }
  for (const auto& call : calls) CHECK(call->status().error_code() == StatusCode::UNAVAILABLE);
  CHECK(log.done == 8);
  CHECK(log.misordered == 0);
}

TEST_CASE("Shutdown: a channel finds the server's successor at the same address") {
  // The successor's port is the first one's, which is free only after the first has gone: the UNIX path it
  // is.
  ScratchFolder folder;
  const std::string target = "unix:" + folder.file("s");
  echo_service::EchoHandler handler;
  const auto make = [&] {
    auto server = value_of(server::Server::create(workers(1)));
    value_of(server->listen(value_of(net::Address::parse(target))));
    value_of(server->start());
    return server;
  };
  const auto channel = connect_to(target);
  for (int i = 0; i < 3; ++i) {
    const auto server = make();
    CHECK(eventually([&] { return echo(channel, "").status.error_code() == StatusCode::UNIMPLEMENTED; }));
    server->shutdown(kLongGrace);
    server->wait();
  }
}

TEST_CASE("Shutdown: servers come and go, and the number of descriptors stays") {
  const auto one_life = [] {
    ReactorLog log;
    Helpers helpers;
    CallbackProbeServer server(
        [&](Context&, const ::probe::Request&, ::probe::Reply&) {
          return work_elsewhere(log, helpers, [](OwnReactor& self) { self.Finish(::grpc::Status::OK); });
        },
        workers(2));
    const auto channel = server->channel();
    const auto other = server->unix_channel();
    for (int i = 0; i < 3; ++i) {
      CHECK(ProbeCall(channel).status().ok());
      CHECK(ProbeCall(other).status().ok());
    }
    helpers.join();
  };
  one_life();  // grpc++ keeps some descriptors of its own once it has run
  const FdCount fds;
  for (int i = 0; i < 5; ++i) one_life();
  CHECK(eventually([&] { return fds.grown_by() <= 0; }));
}

}  // namespace hawser::test
