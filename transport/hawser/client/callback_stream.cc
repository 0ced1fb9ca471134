#include "hawser/client/callback_stream.h"

#include <utility>

#include "hawser/client/channel.h"
#include "hawser/client/message_status.h"
#include "hawser/codec/protobuf_codec.h"

namespace hawser::client::detail {

CallbackStreamCall::CallbackStreamCall(Channel& channel, std::string_view path, const CallOptions& options,
                                       Message* response, StreamReactor& reactor)
    : channel_(channel),
      reactor_(reactor),
      response_(response),
      call_(response == nullptr ? StreamCall::Responses::kMany : StreamCall::Responses::kOne, *this) {
  if (grpc::Status status = apply(call_, channel_.options(), path, options); !status.ok())
    call_.cancel(std::move(status));
}

bool CallbackStreamCall::start() { return channel_.start(call_); }

bool CallbackStreamCall::write(const Message& message, StreamCall::Last last, grpc::Compress compress) {
  const std::size_t size = codec::serialized_size(message);
  if (size == codec::kNotSerializable) {
    call_.cancel(not_serializable());
    return false;
  }
  const MutableBytes room = call_.begin_write(size);
  if (room.size() == size) codec::serialize(message, room);
  return call_.end_write(last, compress);
}

bool CallbackStreamCall::read(Message& into) {
  read_into_ = &into;
  return call_.read();
}

void CallbackStreamCall::on_read(bool has_message) {
  if (has_message && !codec::parse(*read_into_, call_.message())) {
    call_.cancel(not_parsable(*read_into_));
    has_message = false;
  }
  reactor_.on_read(has_message);
}

void CallbackStreamCall::on_done() {
  ReplyHead result{call_.status(), call_.initial_metadata(), call_.trailing_metadata(), call_.times(),
                   call_.message_was_compressed()};
  if (result.ok() && response_ != nullptr && !codec::parse(*response_, call_.response())) {
    result.status = not_parsable(*response_);
  }
  reactor_.on_done(result);  // may destroy this
}

}  // namespace hawser::client::detail
