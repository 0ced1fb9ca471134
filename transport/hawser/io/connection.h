// The pump between one socket and one protocol: the only code that moves bytes of a connection.
//
// States:
//   kOpen       reading and writing; the watch is registered
//   kFlushing   the protocol is finished: no more reading, what is queued is still being sent
//   kLingering  all is sent and the write side is shut (not on VSOCK of any kind, CONFORMANCE V-13): input
//               is read and dropped until the peer closes or kLinger has passed, so that a reset doesn't
//               overtake a GOAWAY (RFC 9112 9.6)
//   kClosed     the protocol was told (disconnected), the descriptor is closed, the owner was told; the
//               owner destroys the object in the reap step of the turn
//
// When the peer ends its input, what the protocol has ready is offered to the socket once, then the
// connection closes. When a write fails, what the peer had sent before that is read first: on VSOCK the end
// of a connection may be known before its last bytes were read (CONFORMANCE V-23).
//
// Reading stops while Protocol::kOutputHighWater bytes are queued and the protocol holds back too much
// (Protocol::is_backlogged, CONFORMANCE S-16), and after kTurnBudget bytes in one turn, so that one peer
// can't keep the loop (S-25). Each turn writes once. A connection with queued bytes that makes no progress
// for write_timeout is closed (S-17).
//
// Threads: the loop's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "hawser/base/byte_queue.h"
#include "hawser/base/clock.h"
#include "hawser/base/delegate.h"
#include "hawser/base/intrusive_list.h"
#include "hawser/base/unique_fd.h"
#include "hawser/event/fd_watch.h"
#include "hawser/event/timer.h"
#include "hawser/event/turn_hook.h"
#include "hawser/io/protocol.h"
#include "hawser/net/socket.h"
#include "hawser/net/socket_address.h"
#include "hawser/net/vsock_options.h"

namespace hawser::event {
class Loop;
}

namespace hawser::io {

struct ConnectionOptions {
  Duration write_timeout = std::chrono::seconds(30);
  /// net::VsockOptions::send_bytes.
  std::size_t vsock_send_bytes = net::VsockOptions{}.send_bytes;
};

class Connection final : public OutputNotifier, public ListLink {
 public:
  static constexpr std::size_t kTurnBudget = 256 * 1024;
  static constexpr Duration kLinger = std::chrono::seconds(1);

  /// Called once, in the reap step of the turn in which the connection closed: destroy it here.
  using Closed = Delegate<void(Connection&)>;

  Connection(event::Loop& loop, UniqueFd fd, net::Family family, std::unique_ptr<Protocol> protocol,
             const ConnectionOptions& options, Closed closed);
  /// An open connection is closed; the protocol is told, the owner isn't called.
  ~Connection() override;

  /// Registers with the loop; the protocol's first bytes are sent at the end of the turn. On failure the
  /// protocol was told and `closed` isn't called: destroy the object.
  Result<void> start();
  /// Closes without sending what is queued; `reason` goes to the protocol. From inside a call of the
  /// protocol it takes effect when that call returns, so disconnected() stays the last one.
  void abort(const Error& reason);
  /// For connections that are quiet (Protocol::give_memory_back). Not from inside a call of the protocol.
  void give_memory_back();
  bool is_closed() const { return state_ == State::kClosed; }
  Protocol& protocol() { return *protocol_; }
  std::uint64_t bytes_received() const { return bytes_received_; }
  std::uint64_t bytes_sent() const { return bytes_sent_; }

  void on_output_ready() override;

 private:
  enum class State { kOpen, kFlushing, kLingering, kClosed };

  void on_ready(event::Readiness readiness);
  void read();
  void take_input(Bytes bytes);
  void flush();
  bool drain();
  void return_block();
  void answer_part();
  net::Transfer send_once();
  bool send_output();
  void fail_output(int error_number);
  bool read_rest();
  void after_flush(bool all_drained);
  void linger();
  void on_timer();
  void arm_timer();
  void close(const Error& reason);
  void on_reap();
  template <class Call>
  bool call_protocol(Call call);

  event::Loop& loop_;
  UniqueFd fd_;
  net::Family family_;
  std::unique_ptr<Protocol> protocol_;
  ConnectionOptions options_;
  Closed closed_;
  State state_ = State::kOpen;
  bool readable_ = false;  // remembered edges: true until the kernel says would-block
  bool writable_ = true;
  std::uint64_t budget_turn_ = 0;
  std::size_t budget_ = 0;  // bytes that may still be read in that turn
  bool hangup_ = false;
  bool end_of_input_ = false;
  bool attached_ = false;
  bool in_protocol_ = false;
  std::optional<Error> abort_reason_;  // abort() came while in_protocol_
  ByteQueue output_;
  Instant write_deadline_ = kNever;  // set while output_ waits for the peer
  Instant linger_deadline_ = kNever;
  Instant retry_at_ = kNever;  // the kernel had no memory for a write: no edge will come
  std::uint64_t bytes_received_ = 0;
  std::uint64_t bytes_sent_ = 0;
  event::FdWatch watch_;
  event::Timer timer_;
  event::TurnHook read_hook_;
  event::TurnHook flush_hook_;
  event::TurnHook reap_hook_;
};

}  // namespace hawser::io
