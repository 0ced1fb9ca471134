#include "hawser/binding/unary_reply.h"

#include <google/protobuf/message_lite.h>

#include "hawser/codec/protobuf_codec.h"

namespace hawser::binding {

grpc::Status from_error(const Error& error) {
  return {static_cast<grpc::StatusCode>(error.code), error.detail, {}};
}

grpc::Status parse_request(const server::ServerCall& call, google::protobuf::MessageLite& request) {
  if (codec::parse(request, call.request())) return {};
  return {grpc::StatusCode::kInternal, "the request is not a valid " + request.GetTypeName(), {}};
}

grpc::Status prepare_reply(::grpc::ServerContextBase& context, const ::grpc::Status& status,
                           const google::protobuf::MessageLite& response, server::ServerCall& call) {
  if (auto taken = take_metadata(context, call); !taken) return from_error(taken.error());
  if (!status.ok()) return from_stock(status);
  const std::size_t size = codec::serialized_size(response);
  if (size == codec::kNotSerializable) {
    return {grpc::StatusCode::kInternal, "the response can't be serialised as " + response.GetTypeName(), {}};
  }
  auto room = call.begin_message(size);
  if (!room) return from_error(room.error());
  codec::serialize(response, *room);
  call.end_message();
  return {};
}

::grpc::Status cancelled_by_handler() { return {::grpc::StatusCode::CANCELLED, "cancelled by the server"}; }

::grpc::Status status_of_current_exception() {
  try {
    throw;
  } catch (const std::exception& thrown) {
    return {::grpc::StatusCode::UNKNOWN, std::string("the handler threw: ") + thrown.what()};
  } catch (...) {  // a handler may throw anything; the caller gets a status all the same
    return {::grpc::StatusCode::UNKNOWN, "the handler threw something that is no std::exception"};
  }
}

}  // namespace hawser::binding
