// Streaming methods for tests, of protobuf's own StringValue.
#pragma once

#include <google/protobuf/wrappers.pb.h>

#include <string>
#include <string_view>

#include "hawser/client/streaming_methods.h"
#include "support/frame_script.h"

namespace hawser::test {

using google::protobuf::StringValue;

inline constexpr client::ClientStreaming<StringValue, StringValue> kUpload{"/test.Service/Upload"};
inline constexpr client::ServerStreaming<StringValue, StringValue> kList{"/test.Service/List"};
inline constexpr client::BidiStreaming<StringValue, StringValue> kTalk{"/test.Service/Talk"};

inline StringValue text(std::string_view value) {
  StringValue message;
  message.set_value(std::string(value));
  return message;
}

/// As it is on the wire.
inline std::string framed(std::string_view value) { return grpc_message(text(value).SerializeAsString()); }

}  // namespace hawser::test
