// A method of a stock synchronous service class, called on the loop: parse into a reused message, a context
// on the stack of the call, the generated virtual method, serialise in place, finish.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include <grpcpp/server_context.h>

#include "hawser/binding/server_context_bridge.h"
#include "hawser/binding/state_pool.h"
#include "hawser/binding/unary_reply.h"
#include "hawser/server/method.h"
#include "hawser/server/server_call.h"

namespace hawser::binding {

template <class Handler, class Owner, class Request, class Response>
class UnaryMethod final : public server::Method {
 public:
  using Function = ::grpc::Status (Owner::*)(::grpc::ServerContext*, const Request*, Response*);

  /// `handler` isn't owned.
  UnaryMethod(std::string path, Handler& handler, Function function)
      : path_(std::move(path)), handler_(handler), function_(function) {}

  std::string_view path() const override { return path_; }
  void prepare(std::size_t workers) override { pool_.prepare(workers); }

  void start(server::ServerCall& call) override {
    const std::size_t worker = call.worker();
    const std::size_t request_bytes = call.request().size();
    std::unique_ptr<State> state = pool_.acquire(worker);
    grpc::Status status = parse_request(call, state->request);
    if (status.ok()) status = run(call, *state);
    // In this order: finishing may hand the call to somebody else.
    const std::size_t used = std::max<std::size_t>(request_bytes, state->response.GetCachedSize());
    call.finish(std::move(status));
    pool_.release(worker, std::move(state), used);
  }

 private:
  struct State {
    // A synchronous handler holds the loop, so nothing reaches the client before it returns.
    void try_cancel() {
      cancelled.store(true);
      mark_cancelled(*backing.context);
    }

    Request request;
    Response response;
    ContextBacking backing;
    std::atomic<bool> cancelled{false};
  };

  grpc::Status run(server::ServerCall& call, State& state) {
    state.response.Clear();
    ::grpc::ServerContext context;
    state.cancelled.store(false, std::memory_order_relaxed);
    link_context(context, call, state.backing, Delegate<void()>::bind<&State::try_cancel>(state));
    ::grpc::Status result;
    call.enter_handler();
    try {
      result = (handler_.*function_)(&context, &state.request, &state.response);
    } catch (...) {  // becomes UNKNOWN: no exception leaves a callback
      result = status_of_current_exception();
    }
    call.leave_handler();
    if (state.cancelled.load() && result.ok()) result = cancelled_by_handler();
    grpc::Status status = prepare_reply(context, result, state.response, call);
    unlink_context(context);
    return status;
  }

  const std::string path_;
  Handler& handler_;
  const Function function_;
  StatePool<State> pool_;
};

}  // namespace hawser::binding
