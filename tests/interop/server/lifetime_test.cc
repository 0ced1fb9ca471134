// What happens to connections of stock clients besides calls: their PINGs and ours, idleness, age.
#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <grpcpp/support/channel_arguments.h>

#include "hawser/base/log.h"
#include "hawser/binding/server_context_bridge.h"
#include "interop/server/probes.h"
#include "interop/server/reactors.h"
#include "interop/server/streams.h"
#include "support/stock_peers.h"
#include "support/test_family.h"

namespace hawser::test {
namespace {

using ::grpc::StatusCode;
using namespace std::chrono_literals;

// Why the server ended connections.
class EndLog final : public log::Sink {
 public:
  bool enabled(log::Level) const override { return true; }
  void write(log::Level, std::string_view, std::initializer_list<log::Field> fields) override {
    const std::lock_guard lock(mutex_);
    for (const log::Field& field : fields) {
      if (field.key == "why") reasons_.emplace_back(field.value);
    }
  }
  std::vector<std::string> reasons() const {
    const std::lock_guard lock(mutex_);
    return reasons_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> reasons_;  // guarded by mutex_
};

// A client that asks for its server every 20 ms, call or none, which grpc++ has to be talked into.
std::shared_ptr<::grpc::Channel> anxious_channel(const std::string& target) {
  ::grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_MIN_SENT_PING_INTERVAL_WITHOUT_DATA_MS, 10);
  return stock_channel(target, std::move(arguments));
}

// A handler that finishes when it is cancelled.
CallbackProbe::Function until_cancelled(ReactorLog& log) {
  return [&log](::grpc::CallbackServerContext&, const ::probe::Request& request, ::probe::Reply&) {
    auto* reactor = new OwnReactor(log);
    if (request.text() == "wait") {
      reactor->on_cancel = [](OwnReactor& self) { self.finish_in_reaction(::grpc::Status::CANCELLED); };
    } else {
      reactor->Finish(::grpc::Status::OK);
    }
    return reactor;
  };
}

std::function<void(::grpc::ClientContext&)> within(std::chrono::milliseconds time) {
  return [time](::grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + time);
  };
}

}  // namespace

TEST_CASE("Lifetime: a stock client that pings too often is told too_many_pings (P-91)") {
  EndLog ends;
  ReactorLog log;
  server::ServerOptions options = workers(1);
  options.log = &ends;
  CallbackProbeServer server(until_cancelled(log), options);
  ProbeCall call(anxious_channel(server->target()), request_with("wait"));
  CHECK(call.status().error_code() == StatusCode::UNAVAILABLE);
  CHECK(eventually([&] { return log.cancelled == 1; }));
  REQUIRE_FALSE(ends.reasons().empty());
  CHECK(ends.reasons().front() == "too_many_pings");
}

TEST_CASE("Lifetime: without calls two hours are the rule, and a stock client is held to it (P-91)" *
          doctest::test_suite(kTcpOnly)) {
  EndLog ends;
  ReactorLog log;
  server::ServerOptions options = workers(1);
  options.log = &ends;
  options.min_ping_interval = 1ms;
  CallbackProbeServer server(until_cancelled(log), options);
  const auto channel = anxious_channel(server->target());
  REQUIRE(ProbeCall(channel).status().ok());
  CHECK(eventually([&] { return !ends.reasons().empty(); }));
  REQUIRE_FALSE(ends.reasons().empty());
  CHECK(ends.reasons().front() == "too_many_pings");
  CHECK_MESSAGE(ProbeCall(channel).status().ok(), "the next connection serves");
}

TEST_CASE("Lifetime: a stock client may ping as often as the options permit (P-91)") {
  EndLog ends;
  ReactorLog log;
  server::ServerOptions options = workers(1);
  options.log = &ends;
  options.min_ping_interval = 1ms;
  options.permit_pings_without_calls = true;
  CallbackProbeServer server(until_cancelled(log), options);
  const auto channel = anxious_channel(server->target());
  // The server with the defaults ends the connection within a tenth of that.
  ProbeCall call(channel, request_with("wait"), within(1s));
  CHECK(call.status().error_code() == StatusCode::DEADLINE_EXCEEDED);
  CHECK(ends.reasons().empty());
  CHECK((*server)->open_connections() == 1);
}

TEST_CASE("Lifetime: a stock client with its default arguments never pings too often (P-92)") {
  constexpr int kCalls = 10'000;
  constexpr int kThreads = 4;
  EndLog ends;
  server::ServerOptions options = workers(1);
  options.log = &ends;
  SyncProbeServer server(
      [](::grpc::ServerContext&, const ::probe::Request& request, ::probe::Reply& reply) {
        reply.set_text(request.text());
        return ::grpc::Status::OK;
      },
      options);
  const auto channel = server->channel();
  std::atomic<int> bad{0};
  Helpers helpers;
  for (int i = 0; i < kThreads; ++i) {
    helpers.run([&, i] {
      const auto stub = ::probe::Probe::NewStub(channel);
      // Sizes that make the client measure the bandwidth, and such that don't.
      const ::probe::Request request = request_with(std::string(i % 2 == 0 ? 20 : 5000, 'x'));
      for (int n = 0; n < kCalls / kThreads; ++n) {
        ::grpc::ClientContext context;
        ::probe::Reply reply;
        if (!stub->Call(&context, request, &reply).ok()) ++bad;
      }
    });
  }
  helpers.join();
  CHECK(bad == 0);
  CHECK(ends.reasons().empty());
  CHECK((*server)->open_connections() == 1);
}

