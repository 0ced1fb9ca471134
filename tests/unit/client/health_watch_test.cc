// One health check on one connection in memory. What a channel makes of it is in channel_health_test.cc.
#include "hawser/client/health_watch.h"

#include <doctest/doctest.h>

#include <string>

#include "support/in_all_chunkings.h"
#include "support/loops.h"
#include "unit/client/protocol_fixture.h"

namespace hawser::test {
namespace {

using client::HealthWatch;
using State = HealthWatch::State;
using std::chrono::hours;
using std::chrono::milliseconds;

constexpr std::string_view kHealthWatchServing = "\x08\x01";
constexpr std::string_view kHealthWatchNotServing = "\x08\x02";

struct Watched {
  explicit Watched(client::BackoffOptions backoff = {.initial = hours(1)}, Duration idle = Duration::max())
      : fixture({}, {}, idle),
        watch(*loop, "a.Service", backoff, 1, Delegate<void()>::bind<&Watched::on_changed>(*this)) {
    fixture.owner.after_done = [this](client::Call& call) {
      if (watch.owns(call)) watch.on_call_over();
    };
    fixture.greet();
    watch.start(*fixture.protocol);
    fixture.driver->drain();
  }
  ~Watched() { watch.stop(); }

  void on_changed() {
    constexpr const char* kNames[] = {"stopped", "asking", "serving", "not serving"};
    log += (log.empty() ? "" : ", ") + std::string(kNames[static_cast<int>(watch.state())]);
  }
  void answer(std::string_view message, const Chunking& chunking = Chunking::whole()) {
    if (!begun) fixture.script.headers(id, response_fields());
    begun = true;
    fixture.feed(fixture.script.data(id, grpc_message(message)), chunking);
  }
  void end(const char* status, const Chunking& chunking = Chunking::whole()) {
    Fields fields = begun ? Fields{} : response_fields();
    fields.push_back({"grpc-status", status});
    fixture.feed(fixture.script.trailers(id, fields), chunking);
    id += 2;
    begun = false;
  }

