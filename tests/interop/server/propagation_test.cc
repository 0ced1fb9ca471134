// Handlers that call another server on behalf of their own call (P-35): stock grpc++ calls a server of ours,
// whose handlers call a server whose frames the test writes.
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>

#include "hawser/binding/server_context_bridge.h"
#include "hawser/client/channel.h"
#include "hawser/client/unary_call.h"
#include "interop/server/probes.h"
#include "interop/server/streams.h"
#include "unit/client/scripted_server.h"

namespace hawser::test {
namespace {

using client::Channel;
using Context = ::grpc::CallbackServerContext;
using Reactor = ::grpc::ServerUnaryReactor;

constexpr client::UnaryMethod<::probe::Request, ::probe::Reply> kCall{"/probe.Probe/Call"};

client::CallOptions made_for(::grpc::ServerContextBase& context) {
  client::CallOptions options;
  options.parent = binding::scope_of(context);
  return options;
}

/// The server behind, and the channel that handlers have to it.
struct Behind {
  ScriptedPeer& peer() { return accepted ? *accepted : accepted.emplace(server.accept()).greet(); }
  std::string timeout_of(http2::StreamId id) {
    peer().read_request(id);
    return std::string(peer().sent.find(FrameType::kHeaders, id)->header("grpc-timeout"));
  }
  bool was_cancelled(http2::StreamId id) {
    peer().read_until([&] { return peer().sent.find(FrameType::kReset, id) != nullptr; });
    return peer().sent.find(FrameType::kReset, id)->error_code() == http2::ErrorCode::kCancel;
  }
  /// A handler that passes its call on, and its status back.
  Reactor* pass_on(Context& context, const ::probe::Request& request) {
    Reactor* reactor = context.DefaultReactor();
    client::call_async<::probe::Request, ::probe::Reply>(
        *channel, kCall, request, made_for(context), [reactor](client::Reply<::probe::Reply> reply) {
          reactor->Finish({static_cast<::grpc::StatusCode>(reply.status.code), reply.status.message});
        });
    return reactor;
  }

