// The names of streaming methods, with their types:
//
//   constexpr client::BidiStreaming<chat::Line, chat::Line> kTalk{"/chat.Chat/Talk"};
//
// Req and Resp are protobuf messages; `path` is "/package.Service/Method" and outlives every call.
#pragma once

#include <string_view>

namespace hawser::client {

/// Many requests, one response: client::Writer.
template <class Req, class Resp>
struct ClientStreaming {
  std::string_view path;
};

/// One request, many responses: client::Reader.
template <class Req, class Resp>
struct ServerStreaming {
  std::string_view path;
};

/// Many of both: client::ReaderWriter.
template <class Req, class Resp>
struct BidiStreaming {
  std::string_view path;
};

}  // namespace hawser::client
