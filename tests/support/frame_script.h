// The bytes that a peer sends, written as a script of frames:
//
//   FrameScript script;
//   script.preface().settings().request(1, "/echo.EchoService/Echo", message);
//   session.receive(as_bytes(script.bytes()));
//
// Header blocks are encoded by one HPACK encoder a script, so a script is one connection: take() hands out
// what was added since the last take and keeps the encoder's table.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "hawser/http2/types.h"
#include "support/frame.h"

struct nghttp2_hd_deflater;

namespace hawser::test {

inline constexpr int kNoPadding = -1;

struct HeadersShape {
  bool end_stream = false;
  bool end_headers = true;   ///< false: the block never ends
  int padding = kNoPadding;  ///< bytes of padding, 0-255; kNoPadding: no PADDED flag
  std::size_t fragment = 0;  ///< bytes of the block a frame; the rest goes into CONTINUATION. 0: all in one
};

class FrameScript final {
 public:
  FrameScript();
  ~FrameScript();
  FrameScript(FrameScript&&) noexcept;
  FrameScript& operator=(FrameScript&&) noexcept;

  FrameScript& preface();
  FrameScript& settings(std::initializer_list<Setting> settings = {});
  FrameScript& settings_ack();
  FrameScript& headers(http2::StreamId id, const Fields& fields, HeadersShape shape = {});
  FrameScript& data(http2::StreamId id, std::string_view bytes, bool end_stream = false,
                    int padding = kNoPadding);
  FrameScript& reset(http2::StreamId id, http2::ErrorCode code);
  FrameScript& goaway(http2::StreamId last, http2::ErrorCode code, std::string_view debug = {});
  FrameScript& ping(std::uint64_t payload, bool ack = false);
  FrameScript& window_update(http2::StreamId id, std::uint32_t increment);
  FrameScript& priority(http2::StreamId id, http2::StreamId depends_on, std::uint8_t weight = 15);
  /// Any frame, however wrong.
  FrameScript& frame(std::uint8_t type, std::uint8_t flags, http2::StreamId id, std::string_view payload);
  FrameScript& frame(FrameType type, std::uint8_t flags, http2::StreamId id, std::string_view payload);
  /// HEADERS whose block is given as bytes (hpack_literal, hpack_indexed).
  FrameScript& header_block(http2::StreamId id, std::string_view block, HeadersShape shape = {});
  FrameScript& raw(std::string_view bytes);

  /// Preface and SETTINGS: what each client starts with.
  FrameScript& client_start() { return preface().settings(); }
  /// A whole unary call: HEADERS and one DATA with END_STREAM. `message` is what the gRPC prefix precedes.
  FrameScript& request(http2::StreamId id, std::string_view path, std::string_view message);
  /// A whole unary reply: HEADERS, DATA, trailers.
  FrameScript& response(http2::StreamId id, std::string_view message, std::string_view grpc_status = "0");
  FrameScript& trailers(http2::StreamId id, const Fields& fields) {
    return headers(id, fields, {.end_stream = true});
  }

  const std::string& bytes() const { return bytes_; }
  std::string take();

 private:
  struct Deleter {
    void operator()(nghttp2_hd_deflater* deflater) const;
  };

  std::string encode(const Fields& fields);

  std::unique_ptr<nghttp2_hd_deflater, Deleter> deflater_;
  std::string bytes_;
};

/// The fields of a gRPC request as stock clients send them.
Fields request_fields(std::string_view path);
Fields response_fields();

/// The five-byte prefix and the message.
std::string grpc_message(std::string_view payload, bool compressed = false);
/// A prefix that announces `size` bytes and nothing behind it.
std::string grpc_prefix(std::uint32_t size, std::uint8_t flag = 0);

/// One field without an encoder: literal, no Huffman code; `indexed` enters it into the peer's table.
std::string hpack_literal(std::string_view name, std::string_view value, bool indexed = false);
/// A field of the table by number; 62 is the newest dynamic entry (RFC 7541 2.3.3).
std::string hpack_indexed(std::uint32_t index);

}  // namespace hawser::test
