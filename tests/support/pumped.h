// A connection around a recording protocol, with the peer's end of the socket in the test's hands.
#pragma once

#include <memory>
#include <utility>

#include "hawser/io/connection.h"
#include "support/loops.h"
#include "support/recording_protocol.h"
#include "support/sockets.h"

namespace hawser::test {

/// The protocol's records outlive the connection here: the connection owns only a forwarder to it.
class ForwardingProtocol final : public io::Protocol {
 public:
  explicit ForwardingProtocol(io::Protocol& target) : target_(target) {}
  void attach(io::OutputNotifier& notifier) override { target_.attach(notifier); }
  void receive(Bytes bytes, Instant now) override { target_.receive(bytes, now); }
  void drain(ByteQueue& output, Instant now) override { target_.drain(output, now); }
  bool is_backlogged() const override { return target_.is_backlogged(); }
  Instant next_expiry() const override { return target_.next_expiry(); }
  void expire(Instant now) override { target_.expire(now); }
  bool finished() const override { return target_.finished(); }
  void give_memory_back() override { target_.give_memory_back(); }
  void disconnected(const Error& reason) override { target_.disconnected(reason); }

 private:
  io::Protocol& target_;
};

class Pumped final {
 public:
  explicit Pumped(event::Loop& loop, Pair pair = unix_pair(), net::Family family = net::Family::kUnix,
                  io::ConnectionOptions options = {})
      : peer(std::move(pair.theirs)), fd(pair.ours.get()) {
    connection = std::make_unique<io::Connection>(loop, std::move(pair.ours), family,
                                                  std::make_unique<ForwardingProtocol>(protocol), options,
                                                  io::Connection::Closed::bind<&Pumped::on_closed>(*this));
  }
  /// The usual case: started, and the first turn is over.
  Pumped& start(event::Loop& loop) {
    value_of(connection->start());
    run_ready(loop, 2);
    return *this;
  }

  std::size_t write(std::string_view text) { return write_some(peer.get(), text); }
  std::string read() { return read_some(peer.get()).bytes; }
  bool is_gone() const { return connection == nullptr; }

  RecordingProtocol protocol;
  UniqueFd peer;
  int fd;  ///< Of the connection; not owned.
  std::unique_ptr<io::Connection> connection;
  int closed_calls = 0;

 private:
  void on_closed(io::Connection& closed) {
    ++closed_calls;
    if (&closed == connection.get()) connection.reset();
  }
};

}  // namespace hawser::test
