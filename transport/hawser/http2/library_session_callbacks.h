// Internal to http2/: the static trampolines between nghttp2's C callbacks and SessionEvents. Each casts
// the user data once and makes one typed call.
#pragma once

#include <nghttp2/nghttp2.h>

#include "hawser/http2/library_session.h"

namespace hawser::http2 {

struct LibrarySession::Callbacks {
  static void install(nghttp2_session_callbacks* table);

  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user_data);
  static int on_later_block(const nghttp2_frame& frame, LibrarySession& session);
  static void end_refused(LibrarySession& session);
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t flags, void* user_data);
  static int on_unheard_field(LibrarySession& session);
  static bool is_well_formed(LibrarySession& session, const nghttp2_frame_hd& header, Stream& stream);
  static int on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* header, void* user_data);
  static int on_frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user_data);
  static int on_data_chunk(nghttp2_session*, std::uint8_t flags, std::int32_t id, const std::uint8_t* data,
                           std::size_t size, void* user_data);
  static int on_frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user_data);
  static int on_stream_close(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user_data);
  /// nghttp2_data_source_read_callback; the stream is the data source.
  static ssize_t read_body(nghttp2_session*, std::int32_t id, std::uint8_t* buffer, std::size_t size,
                           std::uint32_t* flags, nghttp2_data_source* source, void* user_data);
  /// Where the next DATA frame can be made in place: in the output, behind room for its header. Empty when
  /// the library's own buffer has to do.
  static MutableBytes room_for_frame(LibrarySession& session, std::size_t size);
  /// nghttp2_send_data_callback: finishes a frame that read_body made in place.
  static int send_data(nghttp2_session*, nghttp2_frame*, const std::uint8_t* header, std::size_t size,
                       nghttp2_data_source*, void* user_data);
  static nghttp2_data_provider body_of(Stream* stream);
};

}  // namespace hawser::http2
