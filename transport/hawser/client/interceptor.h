// Code that runs around every call of a channel: logging, credentials, deadlines, limits.
//
//   before (first to last), the call with all of its attempts, after (last to first)
//
// `before` is called when the channel begins with the call, before a connection is looked for. It may add
// metadata and change the deadline; a status from it ends the call: no later interceptor and no server hears
// of it, the earlier ones get `after`. `after` comes exactly once for each `before` that let the call pass,
// when the call is over in whatever way, and may replace its status. A retried call passes once, not once an
// attempt. Of a streaming call `after` comes when its last message was read, right before on_done().
//
// What no channel hears of is not intercepted: metadata or requests that can't be sent, and a response that
// does not parse (the typed calls make it INTERNAL, behind `after`).
//
// A channel without interceptors pays a branch at the start of a call and one at its end.
//
// Threads: the loop's of the channel, one call at a time; several when channels on different loops share an
// interceptor. It must not block, and throws nothing.
#pragma once

#include <optional>
#include <string_view>

#include "hawser/base/clock.h"
#include "hawser/base/result.h"
#include "hawser/client/call_times.h"
#include "hawser/grpc/status.h"
#include "hawser/http2/header_block.h"

namespace hawser::client {

class Call;

/// A call, as interceptors see it; valid during the call of the interceptor.
class CallView final {
 public:
  /// `authority`: the channel's.
  CallView(Call& call, std::string_view authority, Instant now)
      : call_(call), authority_(authority), now_(now) {}

  /// "/package.Service/Method"
  std::string_view method() const;
  std::string_view authority() const;
  /// It is a StreamCall, or made of one.
  bool is_streaming() const;
  Instant now() const { return now_; }
  /// kNever without one. That of the service config counts too, and isn't in it before the call began.
  Instant deadline() const;
  /// Request metadata as it is sent: `-bin` values in base64.
  const http2::HeaderBlock& metadata() const;

  // In `before`.

  /// Earlier or later than it was; kNever: none.
  void set_deadline(Instant deadline);
  /// For this start of the call alone. Scope stream (INTERNAL) when gRPC forbids the field (P-23).
  Result<void> add_metadata(std::string_view name, std::string_view value);

  // In `after`.

  const http2::HeaderBlock& initial_metadata() const;
  const http2::HeaderBlock& trailing_metadata() const;
  const CallTimes& times() const;
  /// How often a retry policy sent it again.
  int retries() const;

 private:
  Call& call_;
  const std::string_view authority_;
  const Instant now_;
};

class Interceptor {
 public:
  virtual ~Interceptor() = default;

  /// A status ends the call with it. It can't be OK: there is no response.
  virtual std::optional<grpc::Status> before(CallView&) { return std::nullopt; }
  /// `status` is the one that the application gets. A failed call can't be made OK: there is no response.
  virtual void after(const CallView&, grpc::Status& /*status*/) {}
};

}  // namespace hawser::client
