// The half of ServerStream that sends.
#include <algorithm>
#include <array>

#include "hawser/grpc/compression.h"
#include "hawser/grpc/field_list.h"
#include "hawser/grpc/metadata.h"
#include "hawser/grpc/percent_encoding.h"
#include "hawser/grpc/server_stream.h"

namespace hawser::grpc {
namespace {

constexpr std::array<std::string_view, 17> kStatusText = {"0", "1",  "2",  "3",  "4",  "5",  "6",  "7", "8",
                                                          "9", "10", "11", "12", "13", "14", "15", "16"};
constexpr http2::HeaderField kHttpOk{":status", "200"};
constexpr http2::HeaderField kStatusExpired{"grpc-status", "4"};
constexpr http2::HeaderField kStatusCancelled{"grpc-status", "1"};
constexpr http2::HeaderField kMessageCancelled{"grpc-message", "cancelled by the server"};
constexpr http2::HeaderField kMessageExpired{"grpc-message", "deadline exceeded"};

// Left of the peer's header list limit for :status, content-type and the two fields of compression, or
// grpc-status and server-timing (P-42).
constexpr std::size_t kReservedListBytes = 256;
// nghttp2's session drops a larger block without a word, and nobody needs one (P-42).
constexpr std::size_t kLargestListBytes = 64 * 1024;
// A message for people; longer ones serve nobody and could exceed what the peer decodes.
constexpr std::size_t kLongestMessage = 4096;

std::string_view http_status_text(int http_status) {
  switch (http_status) {
    case 405:
      return "405";
    case 415:
      return "415";
    default:
      return "200";
  }
}

// A handler may return any number as its code: what is outside gRPC's range is UNKNOWN (doc/statuscodes.md).
std::string_view status_text(StatusCode code) {
  const auto index = static_cast<std::size_t>(code);
  return index < kStatusText.size() ? kStatusText[index] : "2";
}

}  // namespace

void ServerStream::reply(const Status& status, int http_status) {
  if (state_ == State::kReplied) return;
  const std::size_t initial_bytes = headers_sent_ ? 0 : initial_.list_bytes();
  if (status.ok() && std::max(initial_bytes, trailing_.list_bytes()) > list_room()) {
    return reply({StatusCode::kResourceExhausted, "the reply's metadata are over the client's limit", {}});
  }
  enter_replied();
  status_text_ = status_text(status.code);
  if (headers_sent_) {
    add_status_fields(status);
    // The trailers follow what was written (P-78), at once when that has left: they need no window.
    if (!writer_.has_message()) submit_trailers();
    return;
  }
  const bool has_body = status.ok() && writer_.has_message();
  if (!has_body) writer_.clear();
  add_status_fields(status);
  // Initial metadata of a call that failed stay initial ones, as in grpc++: in a block of their own.
  if (has_body || !initial_.empty()) return send_headers();
  send_trailers_only(http_status);
}

void ServerStream::enter_replied() {
  state_ = State::kReplied;
  if (!streams_requests_ || held_.empty()) return;
  if (!remote_closed_) session_->consume_stream(id_, held_.size());
  held_.clear();
}

void ServerStream::cut(Cut reason) {
  if (state_ == State::kReplied) return;
  enter_replied();
  const bool expired = reason == Cut::kDeadlineExceeded;
  if (headers_sent_) return cut_streamed_reply(expired);
  const std::array<http2::HeaderField, 4> fields = {{kHttpOk,
                                                     {"content-type", head_.response_content_type()},
                                                     expired ? kStatusExpired : kStatusCancelled,
                                                     expired ? kMessageExpired : kMessageCancelled}};
  static_cast<void>(session_->submit_response(id_, fields, false));
}

void ServerStream::cut_streamed_reply(bool expired) {
  if (!writer_.at_message_boundary()) return session_->submit_reset(id_, http2::ErrorCode::kCancel);
  writer_.clear();
  const std::array<http2::HeaderField, 2> fields = {
      {expired ? kStatusExpired : kStatusCancelled, expired ? kMessageExpired : kMessageCancelled}};
  static_cast<void>(session_->submit_trailers(id_, fields));
}

void ServerStream::set_compression(Encoding encoding) {
  if (headers_sent_) return;
  const bool is_understood =
      head_.accepted_encodings().contains(encoding) && supported_encodings().contains(encoding);
  encoding_ = is_understood ? encoding : Encoding::kIdentity;
}

std::size_t ServerStream::list_room() const {
  const std::size_t limit = std::min<std::size_t>(session_->peer_max_header_list_bytes(), kLargestListBytes);
  return limit > kReservedListBytes ? limit - kReservedListBytes : 0;
}

void ServerStream::add_status_fields(const Status& status) {
  if (status.ok()) return;
  const std::size_t room = list_room();
  // The status must arrive: first the message is cut, then custom fields go (P-42).
  // Headers that were sent are a block of their own, and the session may still look at their fields.
  const std::size_t beside = headers_sent_ ? 0 : initial_.list_bytes();
  if (beside + trailing_.list_bytes() > room) {
    if (!headers_sent_) initial_.clear();
    trailing_.clear();
  }
  const auto left_in = [&] {
    return room - (headers_sent_ ? 0 : initial_.list_bytes()) - trailing_.list_bytes();
  };
  std::size_t left = left_in();
  if (!status.details.empty() && status.details.size() * 4 / 3 + 64 < left) {
    append_metadata(trailing_, "grpc-status-details-bin", status.details);
    left = left_in();
  }
  const std::string message = percent_encode(status.message, std::min(left, kLongestMessage));
  if (!message.empty()) trailing_.add("grpc-message", message);
}

void ServerStream::send_trailers_only(int http_status) {
  FieldList fields;
  fields.add({":status", http_status_text(http_status)});
  fields.add({"content-type", head_.response_content_type()});
  fields.add({"grpc-status", status_text_});
  fields.add(trailing_);
  // It can fail only when the stream is gone, and then nobody waits for it.
  static_cast<void>(session_->submit_response(id_, fields.view(), false));
}

void ServerStream::send_headers() {
  headers_sent_ = true;
  FieldList fields;
  fields.add(kHttpOk);
  fields.add({"content-type", head_.response_content_type()});
  if (encoding_ != Encoding::kIdentity) fields.add({"grpc-encoding", to_string(encoding_)});
  if (head_.speaks_of_compression()) fields.add({"grpc-accept-encoding", accept_encoding()});  // P-61
  fields.add(initial_);
  static_cast<void>(session_->submit_response(id_, fields.view(), true));
}

void ServerStream::submit_trailers() {
  FieldList fields;
  fields.add({"grpc-status", status_text_});
  fields.add(trailing_);
  // It can fail only when the stream is gone, and then nobody waits for it.
  static_cast<void>(session_->submit_trailers(id_, fields.view()));
}

void ServerStream::send_initial_metadata() {
  if (!headers_sent_ && state_ != State::kReplied) send_headers();
}

void ServerStream::end_write(Compress compress) {
  if (compress == Compress::kAsCall) end_message();
  if (!headers_sent_) return send_headers();
  if (!body_waits_) return;
  body_waits_ = false;
  session_->resume_body(id_);
}

http2::BodyChunk ServerStream::on_body_wanted(MutableBytes into) {
  using Then = http2::BodyChunk::Then;
  const std::size_t size = writer_.read(into);
  if (writer_.remaining() > 0) return {size, Then::kMore};
  if (state_ != State::kReplied) {
    // More may be written; the session asks again after these bytes.
    if (size > 0) return {size, Then::kMore};
    body_waits_ = true;
    return {0, Then::kWait};
  }
  FieldList fields;
  fields.add({"grpc-status", status_text_});
  fields.add(trailing_);
  return {size, session_->submit_trailers(id_, fields.view()) ? Then::kTrailers : Then::kReset};
}

void ServerStream::on_last_frame_sent() {
  if (!remote_closed_) session_->submit_reset(id_, http2::ErrorCode::kNoError);
}

}  // namespace hawser::grpc