TEST_CASE("Lifetime: nor does one that reads a long stream (P-92)") {
  constexpr int kMessages = 500;
  EndLog ends;
  server::ServerOptions options = workers(1);
  options.log = &ends;
  StreamsServer server(options);
  server.handler.watch = [&](StreamsHandler::Context&, const ::probe::Request&) {
    auto* reactor = new WatchReactor(server.log);
    reactor->reply.set_text(std::string(100'000, 'x'));
    reactor->on_write = [reactor, left = kMessages](bool ok) mutable {
      if (!ok || --left == 0) return reactor->finish();
      reactor->write();
    };
    reactor->write();
    return reactor;
  };
  const auto stub = ::probe::Streams::NewStub(server->channel());
  StreamContext context;
  const auto reader = stub->Watch(&*context, {});
  ::probe::Reply reply;
  int read = 0;
  while (reader->Read(&reply)) ++read;
  CHECK(reader->Finish().ok());
  CHECK(read == kMessages);
  CHECK(ends.reasons().empty());
}

TEST_CASE("Lifetime: a stock client answers our PINGs and is kept (P-90)") {
  EndLog ends;
  ReactorLog log;
  server::ServerOptions options = workers(1);
  options.log = &ends;
  options.keepalive_time = 20ms;
  options.keepalive_timeout = 1s;
  CallbackProbeServer server(until_cancelled(log), options);
  for (const auto& channel : {server->channel(), server->unix_channel()}) {
    ProbeCall call(channel, request_with("wait"), within(2500ms));
    CHECK(call.status().error_code() == StatusCode::DEADLINE_EXCEEDED);
  }
  CHECK(ends.reasons().empty());
}

TEST_CASE("Lifetime: connections grow old and go, and no call of a stock client is lost (P-83, P-81)" *
          doctest::test_suite(kTcpOnly)) {
  constexpr std::size_t kConnections = 60;
  std::mutex mutex;
  std::set<std::string> peers;
  const auto connections = [&] {
    const std::lock_guard lock(mutex);
    return peers.size();
  };
  server::ServerOptions options = workers(2);
  options.max_connection_age = 50ms;
  SyncProbeServer server(
      [&](::grpc::ServerContext& context, const ::probe::Request&, ::probe::Reply&) {
        const std::lock_guard lock(mutex);
        peers.insert(binding::CallInfo::of(context)->peer());
        return ::grpc::Status::OK;
      },
      options);
  std::atomic<bool> stop{false};
  std::atomic<int> good{0};
  std::mutex failure_mutex;
  std::string failure;
  Helpers helpers;
  for (int i = 0; i < 3; ++i) {
    helpers.run([&] {
      const auto channel = server->channel();
      while (!stop) {
        ProbeCall call(channel);
        if (call.status().ok()) {
          ++good;
        } else {
          const std::lock_guard lock(failure_mutex);
          failure = std::to_string(call.status().error_code()) + ": " + call.status().error_message();
        }
      }
    });
  }
  CHECK(eventually([&] { return connections() >= kConnections; }));
  stop = true;
  helpers.join();
  CHECK(failure == "");
  CHECK(good >= static_cast<int>(kConnections));
}

TEST_CASE("Lifetime: a call that is longer than its connection's age and grace is cut off (P-83)" *
          doctest::test_suite(kTcpOnly)) {
  ReactorLog log;
  server::ServerOptions options = workers(1);
  options.max_connection_age = 50ms;
  options.max_connection_age_grace = 50ms;
  CallbackProbeServer server(until_cancelled(log), options);
  const auto channel = server->channel();
  ProbeCall call(channel, request_with("wait"));
  CHECK(call.status().error_code() == StatusCode::UNAVAILABLE);
  CHECK(eventually([&] { return log.cancelled == 1; }));
  CHECK(ProbeCall(channel).status().ok());
}

TEST_CASE("Lifetime: an idle connection goes, and the next call makes another (P-83)" *
          doctest::test_suite(kTcpOnly)) {
  ReactorLog log;
  server::ServerOptions options = workers(1);
  options.max_connection_idle = 20ms;
  CallbackProbeServer server(until_cancelled(log), options);
  const auto channel = server->channel();
  for (int i = 0; i < 3; ++i) {
    CHECK(ProbeCall(channel).status().ok());
    CHECK(eventually([&] { return (*server)->open_connections() == 0; }));
  }
}

}  // namespace hawser::test
