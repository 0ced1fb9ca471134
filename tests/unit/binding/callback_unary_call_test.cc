#include <doctest/doctest.h>

#include <stdexcept>

#include "unit/binding/binding_fixture.h"

// The in-memory half: without a loop Finish() comes from the protocol's own thread. Threads, and metadata
// sent early, are in tests/interop/server.
namespace hawser::test {
namespace {

using Context = ::grpc::CallbackServerContext;
using Reactor = ::grpc::ServerUnaryReactor;

struct Events {
  std::string text;  ///< One letter an event: c(ancel) d(one).
};

class LoggingReactor final : public Reactor {
 public:
  explicit LoggingReactor(Events& events) : events_(events) {}
  void OnCancel() override {
    events_.text += 'c';
    if (finish_on_cancel) Finish(::grpc::Status::CANCELLED);
  }
  void OnDone() override {
    events_.text += 'd';
    delete this;
  }
  bool finish_on_cancel = false;

 private:
  Events& events_;
};

}  // namespace

TEST_CASE("CallbackUnaryCall: Finish in the method is answered at once, and OnDone follows the method") {
  Events events;
  CallbackHandler handler;
  handler.call = [&](Context&, const ::probe::Request&, ::probe::Reply& reply) {
    auto* reactor = new LoggingReactor(events);
    reply.set_text("now");
    reactor->Finish(::grpc::Status::OK);
    CHECK(events.text.empty());
    return reactor;
  };
  BindingFixture fixture(handler);
  fixture.call(1, {});
  CHECK(fixture.reply(1).text() == "now");
  CHECK(events.text == "d");
  CHECK(fixture.calls.in_use() == 0);
}

TEST_CASE("CallbackUnaryCall: Finish later is answered then") {
  Events events;
  Reactor* waiting = nullptr;
  CallbackHandler handler;
  handler.call = [&](Context&, const ::probe::Request&, ::probe::Reply& reply) {
    reply.set_text("later");
    return waiting = new LoggingReactor(events);
  };
  BindingFixture fixture(handler);
  fixture.call(1, {});
  CHECK(fixture.status(1) == "(none)");
  CHECK(fixture.calls.in_use() == 1);
  waiting->Finish(::grpc::Status::OK);
  fixture.drain();
  CHECK(fixture.reply(1).text() == "later");
  CHECK(events.text == "d");
}

TEST_CASE("CallbackUnaryCall: a reset reaches OnCancel once, and the call lives until Finish") {
  Events events;
  Reactor* waiting = nullptr;
  Context* seen = nullptr;
  CallbackHandler handler;
  handler.call = [&](Context& context, const ::probe::Request&, ::probe::Reply&) {
    seen = &context;
    return waiting = new LoggingReactor(events);
  };
  BindingFixture fixture(handler);
  fixture.call(1, {}, {{"x-mark", "m"}});
  CHECK_FALSE(seen->IsCancelled());
  fixture.client.reset(1, http2::ErrorCode::kCancel);
  fixture.feed();
  fixture.disconnect();
  CHECK(events.text == "c");
  CHECK(seen->IsCancelled());
  CHECK(seen->client_metadata().count("x-mark") == 1);
  CHECK(fixture.calls.in_use() == 1);
  waiting->Finish(::grpc::Status::OK);
  CHECK(events.text == "cd");
  CHECK(fixture.calls.in_use() == 0);
}

TEST_CASE("CallbackUnaryCall: a connection that ends cancels every call, and each may finish in OnCancel") {
  Events events;
  CallbackHandler handler;
  handler.call = [&](Context&, const ::probe::Request&, ::probe::Reply&) {
    auto* reactor = new LoggingReactor(events);
    reactor->finish_on_cancel = true;
    return reactor;
  };
  BindingFixture fixture(handler);
  for (http2::StreamId id = 1; id < 9; id += 2) fixture.call(id, {});
  CHECK(fixture.calls.in_use() == 4);
  fixture.disconnect();
  CHECK(events.text == "cdcdcdcd");
  CHECK(fixture.calls.in_use() == 0);
}

TEST_CASE("CallbackUnaryCall: the first call's OnCancel may finish the others of its connection") {
  Events events;
  std::vector<Reactor*> reactors;
  class FinishAll final : public Reactor {
   public:
    FinishAll(Events& events, std::vector<Reactor*>& all) : events_(events), all_(all) {}
    void OnCancel() override {
      events_.text += 'c';
      for (Reactor* reactor : std::exchange(all_, {})) reactor->Finish(::grpc::Status::CANCELLED);
    }
    void OnDone() override {
      events_.text += 'd';
      delete this;
    }

   private:
    Events& events_;
    std::vector<Reactor*>& all_;
  };
  CallbackHandler handler;
  handler.call = [&](Context&, const ::probe::Request&, ::probe::Reply&) {
    reactors.push_back(new FinishAll(events, reactors));
    return reactors.back();
  };
  SUBCASE("when the connection ends") {
    BindingFixture fixture(handler);
    for (http2::StreamId id = 1; id < 9; id += 2) fixture.call(id, {});
    fixture.disconnect();
    CHECK(fixture.calls.in_use() == 0);
  }
  SUBCASE("when one of them is reset") {
    BindingFixture fixture(handler);
    for (http2::StreamId id = 1; id < 9; id += 2) fixture.call(id, {});
    fixture.client.reset(5, http2::ErrorCode::kCancel);
    fixture.feed();
    CHECK(fixture.status(1) == "1");
    CHECK(fixture.status(7) == "1");
    fixture.disconnect();
    CHECK(fixture.calls.in_use() == 0);
  }
  CHECK(events.text == "cdddd");
}

TEST_CASE(
    "CallbackUnaryCall: TryCancel ends the call for the client, and OnCancel comes as for any other end") {
  Events events;
  Reactor* waiting = nullptr;
  Context* seen = nullptr;
  CallbackHandler handler;
  handler.call = [&](Context& context, const ::probe::Request& request, ::probe::Reply&) {
    seen = &context;
    if (!request.text().empty()) context.TryCancel();  // in the method: before the reactor is known
    return waiting = new LoggingReactor(events);
  };
  BindingFixture fixture(handler);
  http2::StreamId id = 1;
  for (const char* text : {"", "in the method"}) {
    events.text.clear();
    ::probe::Request request;
    request.set_text(text);
    fixture.call(id, request);
    seen->TryCancel();
    fixture.drain();
    CHECK(fixture.status(id) == "1");
    CHECK(events.text == "c");
    CHECK(seen->IsCancelled());
    seen->TryCancel();
    waiting->Finish(::grpc::Status::OK);
    fixture.drain();
    CHECK(events.text == "cd");
    CHECK(fixture.driver().sent().body(id).empty());
    CHECK(fixture.calls.in_use() == 0);
    id += 2;
  }
}

TEST_CASE("CallbackUnaryCall: TryCancel after the client has gone does nothing") {
  Events events;
  Reactor* waiting = nullptr;
  Context* seen = nullptr;
  CallbackHandler handler;
  handler.call = [&](Context& context, const ::probe::Request&, ::probe::Reply&) {
    seen = &context;
    return waiting = new LoggingReactor(events);
  };
  BindingFixture fixture(handler);
  fixture.call(1, {});
  fixture.disconnect();
  seen->TryCancel();
  waiting->Finish(::grpc::Status::OK);
  CHECK(events.text == "cd");
  CHECK(fixture.calls.in_use() == 0);
}

TEST_CASE("CallbackUnaryCall: initial metadata sent early is heard of, and leaves with the reply") {
  std::string heard;
  class Early final : public Reactor {
   public:
    explicit Early(std::string& heard) : heard_(heard) {}
    void OnSendInitialMetadataDone(bool ok) override { heard_ += ok ? 'm' : 'x'; }
    void OnDone() override {
      heard_ += 'd';
      delete this;
    }

   private:
    std::string& heard_;
  };
  CallbackHandler handler;
  handler.call = [&](Context& context, const ::probe::Request&, ::probe::Reply&) {
    context.AddInitialMetadata("x-early", "e");
    auto* reactor = new Early(heard);
    reactor->StartSendInitialMetadata();
    reactor->Finish(::grpc::Status::OK);
    return reactor;
  };
  BindingFixture fixture(handler);
  fixture.call(1, {});
  CHECK(heard == "md");
  CHECK(fixture.driver().sent().find(FrameType::kHeaders, 1)->header("x-early") == "e");
}

TEST_CASE("CallbackUnaryCall: neither a null reactor nor an exception leaves the state behind") {
  CallbackHandler handler;
  handler.call = [&](Context& context, const ::probe::Request& request, ::probe::Reply&) -> Reactor* {
    if (request.text() == "null") return nullptr;
    if (request.text() == "default, then throw") context.DefaultReactor()->Finish(::grpc::Status::OK);
    throw std::runtime_error("no");
  };
  BindingFixture fixture(handler);
  http2::StreamId id = 1;
  for (const char* text : {"null", "throw", "default, then throw", "null"}) {
    ::probe::Request request;
    request.set_text(text);
    fixture.call(id, request);
    CHECK(fixture.status(id) == (request.text() == "null" ? "12" : "2"));
    CHECK(fixture.calls.in_use() == 0);
    id += 2;
  }
}

TEST_CASE("CallbackUnaryCall: a request that does not parse is INTERNAL without the method") {
  CallbackHandler handler;
  handler.call = [&](Context&, const ::probe::Request&, ::probe::Reply&) -> Reactor* {
    FAIL("the method was called");
    return nullptr;
  };
  BindingFixture fixture(handler);
  fixture.client.request(1, kCallPath, "\x0a\x7f");
  fixture.feed();
  CHECK(fixture.status(1) == "13");
  CHECK(fixture.calls.in_use() == 0);
}

TEST_CASE("CallbackUnaryCall: a deadline cancels, and the late answer goes nowhere") {
  Events events;
  Reactor* waiting = nullptr;
  CallbackHandler handler;
  handler.call = [&](Context&, const ::probe::Request&, ::probe::Reply& reply) {
    reply.set_text("too late");
    return waiting = new LoggingReactor(events);
  };
  BindingFixture fixture(handler);
  fixture.call(1, {}, {{"grpc-timeout", "100m"}});
  fixture.driver().advance(std::chrono::milliseconds(100));
  CHECK(fixture.status(1) == "4");
  CHECK(events.text == "c");
  waiting->Finish(::grpc::Status::OK);
  fixture.drain();
  CHECK(fixture.driver().sent().body(1).empty());
  CHECK(events.text == "cd");
  CHECK(fixture.calls.in_use() == 0);
}

}  // namespace hawser::test
