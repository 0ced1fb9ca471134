#include <utility>

#include "hawser/binding/callback_unary_method.h"

namespace hawser::binding {

CallbackUnaryCall::CallbackUnaryCall(server::ServerCall& call, const google::protobuf::MessageLite& response,
                                     ContextBacking& backing, Owner& owner)
    : call_(call),
      response_(response),
      owner_(owner),
      metadata_task_(event::Task::Callback::bind<&CallbackUnaryCall::on_initial_metadata_sent>(*this)),
      cancel_task_(event::Task::Callback::bind<&CallbackUnaryCall::cancel>(*this)) {
  link_context(context_, call, backing, Delegate<void()>::bind<&CallbackUnaryCall::try_cancel>(*this));
}

CallbackUnaryCall::~CallbackUnaryCall() { unlink_context(context_); }

void CallbackUnaryCall::bind(::grpc::ServerUnaryReactor* reactor) {
  if (reactor == nullptr) {
    return finish_without_reactor({grpc::StatusCode::kUnimplemented, "the method returned no reactor", {}});
  }
  reactor_ = reactor;
  // Runs a Finish() that the method has made already, under the reactor's lock: OnDone has to wait for it.
  BindReactor(reactor);
  bound_ = true;
  if (finished_) return end();
  call_.set_cancel_callback(Delegate<void()>::bind<&CallbackUnaryCall::on_cancelled>(*this));
}

void CallbackUnaryCall::finish_without_reactor(grpc::Status status) {
  bound_ = true;
  call_.finish(std::move(status), server::ServerCall::Finished::bind<&CallbackUnaryCall::on_finished>(*this));
}

void CallbackUnaryCall::Finish(::grpc::Status status) {
  call_.leave_handler();
  grpc::Status outcome = prepare_reply(context_, status, response_, call_);
  const auto finished = server::ServerCall::Finished::bind<&CallbackUnaryCall::on_finished>(*this);
  // In the method the end waits for bind(). In a reaction, or in another call's method, OnDone must not come
  // inside of this Finish(): a lock may be held, and the reactor is used again.
  const bool at_once = !call_.is_loop_thread() || (!bound_ && !metadata_pending_ && !is_cancel_pending());
  return at_once ? call_.finish(std::move(outcome), finished)
                 : call_.finish_later(std::move(outcome), finished);
}

void CallbackUnaryCall::SendInitialMetadata() {
  // A unary reply carries its initial metadata in the same flush as its message; the reactor is told from the
  // loop, never from inside its own call. Tasks run in their order, so it hears of this before OnDone.
  if (call_.is_loop_thread()) metadata_pending_ = true;
  if (!call_.post(metadata_task_)) on_initial_metadata_sent();
}

void CallbackUnaryCall::on_initial_metadata_sent() {
  metadata_pending_ = false;
  reactor_->OnSendInitialMetadataDone(!call_.is_cancelled());
}

void CallbackUnaryCall::try_cancel() {
  if (!call_.is_loop_thread()) cancelled_elsewhere_.store(true);
  if (cancel_wanted_.exchange(true)) return;
  if (!call_.post(cancel_task_)) cancel();
}

void CallbackUnaryCall::cancel() {
  cancel_heard_ = true;
  if (done_) return owner_.on_call_done();
  if (!finished_) call_.cancel_by_handler();
}

void CallbackUnaryCall::on_cancelled() {
  mark_cancelled(context_);
  reactor_->OnCancel();
}

void CallbackUnaryCall::on_finished() {
  finished_ = true;
  if (bound_) end();
}

void CallbackUnaryCall::end() {
  if (reactor_ != nullptr) reactor_->OnDone();
  done_ = true;
  // Another thread may have called TryCancel() up to the very OnDone: its task is in the loop's queue.
  if (!is_cancel_pending()) owner_.on_call_done();
}

}  // namespace hawser::binding
