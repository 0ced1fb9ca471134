// A client that writes whatever bytes the test likes and reads frames: no retry, no state of its own.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "hawser/base/unique_fd.h"
#include "hawser/net/socket_address.h"
#include "support/frame_parser.h"
#include "support/frame_script.h"

namespace hawser::test {

class RawClient final {
 public:
  /// Connected when it returns; throws otherwise. `from`: the local IPv4 address, for TCP.
  explicit RawClient(const net::SocketAddress& server, const std::string& from = {});

  /// Frames to send with the next send().
  FrameScript script;
  /// Blocks until the kernel has all, or the peer is gone.
  void send();
  void send(std::string_view bytes);
  /// What the kernel takes now of the scripted frames; the rest is dropped.
  void send_some();
  /// Reads until `enough(frames)`. False: the connection ended first, or nothing came for long.
  bool receive_until(const std::function<bool(FrameParser&)>& enough);
  /// Reads until the server closes.
  bool receive_end();
  /// The handshake, and one echo call on stream `id`.
  bool echo(http2::StreamId id = 1, std::string_view payload = "are you there?");
  /// A connection in good order that has done nothing yet.
  RawClient& handshake();
  /// Ends with a TCP reset instead of the usual close.
  void vanish();
  void close() { fd_.reset(); }

  net::SocketAddress local_address() const;

  FrameParser frames;

 private:
  bool read_some();

  UniqueFd fd_;
  bool ended_ = false;
  bool greeted_ = false;
};

}  // namespace hawser::test
