#include <doctest/doctest.h>

#include <stdexcept>

#include "interop/server/probes.h"
#include "interop/server/reactors.h"

namespace hawser::test {
namespace {

using ::grpc::StatusCode;
using Context = ::grpc::CallbackServerContext;
using Reactor = ::grpc::ServerUnaryReactor;

Reactor* finish_now(Context& context, ::grpc::Status status) {
  Reactor* reactor = context.DefaultReactor();
  reactor->Finish(std::move(status));
  return reactor;
}

}  // namespace

TEST_CASE("Callback service: a default reactor that finishes in the method answers at once") {
  CallbackProbeServer server([](Context& context, const ::probe::Request& request, ::probe::Reply& reply) {
    reply.set_text("re: " + request.text());
    context.AddTrailingMetadata("x-kind", "callback");
    return finish_now(context, ::grpc::Status::OK);
  });
  ProbeCall call(server->channel(), request_with("hello"));
  REQUIRE_MESSAGE(call.status().ok(), call.status().error_message());
  CHECK(call.reply().text() == "re: hello");
  CHECK(call.context().GetServerTrailingMetadata().count("x-kind") == 1);
}

TEST_CASE("Callback service: its status, message and details reach the client") {
  CallbackProbeServer server([](Context& context, const ::probe::Request&, ::probe::Reply& reply) {
    reply.set_text("never sent");
    return finish_now(context, {StatusCode::OUT_OF_RANGE, "no such page", "details"});
  });
  ProbeCall call(server->channel());
  CHECK(call.status().error_code() == StatusCode::OUT_OF_RANGE);
  CHECK(call.status().error_message() == "no such page");
  CHECK(call.status().error_details() == "details");
  CHECK(call.reply().text().empty());
}

TEST_CASE("Callback service: a method that returns no reactor is UNIMPLEMENTED") {
  CallbackProbeServer server(
      [](Context&, const ::probe::Request&, ::probe::Reply&) -> Reactor* { return nullptr; });
  ProbeCall call(server->channel());
  CHECK(call.status().error_code() == StatusCode::UNIMPLEMENTED);
}

TEST_CASE("Callback service: a method that throws is UNKNOWN") {
  CallbackProbeServer server([](Context&, const ::probe::Request&, ::probe::Reply&) -> Reactor* {
    throw std::runtime_error("no reactor today");
  });
  const auto channel = server->channel();
  for (int i = 0; i < 3; ++i) {
    ProbeCall call(channel);
    CHECK(call.status().error_code() == StatusCode::UNKNOWN);
    CHECK(call.status().error_message().find("no reactor today") != std::string::npos);
  }
}

TEST_CASE("Callback service: a reactor of one's own is done exactly once") {
  ReactorLog log;
  {
    CallbackProbeServer server([&](Context&, const ::probe::Request&, ::probe::Reply& reply) {
      auto* reactor = new OwnReactor(log);
      reply.set_text("own");
      reactor->Finish(::grpc::Status::OK);
      return reactor;
    });
    const auto channel = server->channel();
    for (int i = 0; i < 20; ++i) {
      ProbeCall call(channel);
      CHECK(call.status().ok());
      CHECK(call.reply().text() == "own");
    }
  }
  CHECK(log.made == 20);
  CHECK(log.done == 20);
  CHECK(log.cancelled == 0);
  CHECK(log.misordered == 0);
}

TEST_CASE("Callback service: initial metadata may be sent first, and the reactor hears of it before OnDone") {
  ReactorLog log;
  {
    CallbackProbeServer server([&](Context& context, const ::probe::Request&, ::probe::Reply& reply) {
      auto* reactor = new OwnReactor(log);
      context.AddInitialMetadata("x-early", "yes");
      reply.set_text("later");
      reactor->on_metadata_sent = [](OwnReactor& self) { self.finish_in_reaction(::grpc::Status::OK); };
      reactor->StartSendInitialMetadata();
      return reactor;
    });
    ProbeCall call(server->channel());
    REQUIRE(call.status().ok());
    CHECK(call.reply().text() == "later");
    CHECK(call.context().GetServerInitialMetadata().count("x-early") == 1);
  }
  CHECK(log.metadata_sent == 1);
  CHECK(log.done == 1);
  CHECK(log.misordered == 0);
}

TEST_CASE(
    "Callback service: sending initial metadata and finishing in the method is both heard of, in order") {
  ReactorLog log;
  std::atomic<std::size_t> metadata_seen{0};
  {
    CallbackProbeServer server([&](Context& context, const ::probe::Request&, ::probe::Reply&) {
      auto* reactor = new OwnReactor(log);
      // The context is the handler's until OnDone.
      reactor->on_metadata_sent = [&](OwnReactor&) {
        metadata_seen = context.client_metadata().count("x-mark");
      };
      reactor->StartSendInitialMetadata();
      reactor->Finish(::grpc::Status::OK);
      return reactor;
    });
    ProbeCall call(server->channel(), {},
                   [](::grpc::ClientContext& context) { context.AddMetadata("x-mark", "still here"); });
    CHECK(call.status().ok());
  }
  CHECK(log.metadata_sent == 1);
  CHECK(log.done == 1);
  CHECK(log.misordered == 0);
  CHECK(metadata_seen == 1);
}

TEST_CASE("Callback service: OnCancel comes when the client cancels, and Finish in it is the end") {
  ReactorLog log;
  Gate started;
  std::atomic<bool> seen_cancelled{false};
  {
    CallbackProbeServer server([&](Context& context, const ::probe::Request&, ::probe::Reply&) {
      auto* reactor = new OwnReactor(log);
      reactor->on_cancel = [&](OwnReactor& self) {
        seen_cancelled = context.IsCancelled();
        self.finish_in_reaction(::grpc::Status::CANCELLED);
      };
      started.open();
      return reactor;
    });
    ProbeCall call(server->channel());
    started.wait();
    call.cancel();
    CHECK(call.status().error_code() == StatusCode::CANCELLED);
    CHECK(eventually([&] { return log.done == 1; }));
  }
  CHECK(log.cancelled == 1);
  CHECK(seen_cancelled);
  CHECK(log.misordered == 0);
}

TEST_CASE("Callback service: a call that was cancelled may finish with OK, and nobody is harmed") {
  ReactorLog log;
  Gate started;
  CallbackProbeServer server([&](Context&, const ::probe::Request& request, ::probe::Reply& reply) {
    auto* reactor = new OwnReactor(log);
    reply.set_text("fine");
    if (request.text().empty()) {
      reactor->Finish(::grpc::Status::OK);
      return reactor;
    }
    reactor->on_cancel = [](OwnReactor& self) { self.finish_in_reaction(::grpc::Status::OK); };
    started.open();
    return reactor;
  });
  const auto channel = server->channel();
  ProbeCall cancelled(channel, request_with("wait"));
  started.wait();
  cancelled.cancel();
  CHECK(cancelled.status().error_code() == StatusCode::CANCELLED);
  CHECK(eventually([&] { return log.done == 1; }));
  ProbeCall next(channel);
  CHECK(next.status().ok());
  CHECK(next.reply().text() == "fine");
}

TEST_CASE("Callback service: IsCancelled is false for a call that nobody cancelled, whatever its status") {
  std::atomic<int> wrong{0};
  CallbackProbeServer server([&](Context& context, const ::probe::Request&, ::probe::Reply&) {
    if (context.IsCancelled()) ++wrong;
    return finish_now(context, ::grpc::Status::CANCELLED);
  });
  const auto channel = server->channel();
  for (int i = 0; i < 5; ++i) CHECK(ProbeCall(channel).status().error_code() == StatusCode::CANCELLED);
  CHECK(wrong == 0);
}

TEST_CASE("Callback service: a call may finish another of its worker under a lock that OnDone takes") {
  ReactorLog log;
  std::mutex mutex;
  std::atomic<OwnReactor*> waiting{nullptr};
  {
    CallbackProbeServer server([&](Context&, const ::probe::Request& request, ::probe::Reply&) {
      auto* reactor = new OwnReactor(log);
      if (request.text() == "wait") {
        reactor->on_done = [&] { const std::lock_guard lock(mutex); };
        waiting = reactor;
        return reactor;
      }
      const std::lock_guard lock(mutex);
      waiting.load()->Finish({StatusCode::ALREADY_EXISTS, "by the other"});
      reactor->Finish(::grpc::Status::OK);
      return reactor;
    });
    const auto channel = server->channel();
    ProbeCall first(channel, request_with("wait"));
    CHECK(eventually([&] { return waiting.load() != nullptr; }));
    ProbeCall second(channel, request_with("go"));
    CHECK(second.status().ok());
    CHECK(first.status().error_message() == "by the other");
  }
  CHECK(log.done == 2);
  CHECK(log.misordered == 0);
}

}  // namespace hawser::test
