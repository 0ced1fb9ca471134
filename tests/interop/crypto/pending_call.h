// A Sign call under way, by the callback API of a stock stub.
#pragma once

#include <future>
#include <string>

#include "interop/crypto/crypto_calls.h"

namespace hawser::test {

class PendingCall final {
 public:
  /// `timeout` 0: none.
  PendingCall(CryptoStub& stub, ::crypto::SignRequest request,
              std::chrono::microseconds timeout = std::chrono::microseconds(0))
      : request_(std::move(request)) {
    if (timeout.count() > 0) context_.set_deadline(std::chrono::system_clock::now() + timeout);
    stub.async()->Sign(&context_, &request_, &response_,
                       [this](::grpc::Status status) { done_.set_value(std::move(status)); });
  }
  PendingCall(const PendingCall&) = delete;
  PendingCall& operator=(const PendingCall&) = delete;
  ~PendingCall() {
    context_.TryCancel();
    if (future_.valid()) future_.wait();
  }

  void cancel() { context_.TryCancel(); }
  ::grpc::Status wait() { return future_.get(); }
  const ::crypto::SignRequest& request() const { return request_; }
  const ::crypto::SignResponse& response() const { return response_; }

 private:
  ::grpc::ClientContext context_;
  ::crypto::SignRequest request_;
  ::crypto::SignResponse response_;
  std::promise<::grpc::Status> done_;
  std::future<::grpc::Status> future_ = done_.get_future();
};

}  // namespace hawser::test
