#include "hawser/http2/library_session.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "hawser/http2/library_session_callbacks.h"
#include "hawser/http2/memory_table.h"
#include "hawser/http2/name_values.h"
#include "hawser/http2/session_detail.h"

namespace hawser::http2 {
namespace {

// A submit that nghttp2 refused: the stream is gone, or memory is. One stream is affected. The library's own
// number is no code of that scope; its words say what it was.
Result<void> submitted(int result) {
  if (result >= 0) return {};
  return tl::unexpected<Error>(Error{ErrorScope::kStream, kGrpcInternal, nghttp2_strerror(result)});
}

// Fatal results of nghttp2_session_mem_recv and _mem_send.
tl::unexpected<Error> library_error(ssize_t result) {
  const int code = static_cast<int>(result);
  switch (code) {
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
      return connection_error(ErrorCode::kProtocolError,
                              "no HTTP/2 connection preface: gRPC needs HTTP/2 with prior knowledge");
    case NGHTTP2_ERR_FLOODED:
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
      return connection_error(ErrorCode::kEnhanceYourCalm, nghttp2_strerror(code));
    default:
      return connection_error(ErrorCode::kInternalError, nghttp2_strerror(code));
  }
}

std::uint32_t to_window(std::uint32_t bytes) {
  return std::min<std::uint32_t>(bytes, NGHTTP2_MAX_WINDOW_SIZE);
}

constexpr std::size_t kLargestCreditStep = 64 * 1024;

}  // namespace

Result<std::unique_ptr<LibrarySession>> LibrarySession::create(const SessionConfig& config,
                                                               SessionEvents& events, MemoryPool& pool) {
  std::unique_ptr<LibrarySession> session(new LibrarySession(events, pool));
  session->role_ = config.role();
  session->header_fields_fatal_ = config.limits().header_fields_fatal;
  session->last_stream_id_ = config.limits().last_stream_id;
  session->connection_step_ =
      std::min<std::size_t>(config.limits().connection_window_bytes / 4, kLargestCreditStep);
  const auto make =
      config.role() == Role::kServer ? &nghttp2_session_server_new3 : &nghttp2_session_client_new3;
  MemoryTable table = session->memory_.table();
  if (make(&session->session_, config.callbacks_, session.get(), config.option_, &table.library) != 0) {
    return io_error(ENOMEM, "HTTP/2 session");
  }
  if (auto submitted = session->submit_first_settings(config); !submitted) {
    return tl::unexpected<Error>(submitted.error());
  }
  return session;
}

LibrarySession::~LibrarySession() { nghttp2_session_del(session_); }

Result<void> LibrarySession::submit_first_settings(const SessionConfig& config) {
  const Limits& limits = config.limits();
  std::vector<nghttp2_settings_entry> entries = {
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, to_window(limits.stream_window_bytes)},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits.header_list_bytes)},
  };
  if (role_ == Role::kServer) {
    entries.push_back({NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.max_concurrent_streams});
    entries.push_back({NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1});  // S-20
  } else {
    entries.push_back({NGHTTP2_SETTINGS_ENABLE_PUSH, 0});  // P-2
    entries.push_back({NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 0});
  }
  const int settings = nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, entries.data(), entries.size());
  if (settings != 0) return submitted(settings);
  return submitted(nghttp2_session_set_local_window_size(
      session_, NGHTTP2_FLAG_NONE, kConnectionStream,
      static_cast<std::int32_t>(to_window(limits.connection_window_bytes))));
}

Result<void> LibrarySession::receive(Bytes bytes) {
  if (ended_) return {};
  const ssize_t used = nghttp2_session_mem_recv(session_, bytes.data(), bytes.size());
  settle_stream_credit();
  settle_connection_credit();
  if (used < 0) return library_error(used);
  if (poisoned_) {
    poisoned_ = false;
    return connection_error(ErrorCode::kEnhanceYourCalm, "header list far over the limit");
  }
  return {};
}

Result<void> LibrarySession::drain(ByteQueue& output, std::size_t high_water) {
  // What was consumed outside of receive(): its WINDOW_UPDATE goes out now, or the peer might never send
  // again.
  settle_stream_credit();
  settle_connection_credit();
  output_ = &output;
  high_water_ = high_water;
  while (output.size() < high_water) {
    make_room_for_frames(output, high_water);
    const std::uint8_t* frame = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &frame);
    if (size < 0) return library_error(size);
    if (size == 0) break;
    output.append({frame, static_cast<std::size_t>(size)});
  }
  return {};
}

bool LibrarySession::is_alive() const {
  if (nghttp2_session_want_write(session_) != 0) return true;
  return !ended_ && nghttp2_session_want_read(session_) != 0;
}

bool LibrarySession::wants_write() const { return nghttp2_session_want_write(session_) != 0; }

std::size_t LibrarySession::queued_frames() const {
  return nghttp2_session_get_outbound_queue_size(session_);
}

