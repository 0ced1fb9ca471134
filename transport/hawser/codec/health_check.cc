#include "hawser/codec/health_check.h"

#include <google/protobuf/wrappers.pb.h>

#include "hawser/codec/protobuf_codec.h"

namespace hawser::codec {

std::string health_check_request(std::string_view service) {
  google::protobuf::StringValue request;  // string service = 1
  request.set_value(std::string(service));
  return request.SerializeAsString();
}

std::optional<ServingStatus> parse_health_check_response(Bytes bytes) {
  google::protobuf::Int32Value response;  // ServingStatus status = 1
  if (!parse(response, bytes)) return std::nullopt;
  return static_cast<ServingStatus>(response.value());
}

}  // namespace hawser::codec
