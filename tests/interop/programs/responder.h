// The half of a streaming reactor that writes the responses that a request asks for, in order, each after its
// interval_us. `Reactor` is ServerWriteReactor or ServerBidiReactor.
//
//   respond(request) -> StartWrite … OnWriteDone -> … -> on_responded()
//
// One request at a time. A call that ends before is finished here.
#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include <grpcpp/alarm.h>
#include <grpcpp/support/server_callback.h>

#include "grpc/testing/messages.pb.h"

namespace hawser::interop {

template <class Reactor>
class Responder : public Reactor {
 public:
  void OnWriteDone(bool ok) final {
    if (!ok) return this->Finish(cancelled());
    ++next_;
    respond_next();
  }
  void OnCancel() final {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    alarm_.Cancel();
  }
  void OnDone() final { delete this; }

 protected:
  /// `request` stays until on_responded().
  void respond(const ::grpc::testing::StreamingOutputCallRequest& request) {
    request_ = &request;
    next_ = 0;
    respond_next();
  }
  virtual void on_responded() = 0;
  static ::grpc::Status cancelled() { return {::grpc::StatusCode::CANCELLED, "the call was cancelled"}; }

 private:
  void respond_next() {
    if (next_ == request_->response_parameters_size()) return on_responded();
    const int wait_us = request_->response_parameters(next_).interval_us();
    if (wait_us <= 0) return write();
    const std::lock_guard lock(mutex_);
    if (cancelled_) return this->Finish(cancelled());
    alarm_.Set(std::chrono::system_clock::now() + std::chrono::microseconds(wait_us), [this](bool in_time) {
      if (in_time) return write();
      this->Finish(cancelled());
    });
  }

  void write() {
    const ::grpc::testing::ResponseParameters& wanted = request_->response_parameters(next_);
    if (wanted.size() < 0) {
      return this->Finish({::grpc::StatusCode::INVALID_ARGUMENT, "a response of less than no bytes"});
    }
    response_.mutable_payload()->set_body(std::string(static_cast<std::size_t>(wanted.size()), '\0'));
    ::grpc::WriteOptions options;
    if (!wanted.compressed().value()) options.set_no_compression();
    this->StartWrite(&response_, options);
  }

  const ::grpc::testing::StreamingOutputCallRequest* request_ = nullptr;
  int next_ = 0;
  ::grpc::testing::StreamingOutputCallResponse response_;
  std::mutex mutex_;        // OnCancel comes beside the other reactions
  bool cancelled_ = false;  // guarded by mutex_
  ::grpc::Alarm alarm_;     // guarded by mutex_
};

}  // namespace hawser::interop
