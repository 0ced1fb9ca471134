#include "hawser/grpc/server_stream.h"

#include <algorithm>
#include <array>
#include <vector>

#include "hawser/grpc/metadata.h"
#include "hawser/grpc/percent_encoding.h"

namespace hawser::grpc {
namespace {

constexpr std::array<std::string_view, 17> kStatusText = {"0", "1",  "2",  "3",  "4",  "5",  "6",  "7", "8",
                                                          "9", "10", "11", "12", "13", "14", "15", "16"};
constexpr http2::HeaderField kHttpOk{":status", "200"};
constexpr http2::HeaderField kStatusExpired{"grpc-status", "4"};
constexpr http2::HeaderField kStatusCancelled{"grpc-status", "1"};
constexpr http2::HeaderField kMessageCancelled{"grpc-message", "cancelled by the server"};
constexpr http2::HeaderField kMessageExpired{"grpc-message", "deadline exceeded"};

// Left of the peer's header list limit for :status, content-type and grpc-status beside a message (P-42).
constexpr std::size_t kReservedListBytes = 256;
// nghttp2 drops a larger block without a word, and the call would hang.
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

// A list of fields to submit: a few constants, then a block of metadata.
class FieldList final {
 public:
  void add(http2::HeaderField field) {
    if (size_ < few_.size()) {
      few_[size_++] = field;
      return;
    }
    if (many_.empty()) many_.assign(few_.begin(), few_.end());
    many_.push_back(field);
  }
  void add(const http2::HeaderBlock& block) {
    for (std::size_t i = 0; i < block.size(); ++i) add(block[i]);
  }
  std::span<const http2::HeaderField> view() const {
    if (!many_.empty()) return many_;
    return {few_.data(), size_};
  }

