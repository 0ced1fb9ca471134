#include "hawser/server/server_call.h"

#include <utility>

#include "hawser/event/loop.h"
#include "hawser/grpc/metadata.h"
#include "hawser/server/call_pool.h"
#include "hawser/server/server_protocol.h"

namespace hawser::server {

ServerCall::ServerCall(CallPool& pool, event::Loop* loop, std::size_t worker)
    : pool_(pool),
      loop_(loop),
      worker_(worker),
      finish_task_(event::Task::Callback::bind<&ServerCall::finish_on_loop>(*this)),
      due_task_(event::Task::Callback::bind<&ServerCall::on_due_task>(*this)) {}

void ServerCall::open(ServerProtocol& protocol, SharedPeer& peer, Instant now, std::size_t max_send_bytes) {
  protocol_ = &protocol;
  peer_ = &peer;
  peer_->retain();
  opened_at_ = now;
  max_send_bytes_ = max_send_bytes;
  in_stream_ = true;
}

void ServerCall::recycle() {
  unlink();
  peer_->release();
  peer_ = nullptr;
  protocol_ = nullptr;
  method_ = nullptr;
  deadline = body_deadline_ = kNever;
  assembly_bytes_ = 0;
  intercepted_ = 0;
  stalled_ = 0;
  in_stream_ = running_ = reply_given_ = status_sent_ = false;
  cancelled_.store(false, std::memory_order_relaxed);
  cancel_callback_ = {};
  final_status_ = {};
  timing_.stop();
}

void ServerCall::cancel() {
  if (cancelled_.exchange(true, std::memory_order_acq_rel)) return;
  if (events_ != nullptr) answer_all();
  if (cancel_callback_) cancel_callback_();
}

void ServerCall::set_cancel_callback(Delegate<void()> callback) {
  cancel_callback_ = callback;
  if (is_cancelled()) callback();
}

Result<MutableBytes> ServerCall::begin_message(std::size_t size) {
  if (size > max_send_bytes_) {
    return tl::unexpected<Error>(
        Error{ErrorScope::kStream, static_cast<int>(grpc::StatusCode::kResourceExhausted),
              "reply of " + std::to_string(size) + " bytes is over the send limit of " +
                  std::to_string(max_send_bytes_)});
  }
  return stream_.begin_message(size);
}

Result<void> ServerCall::add_initial_metadata(std::string_view name, std::string_view value) {
  Result<void> checked = grpc::check_metadata(name, value);
  // Once sent, the session may still look at the fields.
  if (checked && !stream_.has_sent_headers()) {
    grpc::append_metadata(stream_.initial_metadata(), name, value);
  }
  return checked;
}

Result<void> ServerCall::add_trailing_metadata(std::string_view name, std::string_view value) {
  Result<void> checked = grpc::check_trailing_metadata(name, value);
  if (checked) grpc::append_metadata(stream_.trailing_metadata(), name, value);
  return checked;
}

void ServerCall::finish(grpc::Status status, Finished finished) {
  timing_.leave_handler();
  final_status_ = std::move(status);
  finished_ = finished;
  if (is_loop_thread()) {
    finish_on_loop();
  } else {
    loop_->post(finish_task_);
  }
}

void ServerCall::finish_later(grpc::Status status, Finished finished) {
  if (loop_ == nullptr) return finish(std::move(status), finished);
  timing_.leave_handler();
  final_status_ = std::move(status);
  finished_ = finished;
  loop_->post(finish_task_);
}

bool ServerCall::is_loop_thread() const { return loop_ == nullptr || loop_->is_loop_thread(); }

std::uint64_t ServerCall::loop_turn() const { return loop_ == nullptr ? 0 : loop_->turn(); }

void ServerCall::cancel_by_handler() {
  if (in_stream_) protocol_->cancel_call(*this);
  cancel();
}

bool ServerCall::post(event::Task& task) {
  if (loop_ == nullptr) return false;
  loop_->post(task);
  return true;
}

void ServerCall::finish_on_loop() {
  running_ = false;
  cancel_callback_ = {};
  if (events_ != nullptr) end_events();
  if (protocol_ != nullptr) protocol_->on_call_finished(*this);
  // The handler's context points into the call until this returns.
  if (finished_) std::exchange(finished_, {})();
  let_go();
}

void ServerCall::let_go() {
  if (!in_stream_ && !running_ && !due_posted_ && !delivering_) pool_.release(*this);
}

}  // namespace hawser::server
