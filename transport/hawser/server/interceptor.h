// Code that runs around every call of a server: logging, authentication, limits.
//
//   before (first to last), the method's handler, after (last to first)
//
// `before` is called when the request's head has come and its method was found, before any message is read. A
// status from it ends the call: no later interceptor and no handler hears of the call, the earlier ones get
// `after`. `after` comes exactly once for each `before` that let the call pass: with the status that the
// handler finished with, which it may change; or, when the call ended without its handler (the client reset
// it, the deadline passed, the request was malformed), with what ended it, when changes have no effect.
//
// A server without interceptors pays one branch a call.
//
// Threads: the workers', several at once; an interceptor must not block. It throws nothing.
#pragma once

#include <optional>
#include <string_view>

#include "hawser/base/clock.h"
#include "hawser/base/result.h"
#include "hawser/grpc/status.h"
#include "hawser/http2/header_block.h"
#include "hawser/server/peer.h"

namespace hawser::server {

class ServerCall;

/// A call, as interceptors see it; valid during the call of the interceptor.
class CallView final {
 public:
  /// `open`: what is added to the reply will be sent.
  CallView(ServerCall& call, Instant now, bool open) : call_(call), now_(now), open_(open) {}

  /// "/package.Service/Method"
  std::string_view method() const;
  /// Request metadata, `-bin` values decoded.
  const http2::HeaderBlock& metadata() const;
  const Peer& peer() const;
  Instant now() const { return now_; }
  /// When the first byte of the request was read.
  Instant began_at() const;
  /// kNever without one.
  Instant deadline() const;
  /// In `before`: the call ends with DEADLINE_EXCEEDED at that time, if its own deadline isn't earlier.
  void limit_deadline(Instant deadline);

  /// Scope stream (INTERNAL) when the field may not be sent. No effect in an `after` without a handler.
  Result<void> add_initial_metadata(std::string_view name, std::string_view value);
  Result<void> add_trailing_metadata(std::string_view name, std::string_view value);
  /// Tells a client that retries to wait exactly this long (grpc-retry-pushback-ms, gRPC proposal A6).
  void set_retry_pushback(Duration wait);

 private:
  ServerCall& call_;
  Instant now_;
  bool open_;
};

class Interceptor {
 public:
  virtual ~Interceptor() = default;

  /// A status ends the call with it.
  virtual std::optional<grpc::Status> before(CallView&) { return std::nullopt; }
  virtual void after(CallView&, grpc::Status&) {}
};

}  // namespace hawser::server
