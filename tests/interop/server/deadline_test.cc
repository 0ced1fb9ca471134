#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "hawser/client/unary_call.h"
#include "interop/server/probes.h"
#include "support/test_family.h"

namespace hawser::test {
namespace {

using ::grpc::StatusCode;
using Milliseconds = std::chrono::milliseconds;

std::int64_t milliseconds_left(const ::grpc::ServerContextBase& context) {
  return std::chrono::duration_cast<Milliseconds>(context.deadline() - std::chrono::system_clock::now())
      .count();
}

// Never finishes before it is cancelled.
class UntilCancelled final : public ::grpc::ServerUnaryReactor {
 public:
  UntilCancelled(::grpc::CallbackServerContext& context, std::atomic<int>& cancelled, std::atomic<int>& done)
      : context_(context), cancelled_(cancelled), done_(done) {}
  void OnCancel() override {
    if (context_.IsCancelled()) ++cancelled_;
    Finish(::grpc::Status::CANCELLED);
  }
  void OnDone() override {
    ++done_;
    delete this;
  }

 private:
  ::grpc::CallbackServerContext& context_;
  std::atomic<int>& cancelled_;
  std::atomic<int>& done_;
};

// Answers at once, but for "wait": until it is cancelled. Whoever was told to wait has to be told of its end.
struct WaitingProbe {
  std::atomic<int> started{0};
  std::atomic<int> cancelled{0};
  std::atomic<int> done{0};
  CallbackProbeServer server{[this](::grpc::CallbackServerContext& context, const ::probe::Request& request,
                                    ::probe::Reply&) -> ::grpc::ServerUnaryReactor* {
    if (request.text() == "wait") {
      ++started;
      return new UntilCancelled(context, cancelled, done);
    }
    ::grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
    reactor->Finish(::grpc::Status::OK);
    return reactor;
  }};
};

}  // namespace

TEST_CASE("Deadline: the handler sees the client's") {
  SyncProbeServer server([](::grpc::ServerContext& context, const ::probe::Request&, ::probe::Reply& reply) {
    reply.set_number(milliseconds_left(context));
    return ::grpc::Status::OK;
  });
  ProbeCall call(server->channel(), {},
                 [](::grpc::ClientContext& context) { context.set_deadline(in_seconds(40)); });
  REQUIRE(call.status().ok());
  CHECK(call.reply().number() > 20'000);
  CHECK(call.reply().number() <= 41'000);
}

TEST_CASE("Deadline: without one the handler sees the end of time") {
  SyncProbeServer server([](::grpc::ServerContext& context, const ::probe::Request&, ::probe::Reply& reply) {
    reply.set_number(gpr_time_cmp(context.raw_deadline(), gpr_inf_future(GPR_CLOCK_REALTIME)));
    return ::grpc::Status::OK;
  });
  ProbeCall call(server->channel(), {}, [](::grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::time_point::max());
  });
  REQUIRE(call.status().ok());
  CHECK(call.reply().number() == 0);
}

TEST_CASE("Deadline: a call that outlives it ends with DEADLINE_EXCEEDED, and its handler is told") {
  std::atomic<int> cancelled{0};
  std::atomic<int> done{0};
  CallbackProbeServer server([&](::grpc::CallbackServerContext& context, const ::probe::Request&,
                                 ::probe::Reply&) { return new UntilCancelled(context, cancelled, done); });
  ProbeCall call(server->channel(), {}, [](::grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
  });
  CHECK(call.status().error_code() == StatusCode::DEADLINE_EXCEEDED);
  CHECK(eventually([&] { return done == 1; }));
  CHECK(cancelled == 1);
}

TEST_CASE("Deadline: 2,000 calls that time out together cost the client nothing but those calls (I-32)") {
  WaitingProbe probe;
  CallbackProbeServer& server = probe.server;
  const auto channel = server->channel();
  ProbeCall first(channel);
  REQUIRE(first.status().ok());
  for (int round = 0; round < 20; ++round) {
    std::vector<std::unique_ptr<ProbeCall>> calls;
    for (int i = 0; i < 100; ++i) {
      calls.push_back(
          std::make_unique<ProbeCall>(channel, request_with("wait"), [](::grpc::ClientContext& context) {
            context.set_deadline(std::chrono::system_clock::now() + Milliseconds(30));
          }));
    }
    for (const auto& call : calls) REQUIRE(call->status().error_code() == StatusCode::DEADLINE_EXCEEDED);
    REQUIRE((*server)->open_connections() == 1);
  }
  ProbeCall last(channel);
  CHECK_MESSAGE(last.status().ok(), last.status().error_message());
  CHECK((*server)->open_connections() == 1);
  CHECK(eventually([&] { return probe.done == probe.started; }));
  CHECK(probe.cancelled == probe.started);
  CHECK(probe.started > 0);
}

// grpc++ gives such a call a stream's number and, as often as not, sends its RST_STREAM without its HEADERS.
TEST_CASE("Deadline: calls that are cancelled as they start cost the client nothing but those calls") {
  WaitingProbe probe;
  const auto channel = probe.server->channel();
  ProbeCall witness(channel, request_with("wait"));
  REQUIRE(eventually([&] { return probe.started == 1; }));
  for (int i = 0; i < 400; ++i) {  // fewer than are abuse (S-7)
    ProbeCall call(channel);
    if (i % 3 == 1) std::this_thread::yield();
    call.cancel();
    const StatusCode code = call.status().error_code();
    REQUIRE((code == StatusCode::OK || code == StatusCode::CANCELLED));
  }
  CHECK_FALSE(witness.is_done());
  ProbeCall last(channel);
  CHECK_MESSAGE(last.status().ok(), last.status().error_message());
}

TEST_CASE("Deadline: a call that its client cancelled before the start never reaches a handler (I-32)") {
  std::atomic<int> started{0};
  SyncProbeServer server([&](::grpc::ServerContext&, const ::probe::Request&, ::probe::Reply&) {
    ++started;
    return ::grpc::Status::OK;
  });
  const auto channel = server->channel();
  ProbeCall cancelled(channel, {}, [](::grpc::ClientContext& context) { context.TryCancel(); });
  CHECK(cancelled.status().error_code() == StatusCode::CANCELLED);
  ProbeCall served(channel);
  CHECK(served.status().ok());
  CHECK(started == 1);
}

TEST_CASE(
    "Deadline: 2,000 calls of our client that time out at once end so, and their handlers are told (I-32)") {
  WaitingProbe probe;
  CallbackProbeServer& server = probe.server;
  constexpr client::UnaryMethod<::probe::Request, ::probe::Reply> kCall{"/probe.Probe/Call"};
  const auto channel = client::Channel::create(server->target());
  REQUIRE(channel);
  REQUIRE(client::call(**channel, kCall, request_with(""), {.timeout = std::chrono::seconds(60)}).ok());
  constexpr int kCalls = 2'000;
  std::counting_semaphore<kCalls> ended(0);
  std::mutex mutex;
  std::map<std::string, int> ends;  // guarded by mutex
  for (int i = 0; i < kCalls; ++i) {
    client::call_async<::probe::Request, ::probe::Reply>(
        **channel, kCall, request_with("wait"), {.timeout = Milliseconds(500)},
        [&](const client::Reply<::probe::Reply>& reply) {
          {
            const bool expected = reply.status.code == grpc::StatusCode::kDeadlineExceeded;
            const std::lock_guard lock(mutex);
            ++ends[expected ? "timed out"
                            : std::string(grpc::to_string(reply.status.code)) + reply.status.message];
          }
          ended.release();
        });
  }
  for (int i = 0; i < kCalls; ++i) ended.acquire();
  for (const auto& end : ends) CHECK_MESSAGE(end.first == "timed out", end.second, " times ", end.first);
  CHECK(client::call(**channel, kCall, request_with(""), {.timeout = std::chrono::seconds(60)}).ok());
  CHECK(eventually([&] { return probe.done == probe.started; }));
  CHECK(probe.cancelled == probe.started);
  CHECK(probe.started > 0);
}

}  // namespace hawser::test
