// Session events for grpc::ClientStream alone, without a protocol around it.
#pragma once

#include <cstdint>
#include <string_view>

#include "hawser/grpc/client_stream.h"
#include "hawser/http2/session_events.h"

namespace hawser::test {

/// What the session's events carry.
struct StreamHandle final : http2::Stream {
  grpc::ClientStream stream;
};

/// Hands the session's events to their stream, as client::ClientProtocol does.
class StreamEvents final : public http2::SessionEvents {
 public:
  http2::Stream* on_stream_begin(http2::StreamId) override { return nullptr; }
  void on_refused_end(http2::StreamId) override {}
  void on_trailers_begin(http2::Stream&) override {}
  http2::HeaderVerdict on_header(http2::Stream& s, http2::HeaderField field) override {
    return of(s).on_header(field);
  }
  void on_headers_end(http2::Stream& s, bool end) override { of(s).on_headers_end(end); }
  void on_data(http2::Stream& s, Bytes bytes) override { of(s).on_data(bytes); }
  void on_end_of_stream(http2::Stream& s) override { of(s).on_end_of_stream(); }
  http2::BodyChunk on_body_wanted(http2::Stream& s, MutableBytes into) override {
    return of(s).on_body_wanted(into);
  }
  void on_last_frame_sent(http2::Stream& s) override { of(s).on_last_frame_sent(); }
  void on_stream_closed(http2::Stream& s, http2::ErrorCode code) override { of(s).on_closed(code); }
  void on_reset_sent(http2::StreamId, http2::ErrorCode) override {}
  void on_reset_received(http2::StreamId, http2::ErrorCode) override {}
  void on_idle_frame(http2::IdleFrame) override {}
  void on_settings() override {}
  void on_settings_acknowledged() override {}
  void on_ping_acknowledged(std::uint64_t) override {}
  void on_goaway(http2::StreamId, http2::ErrorCode, std::string_view) override {}

 private:
  static grpc::ClientStream& of(http2::Stream& stream) { return static_cast<StreamHandle&>(stream).stream; }
};

}  // namespace hawser::test
