#include "hawser/io/connector.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "hawser/event/loop.h"

namespace hawser::io {
namespace {

Error connect_error(int error_number, const net::SocketAddress& address) {
  return Error{ErrorScope::kIo, error_number,
               "connect to " + address.to_string() + ": " + net::explain(error_number, address)};
}

}  // namespace

Connector::Connector(event::Loop& loop, Done done, const net::VsockOptions& vsock)
    : loop_(loop),
      done_(done),
      vsock_(vsock),
      timer_(loop, event::Timer::Callback::bind<&Connector::on_timer>(*this)) {}

Connector::~Connector() { cancel(); }

void Connector::start(std::vector<net::SocketAddress> addresses, Instant deadline, Duration attempt_timeout) {
  addresses_ = std::move(addresses);
  next_ = 0;
  deadline_ = deadline;
  attempt_timeout_ = attempt_timeout;
  running_ = true;
  last_error_ = Error{ErrorScope::kIo, ETIMEDOUT, "connect: the time was over before the first attempt"};
  timer_.arm(loop_.now());  // the first attempt may fail at once, and start() must have returned by then
}

void Connector::start_given(UniqueFd fd, const net::SocketAddress& peer) {
  addresses_ = {peer};
  next_ = 1;
  fd_ = std::move(fd);
  running_ = is_given_ = true;
  timer_.arm(loop_.now());
}

void Connector::cancel() {
  is_given_ = false;
  timer_.disarm();
  handshake_.reset();
  watch_.reset();
  fd_.reset();
  running_ = false;
}

void Connector::on_timer() {
  if (is_given_) {
    if (fd_.is_open()) return finish(Connected{std::move(fd_), current()});
    return finish(io_error(ENOTCONN, "the socket that the channel was given has had its connection"));
  }
  if (!fd_.is_open()) return try_next();
  attempt_failed(handshake_ ? handshake_->timed_out() : connect_error(ETIMEDOUT, current()));
}

void Connector::try_next() {
  const Instant now = loop_.now();
  if (now >= deadline_) {
    last_error_.code = ETIMEDOUT;
    return finish(tl::unexpected<Error>(std::move(last_error_)));
  }
  if (next_ == addresses_.size()) return finish(tl::unexpected<Error>(std::move(last_error_)));
  const net::SocketAddress& address = addresses_[next_++];
  const bool is_last = next_ == addresses_.size();
  const Instant end = is_last ? deadline_ : std::min(deadline_, saturating_add(now, attempt_timeout_));
  Result<UniqueFd> fd = net::start_connect(address, {.timeout = end - now, .vsock = vsock_});
  if (!fd) return attempt_failed(std::move(fd.error()));
  fd_ = std::move(*fd);
  watch_ = std::make_unique<event::FdWatch>(loop_, fd_.get(),
                                            event::FdWatch::Callback::bind<&Connector::on_ready>(*this));
  if (Result<void> watching = watch_->start(); !watching) return attempt_failed(std::move(watching.error()));
  attempt_end_ = end;
  timer_.arm(end);
}

void Connector::on_ready(event::Readiness) {
  if (!handshake_ && !finish_socket()) return;
  if (handshake_) return advance_handshake();
  watch_.reset();
  finish(Connected{std::move(fd_), current()});
}

bool Connector::finish_socket() {
  const int error = net::finish_connect(fd_.get());
  if (error == EINPROGRESS) return false;
  if (error != 0) {
    attempt_failed(connect_error(error, current()));
    return false;
  }
  if (!current().hybrid_port()) return true;
  handshake_.emplace(current());
  timer_.arm(std::min(attempt_end_, saturating_add(loop_.now(), vsock_.hybrid_timeout)));
  return true;
}

void Connector::advance_handshake() {
  Result<bool> done = handshake_->advance(fd_.get());
  if (!done) return attempt_failed(std::move(done.error()));
  if (!*done) return;
  handshake_.reset();
  watch_.reset();
  finish(Connected{std::move(fd_), current()});
}

void Connector::attempt_failed(Error error) {
  last_error_ = std::move(error);
  handshake_.reset();
  watch_.reset();
  fd_.reset();
  timer_.arm(loop_.now());  // the next one in the next turn: no recursion however many addresses fail
}

void Connector::finish(Result<Connected> result) {
  cancel();
  done_(std::move(result));  // may destroy this
}

}  // namespace hawser::io
