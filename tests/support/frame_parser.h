// What our side sent, frame by frame: the counterpart of FrameScript. Header blocks are decoded by one HPACK
// decoder a parser, so a parser is one connection.
//
//   parser.feed(output);
//   CHECK(parser.summary() == "SETTINGS, SETTINGS ack, HEADERS 1, DATA 1 (10), HEADERS 1 end");
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hawser/base/byte_queue.h"
#include "hawser/http2/types.h"
#include "support/frame.h"

struct nghttp2_hd_inflater;

namespace hawser::test {

struct Frame {
  FrameType type{};
  std::uint8_t flags = 0;
  http2::StreamId id = 0;
  std::string payload;  ///< without padding
  Fields fields;        ///< HEADERS with its CONTINUATIONs

  bool ends_stream() const;
  bool is_ack() const;
  /// Value of the first field of the name; "(none)" without one, which no value is.
  std::string_view header(std::string_view name) const;
  /// RST_STREAM and GOAWAY.
  http2::ErrorCode error_code() const;
  /// GOAWAY.
  http2::StreamId last_stream_id() const;
  std::string_view debug_data() const;
  /// WINDOW_UPDATE.
  std::uint32_t increment() const;
  /// SETTINGS: the value, or -1 when it isn't in the frame.
  std::int64_t setting(SettingId setting) const;
  /// "HEADERS 1 end", "DATA 1 (17)", "RST_STREAM 1 CANCEL", "GOAWAY 3 NO_ERROR".
  std::string summary() const;
};

class FrameParser final {
 public:
  FrameParser();
  ~FrameParser();
  FrameParser(FrameParser&&) noexcept;
  FrameParser& operator=(FrameParser&&) noexcept;

  /// A client's preface is recognised and skipped. Throws on what is no HTTP/2.
  void feed(std::string_view bytes);
  void feed(Bytes bytes);

  const std::vector<Frame>& frames() const { return frames_; }
  /// The frames since the last take().
  std::vector<Frame> take();
  std::string summary() const;
  bool saw_preface() const { return saw_preface_; }
  bool has_incomplete_frame() const { return !rest_.empty(); }

  using Filter = std::function<bool(const Frame&)>;
  /// First frame of the type (and stream, unless 0); nullptr when there is none.
  const Frame* find(FrameType type, http2::StreamId id = 0) const;
  std::size_t count(FrameType type, http2::StreamId id = 0) const;
  /// The DATA of a stream, all frames together.
  std::string body(http2::StreamId id) const;
  /// The HEADERS with END_STREAM of a stream; an empty frame when there is none.
  Frame last_headers(http2::StreamId id) const;

 private:
  struct Deleter {
    void operator()(nghttp2_hd_inflater* inflater) const;
  };

  bool parse_one();
  void finish(Frame frame);
  Fields decode(std::string_view block);

  std::unique_ptr<nghttp2_hd_inflater, Deleter> inflater_;
  std::string rest_;
  std::vector<Frame> frames_;
  std::string block_;  // of a HEADERS whose CONTINUATIONs have not ended
  Frame open_headers_;
  bool saw_preface_ = false;
  bool at_start_ = true;
};

std::string summary(const std::vector<Frame>& frames);

}  // namespace hawser::test
