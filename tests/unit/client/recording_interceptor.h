// An interceptor that writes down what it hears, and does what the test says. Its log belongs to the
// channel's loop until the calls that it saw are over.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "hawser/client/interceptor.h"

namespace hawser::test {

class RecordingInterceptor final : public client::Interceptor {
 public:
  RecordingInterceptor(std::string name, std::string& log) : name_(std::move(name)), log_(log) {}

  std::optional<grpc::Status> before(client::CallView& call) override {
    log_ += name_ + "(";
    if (on_before) on_before(call);
    return refuse_with;
  }
  void after(const client::CallView& call, grpc::Status& status) override {
    log_ += name_ + ":" + std::to_string(static_cast<int>(status.code)) + ")";
    if (on_after) on_after(call, status);
  }

  std::optional<grpc::Status> refuse_with;
  std::function<void(client::CallView&)> on_before;
  std::function<void(const client::CallView&, grpc::Status&)> on_after;

 private:
  const std::string name_;
  std::string& log_;
};

}  // namespace hawser::test
