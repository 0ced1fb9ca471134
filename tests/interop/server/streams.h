// Probe's Streams service on a running server, each method a function of the test's.
#pragma once

#include <memory>

#include "hawser/server/server_options.h"
#include "interop/server/running_server.h"
#include "support/stream_reactors.h"

namespace hawser::test {

class StreamsServer final {
 public:
  explicit StreamsServer(const server::ServerOptions& options = workers(1));
  /// No reactor is left, and none was called inside of its own operation.
  ~StreamsServer();

  RunningServer* operator->() { return &server_; }
  server::Server& operator*() { return *server_; }

  /// Chat answers each message with itself.
  void echo_chat();

  StreamLog log;
  StreamsHandler handler;

 private:
  RunningServer server_;
};

/// A context with a generous deadline.
class StreamContext final {
 public:
  StreamContext() { context_.set_deadline(in_seconds(60)); }
  ::grpc::ClientContext& operator*() { return context_; }
  ::grpc::ClientContext* operator->() { return &context_; }

 private:
  ::grpc::ClientContext context_;
};

inline ::probe::Request stream_request(std::string text) {
  ::probe::Request request;
  request.set_text(std::move(text));
  return request;
}

}  // namespace hawser::test
