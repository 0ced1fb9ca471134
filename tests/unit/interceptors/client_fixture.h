// Calls of a channel with interceptors, to a server whose frames the test writes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "hawser/client/channel.h"
#include "unit/client/recorded_stream.h"
#include "unit/client/scripted_server.h"
#include "unit/client/waiting_call.h"

namespace hawser::test {

struct ClientFixture {
  explicit ClientFixture(client::ChannelOptions options)
      : channel(value_of(client::Channel::create(server.target(), std::move(options)))) {}

  ScriptedPeer& peer() { return accepted ? *accepted : accepted.emplace(server.accept()).greet(); }
  /// The headers of the next request, which is answered with this status.
  Frame answer(const Fields& status = {{"grpc-status", "0"}}) {
    const http2::StreamId id = std::exchange(next_id, next_id + 2);
    peer().read_request(id);
    Frame headers = *peer().sent.find(FrameType::kHeaders, id);
    peer().script.headers(id, response_fields()).data(id, grpc_message("pong"));
    peer().send(peer().script.trailers(id, status));
    return headers;
  }

  ScriptedServer server;
  std::unique_ptr<client::Channel> channel;
  std::optional<ScriptedPeer> accepted;
  http2::StreamId next_id = 1;
};

}  // namespace hawser::test
