// A method of a stock callback service class: our call object stands where grpc++'s own would and drives the
// reactor that the method returns.
//
// Life of one call, all on the loop but Finish():
//
//   start -> the method returns a reactor -> bind -> ... Finish(status), from any thread ... -> on_finished
//                                               -> OnDone, when bound and finished; the state is reused
//
// OnCancel comes at most once, between bind and OnDone. The other three kinds of call derive from
// ServerCallbackReader, -Writer and -ReaderWriter in the same way (docs/architecture.md).
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "hawser/binding/server_context_bridge.h"
#include "hawser/binding/state_pool.h"
#include "hawser/binding/unary_reply.h"
#include "hawser/server/method.h"
#include "hawser/server/server_call.h"

namespace hawser::binding {

/// The part that does not depend on message types. Used by one CallbackUnaryMethod, which owns it.
class CallbackUnaryCall final : public ::grpc::ServerCallbackUnary {
 public:
  /// Where the state goes back to, once the reactor has had its OnDone.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_call_done() = 0;
  };

  CallbackUnaryCall(server::ServerCall& call, const google::protobuf::MessageLite& response,
                    ContextBacking& backing, Owner& owner);
  ~CallbackUnaryCall() override;

  ::grpc::CallbackServerContext& context() { return context_; }
  /// Takes the method's reactor. A null reactor ends the call with UNIMPLEMENTED, as in grpc++.
  void bind(::grpc::ServerUnaryReactor* reactor);
  /// The method threw, or the request did not parse: there is no reactor.
  void finish_without_reactor(grpc::Status status);

  /// A thread that isn't the loop's has called TryCancel() and may still be on its way out of it, which leads
  /// through the context: the call may be over by then.
  bool was_cancelled_elsewhere() const { return cancelled_elsewhere_.load(); }

  // ::grpc::ServerCallbackUnary: called by the reactor, from any thread.
  void Finish(::grpc::Status status) override;
  void SendInitialMetadata() override;

 private:
  ::grpc::internal::ServerReactor* reactor() override { return reactor_; }
  // grpc++'s own counting of outstanding callbacks isn't used: it would run reactions on grpc-core's threads.
  void CallOnDone() override {}

  void on_initial_metadata_sent();
  void try_cancel();  // any thread
  void cancel();
  bool is_cancel_pending() const { return cancel_wanted_.load() && !cancel_heard_; }
  void on_cancelled();
  void on_finished();
  void end();

  server::ServerCall& call_;
  const google::protobuf::MessageLite& response_;
  Owner& owner_;
  ::grpc::CallbackServerContext context_;
  ::grpc::ServerUnaryReactor* reactor_ = nullptr;
  bool bound_ = false;
  bool finished_ = false;
  bool metadata_pending_ = false;  // metadata_task_ was posted by the loop's thread and has to run
  bool done_ = false;
  std::atomic<bool> cancelled_elsewhere_{false};
  std::atomic<bool> cancel_wanted_{false};  // cancel_task_ was posted
  bool cancel_heard_ = false;               // and has run
  event::Task metadata_task_;
  event::Task cancel_task_;
};

template <class Handler, class HandlerBase, class Request, class Response>
class CallbackUnaryMethod final : public server::Method {
 public:
  using Function = ::grpc::ServerUnaryReactor* (HandlerBase::*)(::grpc::CallbackServerContext*,
                                                                const Request*, Response*);

  /// `handler` isn't owned.
  CallbackUnaryMethod(std::string path, Handler& handler, Function function)
      : path_(std::move(path)), handler_(handler), function_(function) {}

  std::string_view path() const override { return path_; }
  void prepare(std::size_t workers) override { pool_.prepare(workers); }

  void start(server::ServerCall& call) override {
    // Owned by itself until on_call_done().
    State& state = *pool_.acquire(call.worker()).release();
    state.open(*this, call);
    grpc::Status status = parse_request(call, state.request);
    if (!status.ok()) return state.call->finish_without_reactor(std::move(status));
    ::grpc::ServerUnaryReactor* reactor = nullptr;
    call.enter_handler();
    try {
      reactor = (handler_.*function_)(&state.call->context(), &state.request, &state.response);
    } catch (...) {  // becomes UNKNOWN: no exception leaves a callback
      return state.call->finish_without_reactor(from_stock(status_of_current_exception()));
    }
    state.call->bind(reactor);
  }

 private:
  struct State final : CallbackUnaryCall::Owner {
    void open(CallbackUnaryMethod& owner, server::ServerCall& server_call) {
      method = &owner;
      worker = server_call.worker();
      request_bytes = server_call.request().size();
      response.Clear();
      call.emplace(server_call, response, backing, *this);
    }
    void on_call_done() override {
      if (call->was_cancelled_elsewhere()) {
        backing.info.end_scope();
        return method->pool_.retire(worker, std::unique_ptr<State>(this));
      }
      const std::size_t used = std::max<std::size_t>(request_bytes, response.GetCachedSize());
      call.reset();
      method->pool_.release(worker, std::unique_ptr<State>(this), used);
    }

    CallbackUnaryMethod* method = nullptr;
    std::size_t worker = 0;
    std::size_t request_bytes = 0;
    Request request;
    Response response;
    ContextBacking backing;
    std::optional<CallbackUnaryCall> call;
  };

  const std::string path_;
  Handler& handler_;
  const Function function_;
  StatePool<State> pool_;
};

}  // namespace hawser::binding
