// What the three kinds of streaming call object have in common: between a stock reactor and a StreamCall.
//
// `StockCall` is grpc++'s abstract call (ServerCallbackReader, -Writer, -ReaderWriter), `Reactor` the reactor
// that it drives. grpc++'s own counting of outstanding callbacks isn't used: it would run reactions on
// grpc-core's threads.
#pragma once

#include <cstddef>
#include <optional>

#include <grpcpp/support/server_callback.h>

#include "hawser/base/delegate.h"
#include "hawser/binding/stream_call.h"

namespace hawser::binding {

/// What WriteOptions say that means something here.
inline grpc::Compress compress_of(const ::grpc::WriteOptions& options) {
  return options.get_no_compression() ? grpc::Compress::kNever : grpc::Compress::kAsCall;
}

template <class StockCall, class Reactor>
class CallbackStreamCall : public StockCall, protected StreamCall::Reactions {
 public:
  using Base = CallbackStreamCall;
  using ReactorType = Reactor;
  using Released = Delegate<void(CallbackStreamCall&)>;

  /// Begins a call; `released` comes once, as the last of it.
  void open(server::ServerCall& server_call, Released released) {
    worker_ = server_call.worker();
    released_ = released;
    StreamCall::Reactions& reactions = *this;
    call_.emplace(server_call, backing_, reactions);
  }
  /// Takes the handler's reactor.
  void bind(Reactor& reactor) {
    reactor_ = &reactor;
    this->BindReactor(&reactor);
    call_->bound();
  }
  /// Before the state is used for another call.
  void close() {
    call_.reset();
    reactor_ = nullptr;
  }
  /// When it isn't used again.
  void end_scope() { backing_.info.end_scope(); }
  StreamCall& call() { return *call_; }
  std::size_t worker() const { return worker_; }

  // Of StockCall: called by the reactor, from any thread.
  void SendInitialMetadata() override { call_->send_initial_metadata(); }

 protected:
  Reactor& bound_reactor() { return *reactor_; }

 private:
  ::grpc::internal::ServerReactor* reactor() override { return reactor_; }
  void CallOnDone() override {}

  void on_metadata_sent(bool ok) override { reactor_->OnSendInitialMetadataDone(ok); }
  void on_cancel() override { reactor_->OnCancel(); }
  void on_done() override { reactor_->OnDone(); }
  void on_released() override { released_(*this); }

  std::size_t worker_ = 0;
  Reactor* reactor_ = nullptr;
  Released released_;
  ContextBacking backing_;
  std::optional<StreamCall> call_;
};

}  // namespace hawser::binding