Result<void> LibrarySession::submit_response(StreamId id, std::span<const HeaderField> fields,
                                             bool has_body) {
  const NameValues values(fields);
  const nghttp2_data_provider provider = Callbacks::body_of(has_body ? find_stream(id) : nullptr);
  return submitted(
      nghttp2_submit_response(session_, id, values.data(), values.size(), has_body ? &provider : nullptr));
}

Result<void> LibrarySession::submit_trailers(StreamId id, std::span<const HeaderField> fields) {
  const NameValues values(fields);
  return submitted(nghttp2_submit_trailer(session_, id, values.data(), values.size()));
}

Result<StreamId> LibrarySession::submit_request(std::span<const HeaderField> fields, Stream& stream,
                                                bool has_body) {
  stream.checks_.begin_message();
  const NameValues values(fields);
  const nghttp2_data_provider provider = Callbacks::body_of(&stream);
  const std::int32_t id = nghttp2_submit_request(session_, nullptr, values.data(), values.size(),
                                                 has_body ? &provider : nullptr, &stream);
  if (id < 0) return tl::unexpected<Error>(submitted(id).error());
  recent_id_ = id;
  recent_stream_ = &stream;
  return id;
}

// These four can fail only for lack of memory, after which the connection's own limits end it; nothing
// that a caller could do better.
void LibrarySession::submit_reset(StreamId id, ErrorCode code) {
  static_cast<void>(
      nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, static_cast<std::uint32_t>(code)));
}

void LibrarySession::submit_ping(std::uint64_t payload) {
  std::array<std::uint8_t, sizeof(payload)> bytes;
  std::memcpy(bytes.data(), &payload, sizeof(payload));
  static_cast<void>(nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, bytes.data()));
}

void LibrarySession::submit_shutdown_notice() { static_cast<void>(nghttp2_submit_shutdown_notice(session_)); }

void LibrarySession::submit_final_goaway(std::string_view debug) {
  static_cast<void>(nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                                          nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                                          reinterpret_cast<const std::uint8_t*>(debug.data()), debug.size()));
}

void LibrarySession::end(ErrorCode code, std::string_view debug) {
  if (ended_) return;
  ended_ = true;
  const std::int32_t last = nghttp2_session_get_last_proc_stream_id(session_);
  const auto number = static_cast<std::uint32_t>(code);
  // nghttp2's terminating GOAWAY carries no debug data, so the words go ahead in one of their own.
  if (!debug.empty()) {
    static_cast<void>(nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last, number,
                                            reinterpret_cast<const std::uint8_t*>(debug.data()),
                                            debug.size()));
  }
  static_cast<void>(nghttp2_session_terminate_session2(session_, last, number));
}

void LibrarySession::consume(StreamId id, std::size_t size) {
  if (credit_.stream != id) {
    settle_stream_credit();
    credit_.stream = id;
  }
  credit_.stream_bytes += size;
}

void LibrarySession::consume_connection(std::size_t size) { credit_.connection_bytes += size; }

void LibrarySession::consume_stream(StreamId id, std::size_t size) {
  static_cast<void>(nghttp2_session_consume_stream(session_, id, size));
}

void LibrarySession::settle_stream_credit() {
  if (credit_.stream_bytes == 0) return;
  static_cast<void>(nghttp2_session_consume(session_, credit_.stream, credit_.stream_bytes));
  credit_.stream_bytes = 0;
}

void LibrarySession::settle_ended_stream(StreamId id) {
  if (credit_.stream != id) return;
  credit_.connection_bytes += credit_.stream_bytes;
  credit_.stream_bytes = 0;
}

void LibrarySession::settle_connection_credit() {
  if (credit_.connection_bytes < connection_step_) return;
  static_cast<void>(nghttp2_session_consume_connection(session_, credit_.connection_bytes));
  credit_.connection_bytes = 0;
}

Stream* LibrarySession::look_up_stream(StreamId id) {
  recent_id_ = id;
  recent_stream_ = static_cast<Stream*>(nghttp2_session_get_stream_user_data(session_, id));
  return recent_stream_;
}

void LibrarySession::reject(StreamId id, Stream& stream) {
  stream.checks_.mark_malformed();
  unheard_fields_ = 0;
  submit_reset(id, ErrorCode::kProtocolError);
}

void LibrarySession::resume_body(StreamId id) {
  static_cast<void>(nghttp2_session_resume_data(session_, id));
}

void LibrarySession::forget(StreamId id) {
  if (id == recent_id_) recent_stream_ = nullptr;
  static_cast<void>(nghttp2_session_set_stream_user_data(session_, id, nullptr));
}

void LibrarySession::give_memory_back() {
  if (is_alive() && !wants_write()) memory_.give_pages_back();
}

std::uint32_t LibrarySession::peer_max_concurrent_streams() const {
  return nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

std::uint32_t LibrarySession::peer_max_header_list_bytes() const {
  return nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE);
}

bool LibrarySession::is_out_of_stream_ids() const {
  return nghttp2_session_get_next_stream_id(session_) > last_stream_id_;
}

}  // namespace hawser::http2
