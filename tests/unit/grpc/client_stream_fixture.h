// One ClientStream on one client session; the test plays the server.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "hawser/grpc/client_stream.h"
#include "support/bytes.h"
#include "support/chunking.h"
#include "support/frame_parser.h"
#include "support/frame_script.h"
#include "unit/grpc/client_stream_events.h"

namespace hawser::test {

inline constexpr std::size_t kMaxReceive = 1000;

class ClientStreamFixture final {
 public:
  ClientStreamFixture() {
    feed(script.settings().settings_ack());
    drain();
    sent.take();
  }

  void begin_message(std::string_view message) {
    const MutableBytes room = stream().begin_message(message.size());
    if (!message.empty()) std::memcpy(room.data(), message.data(), message.size());
  }
  Result<void> open(const grpc::RequestFields& fields = kFields) {
    return stream().open(*session, handle, fields, config->limits(), kMaxReceive, &held);
  }
  /// The usual beginning: the request has left.
  void start(std::string_view message = "ping") {
    begin_message(message);
    REQUIRE(open());
    drain();
    sent.take();
  }
  void feed(FrameScript& more, const Chunking& chunking = Chunking::whole()) {
    const std::string bytes = more.take();
    chunking.split(as_bytes(bytes), [&](Bytes piece) { REQUIRE(session->receive(piece)); });
  }
  void drain() {
    ByteQueue output;
    REQUIRE(session->drain(output, 1 << 30));
    sent.feed(output.readable());
  }
  grpc::ClientStream& stream() { return handle.stream; }
  const grpc::Status& status() { return stream().status(); }
  bool is_done() { return stream().is_finished() && stream().is_released(); }

  static constexpr grpc::RequestFields kFields{
      .path = "/echo.EchoService/Echo", .authority = "example.org", .user_agent = "test/1", .timeout = {}};

  FrameScript script;
  FrameParser sent;
  std::unique_ptr<http2::SessionConfig> config = *http2::SessionConfig::create(http2::Role::kClient, {});
  http2::MemoryPool pool;
  StreamEvents events;
  std::unique_ptr<http2::Session> session = *http2::Session::create(*config, events, pool);
  StreamHandle handle;
  grpc::HeldBytes held{100'000};
};

inline void check_status(ClientStreamFixture& fixture, grpc::StatusCode code, std::string_view message) {
  CHECK(fixture.is_done());
  CHECK(to_string(fixture.status().code) == to_string(code));
  CHECK(fixture.status().message == message);
}

}  // namespace hawser::test
