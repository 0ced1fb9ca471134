#include "hawser/client/message_status.h"

#include "hawser/codec/protobuf_codec.h"

namespace hawser::client::detail {

using grpc::StatusCode;

grpc::Status not_serializable() {
  return {StatusCode::kInternal,
          "the request can't be serialised: a required field is missing, or it has 2 GiB",
          {}};
}

grpc::Status not_parsable(const google::protobuf::MessageLite& response) {
  return {StatusCode::kInternal, "the response is no " + codec::type_name(response), {}};
}

grpc::Status blocks_loop() {
  return {StatusCode::kInternal, "a blocking call on the channel's own loop thread", {}};
}

}  // namespace hawser::client::detail
