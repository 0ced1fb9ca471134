#include "interop/server/probes.h"

#include "hawser/binding/service_binding.h"

namespace hawser::test {

SyncProbeServer::SyncProbeServer(SyncProbe::Function function, const server::ServerOptions& options,
                                 const server::ListenOptions& listen_options)
    : probe_(std::move(function)),
      server_(
          [this](server::Server& server) {
            binding::ServiceBinding<::probe::Probe, SyncProbe> service(probe_);
            return service.unary("Call", &SyncProbe::Call)
                .unimplemented("Other")
                .unimplemented("Watch")
                .add_to(server);
          },
          options, listen_options) {}

CallbackProbeServer::CallbackProbeServer(CallbackProbe::Function function,
                                         const server::ServerOptions& options)
    : probe_(std::move(function)),
      server_(
          [this](server::Server& server) {
            binding::ServiceBinding<::probe::Probe, CallbackProbe> service(probe_);
            return service.callback_unary("Call", &CallbackProbe::Call)
                .unimplemented("Other")
                .unimplemented("Watch")
                .add_to(server);
          },
          options) {}

ProbeCall::ProbeCall(const std::shared_ptr<::grpc::Channel>& channel, ::probe::Request request,
                     const std::function<void(::grpc::ClientContext&)>& prepare)
    : stub_(::probe::Probe::NewStub(channel)), request_(std::move(request)) {
  context_.set_deadline(in_seconds(60));
  if (prepare) prepare(context_);
  stub_->async()->Call(&context_, &request_, &reply_, [this, done = done_](::grpc::Status status) {
    status_ = std::move(status);
    done->store(true);
    done->notify_all();
  });
}

ProbeCall::~ProbeCall() {
  if (!is_done()) cancel();
  done_->wait(false);
}

const ::grpc::Status& ProbeCall::status() {
  done_->wait(false);
  return status_;
}

const ::probe::Reply& ProbeCall::reply() {
  done_->wait(false);
  return reply_;
}

}  // namespace hawser::test
