#include "hawser/codec/protobuf_codec.h"

#include <limits>

#include <google/protobuf/message_lite.h>

namespace hawser::codec {
namespace {
// Protobuf counts in int (protobuf.dev, "Total Size of the Message").
constexpr std::size_t kMostBytes = static_cast<std::size_t>(std::numeric_limits<int>::max());
}  // namespace

bool parse(google::protobuf::MessageLite& message, Bytes bytes) {
  return bytes.size() <= kMostBytes && message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

std::size_t serialized_size(const google::protobuf::MessageLite& message) {
  if (!message.IsInitialized()) return kNotSerializable;
  const std::size_t size = message.ByteSizeLong();
  return size <= kMostBytes ? size : kNotSerializable;
}

void serialize(const google::protobuf::MessageLite& message, MutableBytes into) {
  static_cast<void>(message.SerializeWithCachedSizesToArray(into.data()));
}

std::string type_name(const google::protobuf::MessageLite& message) { return message.GetTypeName(); }

}  // namespace hawser::codec
