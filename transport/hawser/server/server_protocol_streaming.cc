// The streaming half of ServerProtocol: credit for bytes that wait, and answers to handlers.
#include "hawser/server/server_protocol.h"

namespace hawser::server {

void ServerProtocol::on_streamed_data(ServerCall& call, Bytes bytes) {
  call.stream_.on_data(bytes);
  call.continue_read();
  after_read(call, bytes.size());
}

void ServerProtocol::settle_held(ServerCall& call, std::size_t arrived) {
  const std::size_t held = call.stream_.held_bytes();
  std::size_t credit = held_.hold(arrived);
  credit += held_.release(call.held_bytes_ + arrived - held);
  call.held_bytes_ = held;
  if (credit > 0) session_->consume_connection(credit);
}

void ServerProtocol::after_read(ServerCall& call, std::size_t arrived) {
  count_assembly(call);
  settle_held(call, arrived);
  // Bytes that were no message, or a message over a limit: the stream has answered for the handler.
  if (call.running_ && !call.status_sent_ && call.stream_.is_replied()) call.cancel();
  output_ready();
}

void ServerProtocol::deliver_soon(ServerCall& call) {
  due_.push_back(call.due_link_);
  if (!busy_) output_ready();
}

void ServerProtocol::deliver_due() {
  // What handlers ask for meanwhile waits for the next round.
  IntrusiveList<ServerCall::DueLink> now;
  now.take_all(due_);
  while (!now.empty()) now.pop_front().call.deliver();
}

}  // namespace hawser::server
