#include "hawser/client/unary_call.h"

#include <semaphore>
#include <utility>

#include "hawser/client/message_status.h"
#include "hawser/codec/protobuf_codec.h"

namespace hawser::client::detail {
namespace {

using grpc::Status;
using grpc::StatusCode;

/// OK: the call has all that it needs to be started.
Status prepare(Call& call, const Channel& channel, std::string_view path, const Message& request,
               const CallOptions& options) {
  if (Status status = apply(call, channel.options(), path, options); !status.ok()) return status;
  const std::size_t size = codec::serialized_size(request);
  if (size == codec::kNotSerializable) return not_serializable();
  codec::serialize(request, call.begin_request(size));
  return {};
}

ReplyHead read_reply(const Call& call, Message& response) {
  ReplyHead head{call.status(), call.initial_metadata(), call.trailing_metadata(), call.times(),
                 call.response_was_compressed()};
  if (head.ok() && !codec::parse(response, call.response())) {
    head.status = not_parsable(response);
  }
  return head;
}

ReplyHead failed(Status status) { return ReplyHead{std::move(status), {}, {}, {}}; }

ReplyHead channel_closed() { return failed({StatusCode::kCancelled, "the channel was closed", {}}); }

/// Owns itself from a successful start to the end of its completion, which always comes.
class AsyncCall final {
 public:
  explicit AsyncCall(std::unique_ptr<ReplyTarget> target)
      : call_(Call::Completion::bind<&AsyncCall::on_done>(*this)), target_(std::move(target)) {}

  static void start(std::unique_ptr<AsyncCall> self, Channel& channel, std::string_view path,
                    const Message& request, const CallOptions& options) {
    if (Status status = prepare(self->call_, channel, path, request, options); !status.ok()) {
      return self->target_->finish(failed(std::move(status)));
    }
    AsyncCall& started = *self.release();
    if (channel.start(started.call_)) return;
    self.reset(&started);
    self->target_->finish(channel_closed());
  }

 private:
  void on_done(Call& call) {
    const std::unique_ptr<AsyncCall> self(this);
    target_->finish(read_reply(call, target_->response()));
  }

  Call call_;
  std::unique_ptr<ReplyTarget> target_;
};

class BlockingCall final {
 public:
  BlockingCall() : call_(Call::Completion::bind<&BlockingCall::on_done>(*this)) {}

  Call& call() { return call_; }
  void wait() { done_.acquire(); }

 private:
  void on_done(Call&) { done_.release(); }

  Call call_;
  std::binary_semaphore done_{0};
};

}  // namespace

ReplyHead call(Channel& channel, std::string_view path, const Message& request, const CallOptions& options,
               Message& response) {
  if (channel.is_loop_thread()) {
    return failed(blocks_loop());
  }
  BlockingCall blocking;
  if (Status status = prepare(blocking.call(), channel, path, request, options); !status.ok()) {
    return failed(std::move(status));
  }
  if (!channel.start(blocking.call())) return channel_closed();
  blocking.wait();
  return read_reply(blocking.call(), response);
}

void start(Channel& channel, std::string_view path, const Message& request, const CallOptions& options,
           std::unique_ptr<ReplyTarget> target) {
  AsyncCall::start(std::make_unique<AsyncCall>(std::move(target)), channel, path, request, options);
}

}  // namespace hawser::client::detail
