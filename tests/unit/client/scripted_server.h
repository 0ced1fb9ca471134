// A server on a real socket whose every frame the test writes. The channel under test has a thread of its
// own, so the test's thread plays the server with blocking reads, bounded by a time that only failing tests
// reach.
#pragma once

#include <poll.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "support/bytes.h"
#include "support/frame_parser.h"
#include "support/frame_script.h"
#include "support/sockets.h"

namespace hawser::test {

/// One accepted connection.
class ScriptedPeer final {
 public:
  explicit ScriptedPeer(UniqueFd fd) : fd_(std::move(fd)) {}

  void send(FrameScript& more) {
    const std::string bytes = more.take();
    std::string_view rest = bytes;
    for (;;) {
      rest.remove_prefix(write_some(fd_.get(), rest));
      if (rest.empty()) return;
      REQUIRE(wait_for(fd_.get(), POLLOUT));
    }
  }
  ScriptedPeer& greet(std::initializer_list<Setting> settings = {}) {
    send(script.settings(settings).settings_ack());
    return *this;
  }
  /// Reads until `done()`; fails the test when the client sends nothing more, or goes.
  void read_until(const std::function<bool()>& done) {
    while (!done()) {
      REQUIRE(wait_for(fd_.get(), POLLIN));
      const Read read = read_some(fd_.get());
      sent.feed(read.bytes);
      if (done()) return;
      REQUIRE_FALSE(read.end);
      REQUIRE(read.error == 0);
    }
  }
  /// The request of the stream has come whole.
  void read_request(http2::StreamId id) {
    read_until([&] {
      const Frame* headers = sent.find(FrameType::kHeaders, id);
      if (headers == nullptr) return false;
      for (const Frame& frame : sent.frames()) {
        if (frame.id == id && frame.ends_stream()) return true;
      }
      return false;
    });
  }
  /// Reads what comes within a millisecond; false for nothing.
  bool poll_once() {
    if (!wait_for(fd_.get(), POLLIN, 1)) return false;
    sent.feed(read_some(fd_.get()).bytes);
    return true;
  }
  void read_frame(FrameType type) {
    read_until([&] { return sent.find(type) != nullptr; });
  }
  /// True when the client closes the connection.
  bool read_end() {
    for (;;) {
      if (!wait_for(fd_.get(), POLLIN)) return false;
      const Read read = read_some(fd_.get());
      sent.feed(read.bytes);
      if (read.end || read.error != 0) return true;
    }
  }
  void reply(http2::StreamId id, std::string_view message) { send(script.response(id, message)); }
  void close() { fd_.reset(); }

  FrameScript script;
  FrameParser sent;  // by the client

 private:
  UniqueFd fd_;
};

class ScriptedServer final {
 public:
  explicit ScriptedServer(std::string_view where = "127.0.0.1:0") : listener_(tcp_listener(128, where)) {}

  std::string target() const { return listener_.address.to_string(); }
  bool has_newcomer(int timeout_ms) const { return wait_for(listener_.fd.get(), POLLIN, timeout_ms); }
  ScriptedPeer accept() {
    REQUIRE(has_newcomer(5000));
    auto accepted = value_of(net::accept(listener_.fd.get()));
    REQUIRE(accepted.has_value());
    return ScriptedPeer(std::move(accepted->fd));
  }
  void close() { listener_.fd.reset(); }

 private:
  TcpListener listener_;
};

}  // namespace hawser::test
