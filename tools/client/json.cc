#include "tools/client/json.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>

#include "hawser/client/stream_call.h"

namespace hawser::tools {
namespace {

constexpr const char* kUrlPrefix = "type.googleapis.com";

std::string url_of(const google::protobuf::Descriptor& type) {
  return std::string(kUrlPrefix) + "/" + type.full_name();
}

}  // namespace

JsonCodec::JsonCodec(const google::protobuf::DescriptorPool& pool)
    : resolver_(google::protobuf::util::NewTypeResolverForDescriptorPool(kUrlPrefix, &pool)) {}

Result<std::string> JsonCodec::to_binary(const google::protobuf::Descriptor& type,
                                         const std::string& json) const {
  std::string binary;
  const auto status =
      google::protobuf::util::JsonToBinaryString(resolver_.get(), url_of(type), json, &binary);
  if (status.ok()) return binary;
  return usage_error("not a " + type.full_name() + " in JSON: " + std::string(status.message()));
}

Result<std::string> JsonCodec::to_json(const google::protobuf::Descriptor& type,
                                       const std::string& binary) const {
  std::string json;
  const auto status =
      google::protobuf::util::BinaryToJsonString(resolver_.get(), url_of(type), binary, &json);
  if (status.ok()) return json;
  return tl::unexpected<Error>(
      Error{ErrorScope::kStream, static_cast<int>(grpc::StatusCode::kInternal),
            "the reply is no " + type.full_name() + ": " + std::string(status.message())});
}

}  // namespace hawser::tools