  ProtocolFixture fixture;
  std::unique_ptr<event::Loop> loop = value_of(event::Loop::create());
  std::string log;
  HealthWatch watch;
  http2::StreamId id = 1;
  bool begun = false;
};

}  // namespace

TEST_CASE("HealthWatch: it asks at once, for its service, and heeds every answer (P-114)") {
  in_all_chunkings([](const Chunking& chunking) {
    Watched watched;
    const Frame* headers = watched.fixture.sent().find(FrameType::kHeaders, 1);
    REQUIRE(headers != nullptr);
    CHECK(headers->header(":path") == "/grpc.health.v1.Health/Watch");
    CHECK(headers->header(":authority") == "example.org");
    CHECK(headers->header("grpc-timeout") == "(none)");
    CHECK(watched.fixture.sent().body(1) == grpc_message("\x0A\x09"
                                                         "a.Service"));
    CHECK(watched.fixture.sent_summary().ends_with("end"));
    CHECK(watched.watch.state() == State::kAsking);
    watched.answer(kHealthWatchServing, chunking);
    watched.answer(kHealthWatchServing, chunking);  // no change
    watched.answer(kHealthWatchNotServing, chunking);
    CHECK(watched.watch.reason() == "health check: \"a.Service\" is NOT_SERVING");
    watched.answer("\x08\x03", chunking);
    CHECK(watched.watch.reason() == "health check: \"a.Service\" is SERVICE_UNKNOWN");
    watched.answer("\x08\x2A", chunking);
    CHECK(watched.watch.reason() == "health check: \"a.Service\" is UNKNOWN");
    watched.answer(kHealthWatchServing, chunking);
    CHECK(watched.log == "serving, not serving, not serving, not serving, serving");
    CHECK(watched.watch.reason().empty());
  });
}

TEST_CASE("HealthWatch: several answers at once are heeded in their order") {
  Watched watched;
  watched.fixture.script.headers(1, response_fields());
  watched.fixture.feed(watched.fixture.script.data(
      1, grpc_message(kHealthWatchNotServing) + grpc_message(kHealthWatchServing)));
  CHECK(watched.log == "not serving, serving");
}

TEST_CASE("HealthWatch: a server without the service counts as healthy (P-114)") {
  in_all_chunkings([](const Chunking& chunking) {
    Watched watched;
    watched.end("12", chunking);
    CHECK(watched.log == "serving");
    CHECK(watched.watch.reason() == "the server has no health service: it counts as healthy");
    run_ready(*watched.loop);
    watched.fixture.driver->drain();
    CHECK(watched.fixture.sent().count(FrameType::kHeaders) == 1);
  });
}

TEST_CASE("HealthWatch: any other end is not serving, and the call is made again after a while (P-114)") {
  Watched watched({.initial = milliseconds(10), .multiplier = 1, .jitter = 0});
  watched.end("14");
  CHECK(watched.log == "not serving");
  CHECK(watched.watch.reason() == "health check failed: UNAVAILABLE: ");
  CHECK(watched.fixture.protocol->load() == 0);
  CHECK(run_until(*watched.loop, [&] { return watched.fixture.protocol->load() == 1; }));
  CHECK(watched.log == "not serving, asking");
  watched.fixture.driver->drain();
  watched.answer(kHealthWatchServing);
  CHECK(watched.log == "not serving, asking, serving");
}

TEST_CASE("HealthWatch: a call that brought an answer and ends is made again at its backoff's beginning") {
  Watched watched({.initial = milliseconds(1), .multiplier = 1e9, .max = hours(10), .jitter = 0});
  for (int i = 0; i < 3; ++i) {  // without answers the second wait would be hours
    watched.answer(kHealthWatchServing);
    watched.end("0");
    CHECK(watched.watch.state() == State::kNotServing);
    REQUIRE(run_until(*watched.loop, [&] { return watched.fixture.protocol->load() == 1; }));
    watched.fixture.driver->drain();
  }
}

TEST_CASE("HealthWatch: an answer that is none, or too large, is not serving") {
  Watched watched;
  watched.answer("what?");
  CHECK(watched.watch.reason() == "the answer to a health check is no HealthCheckResponse");
  watched.answer(kHealthWatchServing);
  CHECK(watched.watch.state() == State::kServing);
  watched.answer(std::string(5000, 'x'));
  CHECK(watched.watch.state() == State::kNotServing);
  CHECK(watched.watch.reason().starts_with("health check failed: RESOURCE_EXHAUSTED"));
}

TEST_CASE("HealthWatch: stop cancels the call, and it may start again (P-114)") {
  Watched watched;
  watched.answer(kHealthWatchServing);
  watched.fixture.sent().take();
  watched.watch.stop();
  CHECK(watched.watch.state() == State::kStopped);
  watched.fixture.driver->drain();
  CHECK(watched.fixture.sent_summary().ends_with("RST_STREAM 1 CANCEL"));
  CHECK(watched.log == "serving");
  watched.watch.start(*watched.fixture.protocol);
  watched.watch.start(*watched.fixture.protocol);  // one call, whatever was before
  watched.fixture.driver->drain();
  watched.fixture.feed(
      watched.fixture.script.headers(3, response_fields()).data(3, grpc_message(kHealthWatchServing)));
  CHECK(watched.log == "serving, serving");
}

TEST_CASE("HealthWatch: stopped and started while a connection hands its call back, it asks again") {
  Watched watched;
  watched.fixture.owner.after_done = [&](client::Call&) {};
  watched.watch.stop();
  watched.watch.start(*watched.fixture.protocol);  // the end of the call has not been told
  CHECK(watched.fixture.protocol->load() == 0);
  watched.watch.on_call_over();
  CHECK(watched.fixture.protocol->load() == 1);
  CHECK(watched.watch.state() == State::kAsking);
  watched.fixture.owner.after_done = [&](client::Call&) { watched.watch.on_call_over(); };
}

TEST_CASE("HealthWatch: it is no use of its connection: neither served, nor busy (P-96, S-28)") {
  Watched watched({.initial = hours(1)}, milliseconds(100));
  CHECK_FALSE(watched.fixture.protocol->has_served());
  watched.answer(kHealthWatchServing);
  CHECK_FALSE(watched.fixture.protocol->has_served());
  watched.fixture.driver->advance(milliseconds(50));
  TestCall call;
  watched.fixture.send(call);
  CHECK(watched.fixture.protocol->has_served());
  watched.fixture.driver->advance(milliseconds(500));
  CHECK(watched.fixture.protocol->accepts_calls());
  watched.fixture.feed(watched.fixture.script.response(3, "pong"));
  watched.fixture.driver->advance(milliseconds(99));
  CHECK(watched.fixture.protocol->accepts_calls());
  watched.fixture.driver->advance(milliseconds(1));
  watched.fixture.driver->advance(milliseconds(100));
  CHECK_FALSE(watched.fixture.protocol->accepts_calls());
  CHECK(watched.fixture.protocol->was_idle());
}

}  // namespace hawser::test
