#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "interop/server/probes.h"
#include "interop/server/reactors.h"

namespace hawser::test {
namespace {

using ::grpc::StatusCode;
using Context = ::grpc::CallbackServerContext;
using Reactor = ::grpc::ServerUnaryReactor;

// Answers from a thread that starts in the method: it may be faster than the method's return.
CallbackProbe::Function answer_from_threads(Helpers& helpers) {
  return [&helpers](Context& context, const ::probe::Request& request, ::probe::Reply& reply) {
    Reactor* reactor = context.DefaultReactor();
    helpers.run([&context, &request, &reply, reactor] {
      reply.set_text(request.text() + " from elsewhere");
      context.AddInitialMetadata("x-initial", "i");
      context.AddTrailingMetadata("x-trailing-bin", std::string("\0t", 2));
      reactor->Finish(::grpc::Status::OK);
    });
    return reactor;
  };
}

}  // namespace

TEST_CASE("Callback service: a reactor may finish on another thread, also before the method has returned" *
          doctest::skip(!kSeesReactorLock)) {
  Helpers helpers;
  CallbackProbeServer server(answer_from_threads(helpers));
  const auto channel = server->channel();
  for (int i = 0; i < 50; ++i) {
    ProbeCall call(channel, request_with(std::to_string(i)));
    REQUIRE_MESSAGE(call.status().ok(), call.status().error_message());
    CHECK(call.reply().text() == std::to_string(i) + " from elsewhere");
    CHECK(call.context().GetServerInitialMetadata().count("x-initial") == 1);
    CHECK(call.context().GetServerTrailingMetadata().count("x-trailing-bin") == 1);
  }
}

TEST_CASE("Callback service: hundreds of calls of several workers finish on other threads") {
  ReactorLog log;
  Helpers helpers;
  CallbackProbeServer server(
      [&](Context& context, const ::probe::Request& request, ::probe::Reply& reply) {
        return work_elsewhere(log, helpers, [&](OwnReactor& self) {
          reply.set_text(request.text() + " from elsewhere");
          context.AddTrailingMetadata("x-trailing", "t");
          self.Finish(::grpc::Status::OK);
        });
      },
      workers(4));
  std::vector<std::shared_ptr<::grpc::Channel>> channels;
  for (int i = 0; i < 4; ++i) channels.push_back(server->channel());
  for (int round = 0; round < 5; ++round) {
    std::vector<std::unique_ptr<ProbeCall>> calls;
    for (int i = 0; i < 60; ++i) {
      calls.push_back(std::make_unique<ProbeCall>(channels[static_cast<std::size_t>(i % 4)],
                                                  request_with(std::to_string(i))));
    }
    for (int i = 0; i < 60; ++i) {
      ProbeCall& call = *calls[static_cast<std::size_t>(i)];
      REQUIRE(call.status().ok());
      CHECK(call.reply().text() == std::to_string(i) + " from elsewhere");
    }
    helpers.join();
  }
  CHECK(log.misordered == 0);
}

TEST_CASE("Callback service: the client may cancel while a thread finishes, whoever comes first") {
  ReactorLog log;
  Helpers helpers;
  {
    CallbackProbeServer server(
        [&](Context& context, const ::probe::Request&, ::probe::Reply& reply) {
          auto finished = std::make_shared<std::atomic<bool>>(false);
          OwnReactor* reactor = work_elsewhere(log, helpers, [&, finished](OwnReactor& self) {
            if (finished->exchange(true)) return;
            reply.set_text("a text");
            context.AddTrailingMetadata("x-trailing", "t");
            self.Finish(::grpc::Status::OK);
          });
          reactor->on_cancel = [finished](OwnReactor& self) {
            if (!finished->exchange(true)) self.Finish(::grpc::Status::CANCELLED);
          };
          return reactor;
        },
        workers(2));
    const auto channel = server->channel();
    for (int i = 0; i < 100; ++i) {
      ProbeCall call(channel);
      if (i % 3 == 1) std::this_thread::yield();
      call.cancel();
      const StatusCode code = call.status().error_code();
      CHECK((code == StatusCode::OK || code == StatusCode::CANCELLED));
    }
    CHECK(eventually([&] { return log.done == log.made; }));
    helpers.join();
  }
  CHECK(log.misordered == 0);
}

TEST_CASE("Callback service: initial metadata and the end may both come from another thread" *
          doctest::skip(!kSeesReactorLock)) {
  ReactorLog log;
  Helpers helpers;
  {
    CallbackProbeServer server([&](Context& context, const ::probe::Request&, ::probe::Reply&) {
      auto* reactor = new OwnReactor(log);
      helpers.run([&context, reactor] {
        context.AddInitialMetadata("x-early", "yes");
        reactor->StartSendInitialMetadata();
        reactor->Finish(::grpc::Status::OK);
      });
      return reactor;
    });
    const auto channel = server->channel();
    for (int i = 0; i < 50; ++i) {
      ProbeCall call(channel);
      REQUIRE(call.status().ok());
      CHECK(call.context().GetServerInitialMetadata().count("x-early") == 1);
    }
    CHECK(eventually([&] { return log.done == 50; }));
    helpers.join();
  }
  CHECK(log.metadata_sent == 50);
  CHECK(log.misordered == 0);
}

TEST_CASE(
    "Callback service: a deadline that passes while a thread prepares the answer is the client's result") {
  Helpers helpers;
  Gate late;
  std::atomic<bool> cancelled{false};
  CallbackProbeServer server([&](Context& context, const ::probe::Request& request, ::probe::Reply& reply) {
    Reactor* reactor = context.DefaultReactor();
    if (request.text().empty()) {
      reactor->Finish(::grpc::Status::OK);
      return reactor;
    }
    helpers.run([&, reactor] {
      late.wait();
      cancelled = context.IsCancelled();
      reply.set_blob(std::string(100'000, 'b'));
      context.AddTrailingMetadata("x-late", "l");
      reactor->Finish(::grpc::Status::OK);
    });
    return reactor;
  });
  const auto channel = server->channel();
  ProbeCall call(channel, request_with("wait"), [](::grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
  });
  CHECK(call.status().error_code() == StatusCode::DEADLINE_EXCEEDED);
  ProbeCall between(channel);
  CHECK(between.status().ok());
  late.open();
  helpers.join();
  ProbeCall after(channel);
  CHECK(after.status().ok());
  CHECK(cancelled);
}

TEST_CASE("Callback service: a client that vanishes while a thread works leaves nothing behind") {
  ReactorLog log;
  Helpers helpers;
  Gate gone;
  std::atomic<int> started{0};
  {
    CallbackProbeServer server([&](Context& context, const ::probe::Request&, ::probe::Reply& reply) {
      auto* reactor = new OwnReactor(log);
      ++started;
      helpers.run([&, reactor] {
        gone.wait();
        // Its peer and metadata stay readable until Finish.
        reply.set_number(static_cast<std::int64_t>(context.client_metadata().size()));
        context.AddTrailingMetadata("x-late", "l");
        reactor->Finish(::grpc::Status::OK);
      });
      return reactor;
    });
    {
      auto channel = server->channel();
      std::vector<std::unique_ptr<ProbeCall>> calls;
      for (int i = 0; i < 10; ++i) calls.push_back(std::make_unique<ProbeCall>(channel));
      CHECK(eventually([&] { return started == 10; }));
    }  // cancels the calls, drops the channel
    CHECK(eventually([&] { return (*server)->open_connections() == 0; }));
    CHECK(log.cancelled == 10);
    CHECK(log.done == 0);
    gone.open();
    helpers.join();
    CHECK(eventually([&] { return log.done == 10; }));
  }
  CHECK(log.misordered == 0);
}

TEST_CASE("Callback service: TryCancel from another thread is CANCELLED for the client, whenever it comes") {
  ReactorLog log;
  Helpers helpers;
  {
    CallbackProbeServer server(
        [&](Context& context, const ::probe::Request& request, ::probe::Reply&) {
          const bool finish_too = !request.text().empty();
          OwnReactor* reactor = work_elsewhere(log, helpers, [&context, finish_too](OwnReactor& self) {
            context.TryCancel();
            if (finish_too) self.Finish(::grpc::Status::OK);
          });
          if (!finish_too) reactor->on_cancel = [](OwnReactor& self) { self.finish_in_reaction({}); };
          return reactor;
        },
        workers(2));
    const auto channel = server->channel();
    for (int i = 0; i < 60; ++i) {
      ProbeCall call(channel, request_with(i % 2 == 0 ? "" : "finish too"));
      CHECK(call.status().error_code() == StatusCode::CANCELLED);
    }
    helpers.join();
    CHECK(eventually([&] { return log.done == 60; }));
  }
  CHECK(log.cancelled == 60);
  CHECK(log.misordered == 0);
}

TEST_CASE("Callback service: TryCancel and Finish may race on two threads") {
  ReactorLog log;
  Helpers helpers;
  {
    CallbackProbeServer server([&](Context& context, const ::probe::Request&, ::probe::Reply&) {
      // What OnDone and the canceller agree on: the context may be used until OnDone.
      struct Shared {
        std::mutex mutex;
        bool done = false;
      };
      auto shared = std::make_shared<Shared>();
      auto* reactor = new OwnReactor(log);
      reactor->on_done = [shared] {
        const std::lock_guard lock(shared->mutex);
        shared->done = true;
      };
      reactor->on_metadata_sent = [&, shared](OwnReactor& self) {
        helpers.run([&self] { self.Finish(::grpc::Status::OK); });
        helpers.run([&context, shared] {
          const std::lock_guard lock(shared->mutex);
          if (!shared->done) context.TryCancel();
        });
      };
      reactor->StartSendInitialMetadata();
      return reactor;
    });
    const auto channel = server->channel();
    for (int i = 0; i < 100; ++i) {
      ProbeCall call(channel);
      const StatusCode code = call.status().error_code();
      CHECK((code == StatusCode::OK || code == StatusCode::CANCELLED));
    }
    helpers.join();
    CHECK(eventually([&] { return log.done == 100; }));
  }
  CHECK(log.misordered == 0);
}

}  // namespace hawser::test
