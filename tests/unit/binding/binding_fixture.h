// Bound methods behind a ServerProtocol in memory: frames in, frames out, no sockets and no threads.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "hawser/binding/service_binding.h"
#include "hawser/server/server_protocol.h"
#include "probe.grpc.pb.h"
#include "support/frame_script.h"
#include "support/protocol_driver.h"
#include "support/sockets.h"
#include "support/stream_reactors.h"

namespace hawser::test {

inline constexpr std::string_view kCallPath = "/probe.Probe/Call";
inline constexpr std::string_view kUploadPath = "/probe.Streams/Upload";
inline constexpr std::string_view kWatchPath = "/probe.Streams/Watch";
inline constexpr std::string_view kChatPath = "/probe.Streams/Chat";

/// Probe.Call by the synchronous class, as the test says.
class SyncHandler final : public ::probe::Probe::Service {
 public:
  ::grpc::Status Call(::grpc::ServerContext* context, const ::probe::Request* request,
                      ::probe::Reply* reply) override {
    return call ? call(*context, *request, *reply) : ::grpc::Status::OK;
  }
  ::grpc::Status Other(::grpc::ServerContext*, const ::probe::Nothing*, ::probe::Reply*) override {
    return ::grpc::Status::OK;
  }
  std::function<::grpc::Status(::grpc::ServerContext&, const ::probe::Request&, ::probe::Reply&)> call;
};

/// Probe.Call by the callback class.
class CallbackHandler final : public ::probe::Probe::CallbackService {
 public:
  ::grpc::ServerUnaryReactor* Call(::grpc::CallbackServerContext* context, const ::probe::Request* request,
                                   ::probe::Reply* reply) override {
    return call(*context, *request, *reply);
  }
  std::function<::grpc::ServerUnaryReactor*(::grpc::CallbackServerContext&, const ::probe::Request&,
                                            ::probe::Reply&)>
      call;
};

class BindingFixture final {
 public:
  explicit BindingFixture(std::vector<std::unique_ptr<server::Method>> methods)
      : session_config_(http2::SessionConfig::create(http2::Role::kServer, options.limits).value()) {
    for (auto& method : methods) value_of(router_.add(std::move(method)));
    router_.prepare(1);
    const server::Peer peer{"ipv4:192.0.2.1:4711", "192.0.2.1"};
    protocol_ = server::ServerProtocol::create(resources_, peer, kTestStart).value();
    driver_ = std::make_unique<ProtocolDriver>(*protocol_);
    client.client_start().settings_ack();
    feed();
  }
  explicit BindingFixture(SyncHandler& handler)
      : BindingFixture(binding::ServiceBinding<::probe::Probe, SyncHandler>(handler)
                           .unary("Call", &SyncHandler::Call)
                           .take_methods()) {}
  explicit BindingFixture(StreamsHandler& handler)
      : BindingFixture(binding::ServiceBinding<::probe::Streams, StreamsHandler>(handler)
                           .callback_client_streaming("Upload", &StreamsHandler::Upload)
                           .callback_server_streaming("Watch", &StreamsHandler::Watch)
                           .callback_bidi("Chat", &StreamsHandler::Chat)
                           .take_methods()) {}
  explicit BindingFixture(CallbackHandler& handler)
      : BindingFixture(binding::ServiceBinding<::probe::Probe, CallbackHandler>(handler)
                           .callback_unary("Call", &CallbackHandler::Call)
                           .take_methods()) {}

  void feed(const Chunking& chunking = Chunking::whole()) { driver_->feed(client.take(), chunking); }
  /// One call from its first byte to what came back at once.
  void call(http2::StreamId id, const ::probe::Request& request, const Fields& more = {}) {
    Fields fields = request_fields(kCallPath);
    fields.insert(fields.end(), more.begin(), more.end());
    client.headers(id, fields).data(id, grpc_message(request.SerializeAsString()), true);
    feed();
  }
  void drain() { driver_->drain(); }
  void disconnect() { driver_->disconnect(); }

  std::string status(http2::StreamId id) { return field(id, "grpc-status"); }
  std::string message(http2::StreamId id) { return field(id, "grpc-message"); }
  /// A field of the last header block; "(none)" without one.
  std::string field(http2::StreamId id, std::string_view name) {
    return std::string(driver_->sent().last_headers(id).header(name));
  }
  ::probe::Reply reply(http2::StreamId id) {
    ::probe::Reply reply;
    const std::string body = driver_->sent().body(id);
    if (body.size() < 5 || !reply.ParseFromString(body.substr(5))) reply.set_text("(no reply)");
    return reply;
  }
  /// The texts of the messages that a stream has brought so far, joined by commas.
  std::string texts(http2::StreamId id) {
    std::string texts;
    std::string body = driver_->sent().body(id);
    while (body.size() >= 5) {
      const auto size = static_cast<std::size_t>(static_cast<unsigned char>(body[3]) << 8 |
                                                 static_cast<unsigned char>(body[4]));
      ::probe::Reply reply;
      if (!reply.ParseFromString(body.substr(5, size))) return "(broken)";
      texts += (texts.empty() ? "" : ",") + reply.text();
      body.erase(0, 5 + size);
    }
    return body.empty() ? texts : texts + " and a rest";
  }
  ProtocolDriver& driver() { return *driver_; }
  /// What calls that ask are timed by.
  void set_clock(server::CallTiming::ReadClock clock) { resources_.clock = clock; }

  server::ServerOptions options;
  FrameScript client;
  http2::MemoryPool memory;
  server::CallPool calls{nullptr, 0};

 private:
  server::Router router_;
  std::unique_ptr<http2::SessionConfig> session_config_;
  server::WorkerResources resources_{router_, options, *session_config_, memory, calls};
  std::unique_ptr<server::ServerProtocol> protocol_;
  std::unique_ptr<ProtocolDriver> driver_;
};

}  // namespace hawser::test