 private:
  std::array<http2::HeaderField, 12> few_;
  std::size_t size_ = 0;
  std::vector<http2::HeaderField> many_;
};

}  // namespace

void ServerStream::open(http2::Session& session, http2::StreamId id, const http2::Limits& limits,
                        std::size_t max_receive_bytes) {
  session_ = &session;
  limits_ = &limits;
  id_ = id;
  state_ = State::kHead;
  remote_closed_ = has_message_ = in_trailers_ = false;
  head_.reset();
  reader_.reset(max_receive_bytes);
  writer_.clear();
  initial_.clear();
  trailing_.clear();
}

http2::HeaderVerdict ServerStream::on_header(http2::HeaderField field) {
  if (state_ == State::kHead) return head_.add(field, *limits_);
  if (!in_trailers_) {
    in_trailers_ = true;
    head_.reset_accounting();
  }
  return head_.count(field, *limits_);
}

bool ServerStream::on_headers_end(bool end_of_stream) {
  if (state_ != State::kHead) return true;  // a trailer block: gRPC requests have none, it says nothing
  state_ = State::kBody;
  remote_closed_ = end_of_stream;
  const std::optional<Rejection> rejection = head_.check();
  if (rejection) reply(rejection->status, rejection->http_status);
  return !rejection.has_value();
}

void ServerStream::on_data(Bytes bytes) {
  // Copied out or dropped below, so the credit can go back at once (P-9).
  session_->consume(id_, bytes.size());
  while (state_ == State::kBody && !bytes.empty()) {
    if (has_message_) {
      return fail({ErrorScope::kStream, static_cast<int>(StatusCode::kInternal),
                   "a unary request has one message, this one has more"});  // P-50
    }
    switch (reader_.feed(bytes)) {
      case MessageReader::Event::kNeedMore:
        break;
      case MessageReader::Event::kMessage:
        take_message();
        break;
      case MessageReader::Event::kFailed:
        return fail(reader_.error());
    }
  }
}

void ServerStream::take_message() {
  has_message_ = true;
  if (!reader_.is_compressed()) return;
  if (head_.encoding().empty()) {
    return fail({ErrorScope::kStream, static_cast<int>(StatusCode::kInternal),
                 "a message is marked compressed, but the request names no grpc-encoding"});  // P-56
  }
  trailing_.add("grpc-accept-encoding", "identity");
  fail(
      {ErrorScope::kStream, static_cast<int>(StatusCode::kUnimplemented),
       "grpc-encoding " + std::string(head_.encoding()) + " is not supported; supported: identity"});  // P-57
}

bool ServerStream::on_end_of_stream() {
  remote_closed_ = true;
  if (state_ != State::kBody) return false;
  if (!has_message_) {
    fail({ErrorScope::kStream, static_cast<int>(StatusCode::kInternal),
          reader_.at_boundary() ? "a unary request has one message, this one has none"
                                : "the request ended inside a message"});  // P-49, P-50
    return false;
  }
  state_ = State::kComplete;
  return true;
}

void ServerStream::fail(const Error& error) {
  reply(Status{static_cast<StatusCode>(error.code), error.detail, {}});
}

void ServerStream::reply(const Status& status, int http_status) {
  if (state_ == State::kReplied) return;
  if (status.ok() && std::max(initial_.list_bytes(), trailing_.list_bytes()) > list_room()) {
    return reply({StatusCode::kResourceExhausted, "the reply's metadata are over the client's limit", {}});
  }
  state_ = State::kReplied;
  status_text_ = status_text(status.code);
  const bool has_body = status.ok() && writer_.has_message();
  if (!has_body) writer_.clear();
  add_status_fields(status);
  // Initial metadata of a call that failed stay initial ones, as in grpc++: in a block of their own.
  if (has_body || !initial_.empty()) return send_headers();
  send_trailers_only(http_status);
}

void ServerStream::cut(Cut reason) {
  if (state_ == State::kReplied) return;
  state_ = State::kReplied;
  const bool expired = reason == Cut::kDeadlineExceeded;
  const std::array<http2::HeaderField, 4> fields = {{kHttpOk,
                                                     {"content-type", head_.response_content_type()},
                                                     expired ? kStatusExpired : kStatusCancelled,
                                                     expired ? kMessageExpired : kMessageCancelled}};
  static_cast<void>(session_->submit_response(id_, fields, false));
}

std::size_t ServerStream::list_room() const {
  const std::size_t limit = std::min<std::size_t>(session_->peer_max_header_list_bytes(), kLargestListBytes);
  return limit > kReservedListBytes ? limit - kReservedListBytes : 0;
}

void ServerStream::add_status_fields(const Status& status) {
  if (status.ok()) return;
  const std::size_t room = list_room();
  // The status must arrive: first the message is cut, then custom fields go (P-42).
  if (initial_.list_bytes() + trailing_.list_bytes() > room) {
    initial_.clear();
    trailing_.clear();
  }
  std::size_t left = room - initial_.list_bytes() - trailing_.list_bytes();
  if (!status.details.empty() && status.details.size() * 4 / 3 + 64 < left) {
    append_metadata(trailing_, "grpc-status-details-bin", status.details);
    left = room - initial_.list_bytes() - trailing_.list_bytes();
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
  FieldList fields;
  fields.add(kHttpOk);
  fields.add({"content-type", head_.response_content_type()});
  fields.add(initial_);
  static_cast<void>(session_->submit_response(id_, fields.view(), true));
}

http2::BodyChunk ServerStream::on_body_wanted(MutableBytes into) {
  using Then = http2::BodyChunk::Then;
  const std::size_t size = writer_.read(into);
  if (writer_.remaining() > 0) return {size, Then::kMore};
  FieldList fields;
  fields.add({"grpc-status", status_text_});
  fields.add(trailing_);
  return {size, session_->submit_trailers(id_, fields.view()) ? Then::kTrailers : Then::kReset};
}

void ServerStream::on_last_frame_sent() {
  if (!remote_closed_) session_->submit_reset(id_, http2::ErrorCode::kNoError);
}

}  // namespace hawser::grpc