  ScriptedServer server;
  std::unique_ptr<Channel> channel = value_of(Channel::create(server.target()));
  std::optional<ScriptedPeer> accepted;
};

}  // namespace

TEST_CASE_FIXTURE(Behind, "Propagation: the deadline of a call is that of the calls made for it (P-35)") {
  CallbackProbeServer front([this](Context& context, const ::probe::Request& request, ::probe::Reply&) {
    return pass_on(context, request);
  });
  http2::StreamId id = 1;
  for (const bool has_deadline : {true, false}) {
    ProbeCall call(front->channel(), {}, [&](::grpc::ClientContext& context) {
      context.set_deadline(has_deadline ? in_seconds(50) : std::chrono::system_clock::time_point::max());
    });
    const std::string timeout = timeout_of(id);
    CHECK(timeout.back() == (has_deadline ? 'u' : ')'));  // microseconds, or "(none)"
    peer().reply(id, "");
    CHECK(call.status().ok());
    id += 2;
  }
}

TEST_CASE_FIXTURE(Behind, "Propagation: a call that is cancelled cancels those made for it (P-35)") {
  CallbackProbeServer front([this](Context& context, const ::probe::Request& request, ::probe::Reply&) {
    return pass_on(context, request);
  });
  const auto to_front = front->channel();
  for (const http2::StreamId id : {1, 5}) {
    {
      ProbeCall call(to_front);
      peer().read_request(id);
      call.cancel();
      CHECK(was_cancelled(id));
    }
    // The handler's state is used again, with a scope of its own.
    ProbeCall next(to_front);
    peer().read_request(id + 2);
    peer().reply(id + 2, "");
    CHECK(next.status().ok());
  }
}

TEST_CASE_FIXTURE(Behind, "Propagation: a call that is over ends those made for it (P-35)") {
  std::atomic<int> cancelled{0};
  CallbackProbeServer front([&](Context& context, const ::probe::Request& request, ::probe::Reply&) {
    client::call_async<::probe::Request, ::probe::Reply>(
        *channel, kCall, request, made_for(context), [&](client::Reply<::probe::Reply> reply) {
          if (reply.status.code == grpc::StatusCode::kCancelled) ++cancelled;
        });
    Reactor* reactor = context.DefaultReactor();
    reactor->Finish(::grpc::Status::OK);
    return reactor;
  });
  const auto to_front = front->channel();
  for (int i = 1; i <= 20; ++i) {
    ProbeCall call(to_front);
    CHECK(call.status().ok());
    CHECK(eventually([&] { return cancelled == i; }));
  }
}

TEST_CASE_FIXTURE(Behind, "Propagation: a handler may take the deadline and leave the cancellation (P-35)") {
  std::atomic<bool> ended{false};
  std::atomic<bool> ok{false};
  CallbackProbeServer front([&](Context& context, const ::probe::Request& request, ::probe::Reply&) {
    client::CallOptions options = made_for(context);
    options.parent->cancellation = {};
    client::call_async<::probe::Request, ::probe::Reply>(*channel, kCall, request, options,
                                                         [&](client::Reply<::probe::Reply> reply) {
                                                           ok = reply.ok();
                                                           ended = true;
                                                         });
    Reactor* reactor = context.DefaultReactor();
    reactor->Finish(::grpc::Status::OK);
    return reactor;
  });
  ProbeCall call(front->channel(), {},
                 [](::grpc::ClientContext& context) { context.set_deadline(in_seconds(50)); });
  CHECK(call.status().ok());
  CHECK(timeout_of(1).back() == 'u');
  peer().reply(1, "");
  CHECK(eventually([&] { return ended.load(); }));
  CHECK(ok);
}

TEST_CASE_FIXTURE(Behind, "Propagation: a synchronous handler's calls have its deadline (P-35)") {
  SyncProbeServer front(
      [&](::grpc::ServerContext& context, const ::probe::Request& request, ::probe::Reply&) {
        const auto reply = client::call(*channel, kCall, request, made_for(context));
        return ::grpc::Status(static_cast<::grpc::StatusCode>(reply.status.code), reply.status.message);
      });
  ProbeCall call(front->channel(), {},
                 [](::grpc::ClientContext& context) { context.set_deadline(in_seconds(50)); });
  CHECK(timeout_of(1).back() == 'u');
  peer().reply(1, "");
  CHECK(call.status().ok());
}

TEST_CASE_FIXTURE(Behind, "Propagation: a stream that is cancelled cancels the calls made for it (P-35)") {
  StreamsServer front;
  std::atomic<int> cancelled{0};
  front.handler.chat = [&](Context& context) {
    client::call_async<::probe::Request, ::probe::Reply>(
        *channel, kCall, {}, made_for(context), [&](client::Reply<::probe::Reply> reply) {
          if (reply.status.code == grpc::StatusCode::kCancelled) ++cancelled;
        });
    auto* reactor = new ChatReactor(front.log);
    reactor->on_cancel = [reactor] { reactor->finish(::grpc::Status::CANCELLED); };
    return reactor;
  };
  const auto stub = ::probe::Streams::NewStub(front->channel());
  for (const http2::StreamId id : {1, 3, 5}) {
    StreamContext context;
    const auto stream = stub->Chat(&*context);
    peer().read_request(id);
    context->TryCancel();
    CHECK(stream->Finish().error_code() == ::grpc::StatusCode::CANCELLED);
    CHECK(was_cancelled(id));
  }
  CHECK(eventually([&] { return cancelled == 3; }));
}

TEST_CASE("Propagation: the context of a stock server has a deadline to pass on (P-35)") {
  ::grpc::ServerContext plain;
  const CallScope scope = binding::scope_of(plain);
  CHECK(scope.deadline == kNever);
  CHECK_FALSE(scope.cancellation);
}

}  // namespace hawser::test
