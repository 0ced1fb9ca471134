// The server of gRPC's negative HTTP/2 interop cases (gRPC doc/negative-http2-interop-test-descriptions.md):
// one connection of a scripted server that respects the client's flow control, and a large UnaryCall.
#pragma once

#include <algorithm>
#include <future>
#include <memory>
#include <string>
#include <string_view>

#include "grpc/testing/messages.pb.h"
#include "hawser/client/unary_call.h"
#include "unit/client/scripted_server.h"

namespace hawser::test {

using ::grpc::testing::SimpleRequest;
using ::grpc::testing::SimpleResponse;
using UnaryReply = client::Reply<SimpleResponse>;

inline constexpr std::size_t kNegativeRequestBytes = 271828;
inline constexpr std::size_t kNegativeResponseBytes = 314159;

/// UnaryCall as all negative cases make it.
inline std::future<UnaryReply> start_large_unary(client::Channel& channel) {
  constexpr client::UnaryMethod<SimpleRequest, SimpleResponse> kUnaryCall{
      "/grpc.testing.TestService/UnaryCall"};
  SimpleRequest request;
  request.set_response_size(kNegativeResponseBytes);
  request.mutable_payload()->set_body(std::string(kNegativeRequestBytes, '\0'));
  const auto promise = std::make_shared<std::promise<UnaryReply>>();
  const std::function<void(UnaryReply)> done = [promise](UnaryReply reply) {
    promise->set_value(std::move(reply));
  };
  client::call_async(channel, kUnaryCall, request, {.timeout = std::chrono::seconds(30)}, done);
  return promise->get_future();
}

inline std::string code_of(const UnaryReply& reply) { return std::string(to_string(reply.status.code)); }

inline bool is_whole(const UnaryReply& reply) {
  return reply.ok() && reply.response.payload().body() == std::string(kNegativeResponseBytes, '\0');
}

/// How a response is cut into DATA frames.
struct DataShape {
  std::size_t frame_bytes = 16 * 1024;
  int padding = kNoPadding;
};

class NegativePeer final {
 public:
  explicit NegativePeer(ScriptedServer& server) : peer_(server.accept()) {}

  /// SETTINGS and windows that let whole requests in.
  void greet(std::initializer_list<Setting> settings = {{SettingId::kInitialWindowSize, 1 << 20}}) {
    peer_.script.settings(settings).settings_ack().window_update(0, 1 << 30);
    flush();
  }
  void read_request(http2::StreamId id) { peer_.read_request(id); }
  void send_headers(http2::StreamId id) {
    peer_.script.headers(id, response_fields());
    flush();
  }
  /// The first `size` bytes of the response, in as many turns as the client's windows make it.
  void send_data(http2::StreamId id, std::size_t size = std::string::npos, DataShape shape = {}) {
    SimpleResponse response;
    response.mutable_payload()->set_body(std::string(kNegativeResponseBytes, '\0'));
    const std::string body = grpc_message(response.SerializeAsString());
    const std::size_t end = std::min(size, body.size());
    const std::size_t overhead =
        shape.padding == kNoPadding ? 0 : 1 + static_cast<std::size_t>(shape.padding);
    std::size_t credit_used = 0;  // padding counts (RFC 9113 6.1)
    for (std::size_t at = 0; at < end;) {
      const std::size_t part = std::min(shape.frame_bytes, end - at);
      if (credit_used + part + overhead > credit_of(id)) {
        flush();
        peer_.read_until([&] { return credit_used + part + overhead <= credit_of(id); });
      }
      peer_.script.data(id, std::string_view(body).substr(at, part), false, shape.padding);
      credit_used += part + overhead;
      at += part;
    }
    flush();
  }
  void send_trailers(http2::StreamId id) {
    peer_.script.trailers(id, {{"grpc-status", "0"}});
    flush();
  }
  void answer(http2::StreamId id, DataShape shape = {}) {
    send_headers(id);
    send_data(id, std::string::npos, shape);
    send_trailers(id);
  }
  void reset(http2::StreamId id) {
    peer_.script.reset(id, http2::ErrorCode::kNoError);
    flush();
  }
  void goaway(http2::StreamId last) {
    peer_.script.goaway(last, http2::ErrorCode::kNoError);
    flush();
  }
  void ping(std::uint64_t payload) {
    peer_.script.ping(payload);
    flush();
  }
  /// True when the client closed the connection.
  bool read_end() { return peer_.read_end(); }
  ScriptedPeer& peer() { return peer_; }

 private:
  void flush() { peer_.send(peer_.script); }
  /// What the client allows in all on the stream, and on its connection; windows of its first SETTINGS.
  std::size_t credit_of(http2::StreamId id) {
    std::size_t stream = 65535;
    std::size_t connection = 65535;
    for (const Frame& frame : peer_.sent.frames()) {
      if (frame.type == FrameType::kSettings && frame.setting(SettingId::kInitialWindowSize) >= 0) {
        stream = static_cast<std::size_t>(frame.setting(SettingId::kInitialWindowSize));
      }
      if (frame.type != FrameType::kWindowUpdate) continue;
      if (frame.id == id) stream += frame.increment();
      if (frame.id == 0) connection += frame.increment();
    }
    return std::min(stream, connection);
  }

  ScriptedPeer peer_;
};

}  // namespace hawser::test
