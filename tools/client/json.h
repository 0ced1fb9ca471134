// Messages of a pool's types as JSON and back, by protobuf's own mapping.
#pragma once

#include <memory>
#include <string>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/type_resolver.h>

#include "hawser/base/result.h"

namespace hawser::tools {

class JsonCodec final {
 public:
  /// `pool` outlives it.
  explicit JsonCodec(const google::protobuf::DescriptorPool& pool);

  /// Scope usage: what is wrong with the text.
  Result<std::string> to_binary(const google::protobuf::Descriptor& type, const std::string& json) const;
  /// One line. Scope stream: the bytes are no such message.
  Result<std::string> to_json(const google::protobuf::Descriptor& type, const std::string& binary) const;

 private:
  std::unique_ptr<google::protobuf::util::TypeResolver> resolver_;
};

}  // namespace hawser::tools
