// A streaming method of a stock callback service class. `Call` is ClientStreamingCall, ServerStreamingCall or
// BidiCall; its objects are reused, with the messages in them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "hawser/binding/state_pool.h"
#include "hawser/binding/unary_reply.h"
#include "hawser/server/method.h"
#include "hawser/server/server_call.h"

namespace hawser::binding {

template <class Call, class Handler, class Function>
class CallbackStreamMethod final : public server::Method {
 public:
  /// `handler` isn't owned.
  CallbackStreamMethod(std::string path, Handler& handler, Function function)
      : path_(std::move(path)), handler_(handler), function_(function) {}

  std::string_view path() const override { return path_; }
  void prepare(std::size_t workers) override { pool_.prepare(workers); }
  bool streams_requests() const override { return Call::kStreamsRequests; }

  void start(server::ServerCall& server_call) override {
    // Owned by itself until release().
    Call& call = *pool_.acquire(server_call.worker()).release();
    call.open(server_call, Call::Released::template bind<&CallbackStreamMethod::release>(*this));
    grpc::Status status = call.prepare();
    if (!status.ok()) return call.call().finish_without_reactor(status);
    typename Call::ReactorType* reactor = nullptr;
    try {
      reactor = call.invoke(handler_, function_);
    } catch (...) {  // becomes UNKNOWN: no exception leaves a callback
      return call.call().finish_without_reactor(from_stock(status_of_current_exception()));
    }
    if (reactor == nullptr) {
      return call.call().finish_without_reactor(
          {grpc::StatusCode::kUnimplemented, "the method returned no reactor", {}});
    }
    call.bind(*reactor);
  }

 private:
  void release(typename Call::Base& base) {
    std::unique_ptr<Call> call(static_cast<Call*>(&base));
    const std::size_t worker = call->worker();
    if (call->call().was_cancelled_elsewhere()) {
      call->end_scope();
      return pool_.retire(worker, std::move(call));
    }
    call->close();
    const std::size_t used = call->used_bytes();
    pool_.release(worker, std::move(call), used);
  }

  const std::string path_;
  Handler& handler_;
  const Function function_;
  StatePool<Call> pool_;
};

}  // namespace hawser::binding
