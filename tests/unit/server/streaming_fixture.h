// A ServerProtocol in memory with one streaming method, whose calls the test operates by hand.
#pragma once

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hawser/server/stream_events.h"
#include "unit/server/server_fixture.h"

namespace hawser::test {

inline constexpr std::string_view kStreamPath = "/test.Stream/Call";

/// A handler's side of one call: what it was told, one letter an event: m(essage) e(nd) w(ritable) k (wake)
/// c(ancelled).
class TestStream final : public server::StreamEvents {
 public:
  explicit TestStream(server::ServerCall& server_call) : call(server_call) {
    call.set_stream_events(*this);
    call.set_cancel_callback(Delegate<void()>::bind<&TestStream::on_cancelled>(*this));
  }

  void write(std::string_view message) {
    const Result<MutableBytes> room = call.begin_write(message.size());
    REQUIRE(room);
    if (!message.empty()) std::memcpy(room->data(), message.data(), message.size());
    call.end_write();
  }
  /// Hands the call back; nothing of it may be used afterwards.
  void finish(grpc::Status status = {}) {
    finished = true;
    call.finish(std::move(status));
  }

  void on_request_message() override {
    events += 'm';
    messages.emplace_back(as_text(call.request()));
    if (on_message) on_message();
  }
  void on_requests_end() override { events += 'e'; }
  void on_writable() override {
    events += 'w';
    if (on_write) on_write();
  }
  void on_wake() override { events += 'k'; }
  void on_cancelled() { events += 'c'; }

  server::ServerCall& call;
  std::string events;
  std::vector<std::string> messages;
  std::function<void()> on_message;
  std::function<void()> on_write;
  bool finished = false;
};

class StreamMethod final : public server::Method {
 public:
  explicit StreamMethod(std::string path) : path_(std::move(path)) {}
  std::string_view path() const override { return path_; }
  void prepare(std::size_t) override {}
  bool streams_requests() const override { return true; }
  void start(server::ServerCall& call) override {
    streams.push_back(std::make_unique<TestStream>(call));
    if (on_start) on_start(*streams.back());
  }

  std::vector<std::unique_ptr<TestStream>> streams;  ///< in the order of their start
  std::function<void(TestStream&)> on_start;

 private:
  std::string path_;
};

/// ServerFixture with a StreamMethod beside the echo.
class StreamingFixture final {
 public:
  explicit StreamingFixture(const server::ServerOptions& options = {})
      : owned_(std::make_unique<StreamMethod>(std::string(kStreamPath))),
        method(*owned_),
        server(options, std::move(owned_)) {
    server.handshake();
  }
  ~StreamingFixture() {
    for (const auto& stream : method.streams) {
      if (!stream->finished) stream->finish();
    }
  }

  /// Opens a stream and gives its handler's side.
  TestStream& open(http2::StreamId id = 1, const Fields& more = {}) {
    Fields fields = request_fields(kStreamPath);
    fields.insert(fields.end(), more.begin(), more.end());
    server.client.headers(id, fields);
    server.feed();
    REQUIRE_FALSE(method.streams.empty());
    return *method.streams.back();
  }
  FrameScript& client() { return server.client; }
  std::string summary() { return server.sent().summary(); }
  /// Sends what was done, and forgets the frames of before.
  std::string drained() {
    server.sent().take();
    server.driver().drain();
    return summary();
  }

 private:
  std::unique_ptr<StreamMethod> owned_;

 public:
  StreamMethod& method;
  ServerFixture server;
};

}  // namespace hawser::test
