// Servers whose one handler is a function of the test's.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include "interop/server/running_server.h"
#include "probe.grpc.pb.h"

namespace hawser::test {

/// Probe.Call by the synchronous class.
class SyncProbe final : public ::probe::Probe::Service {
 public:
  using Function =
      std::function<::grpc::Status(::grpc::ServerContext&, const ::probe::Request&, ::probe::Reply&)>;
  explicit SyncProbe(Function function) : function_(std::move(function)) {}
  ::grpc::Status Call(::grpc::ServerContext* context, const ::probe::Request* request,
                      ::probe::Reply* reply) override {
    return function_(*context, *request, *reply);
  }

 private:
  Function function_;
};

/// Probe.Call by the callback class.
class CallbackProbe final : public ::probe::Probe::CallbackService {
 public:
  using Function = std::function<::grpc::ServerUnaryReactor*(::grpc::CallbackServerContext&,
                                                             const ::probe::Request&, ::probe::Reply&)>;
  explicit CallbackProbe(Function function) : function_(std::move(function)) {}
  ::grpc::ServerUnaryReactor* Call(::grpc::CallbackServerContext* context, const ::probe::Request* request,
                                   ::probe::Reply* reply) override {
    return function_(*context, *request, *reply);
  }

 private:
  Function function_;
};

class SyncProbeServer final {
 public:
  explicit SyncProbeServer(SyncProbe::Function function, const server::ServerOptions& options = workers(1),
                           const server::ListenOptions& listen_options = {});
  RunningServer& operator*() { return server_; }
  RunningServer* operator->() { return &server_; }

 private:
  SyncProbe probe_;
  RunningServer server_;
};

class CallbackProbeServer final {
 public:
  explicit CallbackProbeServer(CallbackProbe::Function function,
                               const server::ServerOptions& options = workers(1));
  RunningServer& operator*() { return server_; }
  RunningServer* operator->() { return &server_; }

 private:
  CallbackProbe probe_;
  RunningServer server_;
};

/// One call from its beginning to its end, on a thread of grpc++'s: so that a test can act meanwhile.
class ProbeCall final {
 public:
  explicit ProbeCall(const std::shared_ptr<::grpc::Channel>& channel, ::probe::Request request = {},
                     const std::function<void(::grpc::ClientContext&)>& prepare = {});
  /// Cancels what still runs and waits for it.
  ~ProbeCall();
  ProbeCall(const ProbeCall&) = delete;
  ProbeCall& operator=(const ProbeCall&) = delete;

  void cancel() { context_.TryCancel(); }
  bool is_done() const { return done_->load(); }
  /// Waits for the end.
  const ::grpc::Status& status();
  const ::probe::Reply& reply();
  ::grpc::ClientContext& context() { return context_; }

 private:
  std::unique_ptr<::probe::Probe::Stub> stub_;
  ::grpc::ClientContext context_;
  ::probe::Request request_;
  ::probe::Reply reply_;
  ::grpc::Status status_;
  std::shared_ptr<std::atomic<bool>> done_ = std::make_shared<std::atomic<bool>>(false);
};

inline ::probe::Request request_with(std::string text) {
  ::probe::Request request;
  request.set_text(std::move(text));
  return request;
}

}  // namespace hawser::test
