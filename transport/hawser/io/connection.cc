#include "hawser/io/connection.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "hawser/event/loop.h"
#include "hawser/net/socket.h"

namespace hawser::io {
namespace {

using Outcome = net::Transfer::Outcome;

/// After ENOBUFS on VSOCK (CONFORMANCE V-12).
constexpr Duration kRetryWrite = std::chrono::milliseconds(5);

/// Of what was read at once, as much is given to the protocol before its answers are sent.
constexpr std::size_t kAnsweredAtOnce = 4 * 1024;
/// Of at most event::Loop::kScratchBytes each, once a write has failed.
constexpr int kRestReads = 64;

Error peer_closed() { return Error{ErrorScope::kIo, 0, "the peer closed the connection"}; }

Error socket_failed(int error_number, std::string_view what) { return io_error(error_number, what).value(); }

}  // namespace

Connection::Connection(event::Loop& loop, UniqueFd fd, net::Family family, std::unique_ptr<Protocol> protocol,
                       const ConnectionOptions& options, Closed closed)
    : loop_(loop),
      fd_(std::move(fd)),
      family_(family),
      protocol_(std::move(protocol)),
      options_(options),
      closed_(closed),
      watch_(loop, fd_.get(), event::FdWatch::Callback::bind<&Connection::on_ready>(*this)),
      timer_(loop, event::Timer::Callback::bind<&Connection::on_timer>(*this)),
      read_hook_(loop, event::TurnHook::When::kNextTurn,
                 event::TurnHook::Callback::bind<&Connection::read>(*this)),
      flush_hook_(loop, event::TurnHook::When::kFlush,
                  event::TurnHook::Callback::bind<&Connection::flush>(*this)),
      reap_hook_(loop, event::TurnHook::When::kReap,
                 event::TurnHook::Callback::bind<&Connection::on_reap>(*this)) {}

Connection::~Connection() { close(Error{ErrorScope::kIo, ECANCELED, "the connection was given up"}); }

Result<void> Connection::start() {
  attached_ = true;
  protocol_->attach(*this);
  if (Result<void> watching = watch_.start_reading(); !watching) {
    close(watching.error());
    reap_hook_.cancel();
    return watching;
  }
  flush_hook_.schedule();
  return {};
}

void Connection::abort(const Error& reason) {
  if (in_protocol_) {
    if (!abort_reason_) abort_reason_ = reason;
  } else {
    close(reason);
  }
}

void Connection::give_memory_back() {
  if (state_ != State::kOpen || !output_.empty()) return;
  output_.release();
  call_protocol([this] { protocol_->give_memory_back(); });
}

void Connection::on_output_ready() {
  if (state_ == State::kOpen) flush_hook_.schedule();
}

/// False when the connection is closed afterwards.
template <class Call>
bool Connection::call_protocol(Call call) {
  in_protocol_ = true;
  call();
  in_protocol_ = false;
  if (abort_reason_) close(*abort_reason_);
  return state_ != State::kClosed;
}

void Connection::on_ready(event::Readiness readiness) {
  readable_ = readable_ || readiness.readable;
  writable_ = writable_ || readiness.writable;
  hangup_ = hangup_ || readiness.hangup || readiness.error;
  if (readiness.writable && !output_.empty()) flush_hook_.schedule();
  read();
  // What was read here is answered here, while its calls are in the cache; at the end of the turn the calls
  // of all connections would be live at once. Only output that comes from elsewhere waits for the hook.
  if (!flush_hook_.is_scheduled()) return;
  flush_hook_.cancel();
  flush();
}

void Connection::read() {
  if (std::exchange(budget_turn_, loop_.turn()) != loop_.turn()) budget_ = kTurnBudget;
  while (readable_ && !end_of_input_ && (state_ == State::kOpen || state_ == State::kLingering)) {
    if (output_.size() >= Protocol::kOutputHighWater && protocol_->is_backlogged())
      return;  // after_flush() goes on
    if (budget_ == 0) return read_hook_.schedule();
    const MutableBytes scratch = loop_.scratch().first(std::min(loop_.scratch().size(), budget_));
    const net::Transfer transfer = net::receive(fd_.get(), scratch);
    switch (transfer.outcome) {
      case Outcome::kDone:
        budget_ -= transfer.size;
        // A short read is the end of what is there (epoll(7)), unless the end of input is behind it, which
        // may have come with the same edge.
        if (transfer.size < scratch.size() && !hangup_) readable_ = false;
        take_input(scratch.first(transfer.size));
        break;
      case Outcome::kWouldBlock:
        readable_ = false;
        break;
      case Outcome::kEndOfInput:
        if (state_ == State::kLingering) return close(peer_closed());
        end_of_input_ = true;
        flush_hook_.schedule();
        break;
      case Outcome::kFailed:
        return close(socket_failed(transfer.error_number, "read from the peer"));
    }
  }
}

void Connection::take_input(Bytes bytes) {
  bytes_received_ += bytes.size();
  if (state_ != State::kOpen) return;
  const Instant now = loop_.refresh_now();
  // Answers to the first leave before the rest is looked at, so that the peer has something to do meanwhile.
  while (bytes.size() > kAnsweredAtOnce) {
    const Bytes part = bytes.first(kAnsweredAtOnce);
    bytes = bytes.subspan(part.size());
    if (!call_protocol([&] { protocol_->receive(part, now); })) return;
    answer_part();
    if (state_ != State::kOpen) return;
  }
  if (call_protocol([&] { protocol_->receive(bytes, now); })) flush_hook_.schedule();
}

/// A failure is left to flush(): it would close the connection, and there is input to be looked at before.
void Connection::answer_part() {
  drain();
  if (state_ == State::kOpen && writable_ && !output_.empty()) send_once();
  return_block();
}

void Connection::flush() {
  const bool all_drained = drain();
  if (state_ != State::kClosed && send_output()) after_flush(all_drained);
  return_block();
}

/// Output that was sent leaves a block of memory, which is of use to others now.
void Connection::return_block() {
  if (!output_.empty() || output_.capacity() == 0) return;
  if (output_.capacity() > loop_.spare_output().capacity()) {
    loop_.spare_output() = std::move(output_);
  } else {
    output_.release();
  }
}

/// False when the protocol may have more than output_ can hold.
bool Connection::drain() {
  if (state_ != State::kOpen) return true;
  if (output_.size() >= Protocol::kOutputHighWater) return false;
  if (output_.capacity() == 0) output_ = std::move(loop_.spare_output());
  call_protocol([this] { protocol_->drain(output_, loop_.now()); });
  return output_.size() < Protocol::kOutputHighWater;
}

net::Transfer Connection::send_once() {
  const net::Transfer transfer = net::send(fd_.get(), family_, output_.readable(), options_.vsock_send_bytes);
  if (transfer.outcome == Outcome::kDone) {
    output_.consume(transfer.size);
    bytes_sent_ += transfer.size;
  }
  return transfer;
}

/// False when the connection closed.
bool Connection::send_output() {
  bool progress = false;
  while (writable_ && !output_.empty()) {
    const net::Transfer transfer = send_once();
    if (transfer.outcome == Outcome::kDone) {
      progress = true;
    } else if (transfer.outcome == Outcome::kWouldBlock) {
      writable_ = false;
      if (transfer.error_number != 0) retry_at_ = saturating_add(loop_.now(), kRetryWrite);
      if (const Result<void> watching = watch_.start_writing(); !watching) {
        close(watching.error());
        return false;
      }
    } else {
      fail_output(transfer.error_number);
      return false;
    }
  }
  if (output_.empty()) {
    write_deadline_ = kNever;
  } else if (progress || write_deadline_ == kNever) {
    write_deadline_ = saturating_add(loop_.now(), options_.write_timeout);
  }
  return true;
}

void Connection::fail_output(int error_number) {
  // A peer that has closed answers with a reset: still an ordinary end.
  const bool is_end = end_of_input_ || read_rest();
  close(is_end ? peer_closed() : socket_failed(error_number, "write to the peer"));
}

/// True at the end of input. The peer is gone, so what there is fits its socket's buffers; a peer that shut
/// only its reading side may write for ever and is not listened to for longer.
bool Connection::read_rest() {
  for (int i = 0; i < kRestReads && state_ == State::kOpen; ++i) {
    const MutableBytes scratch = loop_.scratch();
    const net::Transfer transfer = net::receive(fd_.get(), scratch);
    if (transfer.outcome == Outcome::kEndOfInput) return true;
    if (transfer.outcome != Outcome::kDone) return false;
    take_input(scratch.first(transfer.size));
  }
  return false;
}

void Connection::after_flush(bool all_drained) {
  if (end_of_input_) return close(peer_closed());
  if (state_ == State::kOpen) {
    if (all_drained && protocol_->finished()) {
      state_ = State::kFlushing;
    } else {
      // The socket took everything, so no edge will call for the rest.
      if (!all_drained && writable_) flush_hook_.schedule();
      if (readable_ && output_.size() < Protocol::kOutputHighWater) read_hook_.schedule();
    }
  }
  if (state_ == State::kFlushing && output_.empty()) linger();
  arm_timer();
}

void Connection::linger() {
  state_ = State::kLingering;
  linger_deadline_ = saturating_add(loop_.now(), kLinger);
  if (!net::is_vsock(family_)) net::shut_down_writing(fd_.get());
  if (readable_) read_hook_.schedule();
}

void Connection::on_timer() {
  const Instant now = loop_.now();
  if (now >= linger_deadline_) return close(Error{ErrorScope::kIo, 0, "the connection is finished"});
  if (now >= write_deadline_ && !writable_)
    return close(socket_failed(ETIMEDOUT, "the peer took no bytes for too long"));
  if (now >= retry_at_) {
    retry_at_ = kNever;
    writable_ = true;
    flush_hook_.schedule();
  }
  if (state_ == State::kOpen && now >= protocol_->next_expiry()) {
    if (!call_protocol([&] { protocol_->expire(now); })) return;
    flush_hook_.schedule();
  }
  if (!flush_hook_.is_scheduled()) arm_timer();
}

/// Moves the timer only to earlier instants: in a busy connection deadlines move on with each turn, and a
/// timer that comes too early once in a while is cheaper than a heap that is reordered each time.
void Connection::arm_timer() {
  Instant next = std::min({write_deadline_, linger_deadline_, retry_at_});
  if (state_ == State::kOpen) next = std::min(next, protocol_->next_expiry());
  if (next < timer_.expiry()) timer_.arm(next);
}

void Connection::close(const Error& reason) {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  watch_.stop();
  timer_.disarm();
  read_hook_.cancel();
  flush_hook_.cancel();
  if (attached_) protocol_->disconnected(reason);
  fd_.reset();
  output_.release();
  reap_hook_.schedule();
}

void Connection::on_reap() {
  if (closed_) closed_(*this);
}

}  // namespace hawser::io
