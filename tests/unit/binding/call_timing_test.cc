// Where the handler's own code begins and ends, by each kind of stock class (server/call_timing.h).
#include <doctest/doctest.h>

#include <stdexcept>

#include "support/hand_clock.h"
#include "unit/binding/binding_fixture.h"

namespace hawser::test {
namespace {

using namespace std::chrono_literals;

const Fields kAsking = {{"want-server-timing", "1"}};

class TimedFixture final {
 public:
  template <class Handler>
  explicit TimedFixture(Handler& handler) : fixture(handler) {
    fixture.options.report_timing = true;
    fixture.set_clock(&HandClock::read);
  }
  BindingFixture* operator->() { return &fixture; }

  BindingFixture fixture;
};

TEST_CASE("UnaryMethod: a handler's time is what its method took") {
  HandClock clock;
  SyncHandler handler;
  handler.call = [&](::grpc::ServerContext&, const ::probe::Request&, ::probe::Reply&) {
    clock.advance(3ms);
    return ::grpc::Status::OK;
  };
  TimedFixture fixture(handler);
  fixture->call(1, {}, kAsking);
  CHECK(fixture->field(1, "server-timing") == "queue;dur=0.000000, handler;dur=3.000000, reply;dur=0.000000");
  fixture->call(3, {});
  CHECK(fixture->field(3, "server-timing") == "(none)");
}

TEST_CASE("UnaryMethod: of a handler that throws, and of a request that is none, nothing is told") {
  HandClock clock;
  SyncHandler handler;
  handler.call = [&](::grpc::ServerContext&, const ::probe::Request&, ::probe::Reply&) -> ::grpc::Status {
    throw std::runtime_error("no");
  };
  TimedFixture fixture(handler);
  fixture->call(1, {}, kAsking);
  CHECK(fixture->status(1) == "2");
  CHECK(fixture->field(1, "server-timing") == "(none)");
}

TEST_CASE("CallbackUnaryCall: a handler's time lasts until its reactor finishes") {
  class Reactor final : public ::grpc::ServerUnaryReactor {
   public:
    void OnDone() override { delete this; }
  };
  HandClock clock;
  ::grpc::ServerUnaryReactor* waiting = nullptr;
  CallbackHandler handler;
  handler.call = [&](::grpc::CallbackServerContext&, const ::probe::Request&, ::probe::Reply&) {
    return waiting = new Reactor;
  };
  TimedFixture fixture(handler);
  fixture->call(1, {}, kAsking);
  CHECK(fixture->field(1, "server-timing") == "(none)");
  clock.advance(8ms);
  waiting->Finish(::grpc::Status::OK);
  // The reply is made; it leaves when the connection is drained.
  clock.advance(1ms);
  fixture->drain();
  CHECK(fixture->status(1) == "0");
  CHECK(fixture->field(1, "server-timing") == "queue;dur=0.000000, handler;dur=8.000000, reply;dur=1.000000");
}

TEST_CASE("StreamCall: streaming calls tell nothing") {
  HandClock clock;
  StreamsHandler handler;
  StreamLog log;
  handler.watch = [&](::grpc::CallbackServerContext&, const ::probe::Request&) {
    auto* reactor = new WatchReactor(log);
    reactor->write_and_finish();
    return reactor;
  };
  TimedFixture fixture(handler);
  fixture->client.headers(1, with(request_fields(kWatchPath), "want-server-timing", "1"))
      .data(1, grpc_message(""), true);
  fixture->feed();
  CHECK(fixture->status(1) == "0");
  CHECK(fixture->field(1, "server-timing") == "(none)");
}

}  // namespace
}  // namespace hawser::test
