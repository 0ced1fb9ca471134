// Typed unary calls.
//
//   constexpr client::UnaryMethod<echo::EchoRequest, echo::EchoResponse> kEcho{"/echo.EchoService/Echo"};
//   client::Reply<echo::EchoResponse> reply = client::call(*channel, kEcho, request, {.timeout = 500ms});
//   if (!reply.ok()) complain(reply.status);
//
// Both forms serialise the request in the caller's thread before they return or block, so it may be changed
// or destroyed afterwards. The channel must outlive the call; destroying it ends calls with CANCELLED.
//
// These are for programs that make calls now and then: each allocates a few times. Code that makes very many
// uses client::Call, reused, from its own completions.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "hawser/client/call_options.h"
#include "hawser/client/channel.h"

namespace google::protobuf {
class MessageLite;
}

namespace hawser::client {

/// Req and Resp are protobuf messages; `path` is "/package.Service/Method" and outlives every call.
template <class Req, class Resp>
struct UnaryMethod {
  std::string_view path;
};

namespace detail {

using Message = google::protobuf::MessageLite;

ReplyHead call(Channel& channel, std::string_view path, const Message& request, const CallOptions& options,
               Message& response);

/// Where an asynchronous call's outcome goes; destroyed after finish().
class ReplyTarget {
 public:
  virtual ~ReplyTarget() = default;
  virtual Message& response() = 0;
  virtual void finish(ReplyHead head) = 0;
};

template <class Resp>
class ReplyCallback final : public ReplyTarget {
 public:
  explicit ReplyCallback(std::function<void(Reply<Resp>)> done) : done_(std::move(done)) {}
  Message& response() override { return reply_.response; }
  void finish(ReplyHead head) override {
    static_cast<ReplyHead&>(reply_) = std::move(head);
    done_(std::move(reply_));
  }

 private:
  Reply<Resp> reply_;
  std::function<void(Reply<Resp>)> done_;
};

void start(Channel& channel, std::string_view path, const Message& request, const CallOptions& options,
           std::unique_ptr<ReplyTarget> target);

}  // namespace detail

/// Blocks until the call has ended. Any thread but the channel's loop, where it fails with INTERNAL instead
/// of waiting for itself.
template <class Req, class Resp>
Reply<Resp> call(Channel& channel, const UnaryMethod<Req, Resp>& method, const Req& request,
                 const CallOptions& options = {}) {
  Reply<Resp> reply;
  static_cast<ReplyHead&>(reply) = detail::call(channel, method.path, request, options, reply.response);
  return reply;
}

/// Returns at once. `done` runs once, on the channel's loop thread: it must not block, and may start more
/// calls. Only when the call can't begin (bad metadata, a request that doesn't serialise, a channel that is
/// being destroyed) it runs in the caller's thread, before this returns. Any thread.
template <class Req, class Resp>
void call_async(Channel& channel, const UnaryMethod<Req, Resp>& method, const Req& request,
                const CallOptions& options, std::function<void(Reply<Resp>)> done) {
  detail::start(channel, method.path, request, options,
                std::make_unique<detail::ReplyCallback<Resp>>(std::move(done)));
}

}  // namespace hawser::client
