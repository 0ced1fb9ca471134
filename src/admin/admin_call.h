// One administrative call: waits for its thread, works there, is recorded, replies.
//
//   new AdminCall -> start() on the loop -> refused at once: end()
//                                        -> post() -> run() on the task thread, or give_up() -> end()
//   end(): the observers hear of it, the reply goes out; OnDone frees the call
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <stop_token>
#include <string_view>

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "hawser/base/clock.h"
#include "hawser/base/result.h"
#include "src/access/call_record.h"
#include "src/admin/task_thread.h"

namespace hawser::admin {

/// The service in all records of calls.
inline constexpr std::string_view kServiceName = "crypto.KeyService";

class AdminCall final : public ::grpc::ServerUnaryReactor, public Task {
 public:
  /// Gives the key version that it was about; 0: none. The stop comes when the call is cancelled, too.
  using Work = std::function<Result<std::uint32_t>(const std::stop_token&)>;
  using Observers = std::span<access::CallObserver* const>;

  /// What is known when it arrives. Observers outlive the call.
  AdminCall(::grpc::CallbackServerContext& context, access::CallRecord record, Observers observers);

  /// `permission`: what the policy says. Ends the call, or hands it to the thread. Once.
  void start(const Result<void>& permission, TaskThread& thread, Work work);

  void run(const std::stop_token& stop) override;
  void give_up() override;

 private:
  void OnCancel() override { stop_.request_stop(); }
  void OnDone() override { delete this; }

  Result<void> reserve();
  bool is_late() const { return std::chrono::system_clock::now() >= deadline_; }
  Result<void> check_still_wanted() const;
  /// The call may be gone when it returns.
  void end(const Result<void>& result);

  const std::chrono::system_clock::time_point deadline_;
  const Instant arrived_;
  access::CallRecord record_;
  const Observers observers_;
  std::size_t reserved_ = 0;  // how many of them hear of it
  Work work_;
  std::stop_source stop_;
};

}  // namespace hawser::admin
