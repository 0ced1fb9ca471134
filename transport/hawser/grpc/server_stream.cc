#include "hawser/grpc/server_stream.h"

#include <algorithm>
#include <optional>

#include "hawser/grpc/compression.h"

namespace hawser::grpc {

void ServerStream::open(http2::Session& session, http2::StreamId id, const http2::Limits& limits,
                        std::size_t max_receive_bytes) {
  session_ = &session;
  limits_ = &limits;
  id_ = id;
  state_ = State::kHead;
  remote_closed_ = has_message_ = in_trailers_ = false;
  streams_requests_ = headers_sent_ = body_waits_ = false;
  encoding_ = Encoding::kIdentity;
  status_text_ = {};
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
  if (head_.is_kept()) return true;
  if (const std::optional<Rejection> rejection = head_.check()) {
    reply(rejection->status, rejection->http_status);
    return false;
  }
  head_.keep();
  return true;
}

void ServerStream::on_data(Bytes bytes) {
  if (streams_requests_) return on_streamed_data(bytes);
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

void ServerStream::on_streamed_data(Bytes bytes) {
  if (state_ == State::kReplied) {
    if (!remote_closed_) session_->consume_stream(id_, bytes.size());
    return;
  }
  held_.append(bytes);
}

ServerStream::Read ServerStream::read() {
  if (has_message_) reader_.next_message();
  has_message_ = false;
  return continue_read();
}

ServerStream::Read ServerStream::continue_read() {
  if (state_ == State::kReplied) return Read::kEnd;
  Bytes bytes = held_.readable();
  const Read result = pull(bytes);
  // A failed read has dropped what was held.
  const std::size_t used = held_.size() - std::min(held_.size(), bytes.size());
  held_.consume(used);
  // The client may send as much again (P-9). One that has half-closed won't.
  if (!remote_closed_ && used > 0) session_->consume_stream(id_, used);
  return result;
}

ServerStream::Read ServerStream::pull(Bytes& bytes) {
  switch (reader_.feed(bytes)) {
    case MessageReader::Event::kMessage:
      take_message();
      return state_ == State::kReplied ? Read::kEnd : Read::kMessage;
    case MessageReader::Event::kFailed:
      fail(reader_.error());
      return Read::kEnd;
    case MessageReader::Event::kNeedMore:
      break;
  }
  if (!remote_closed_) return Read::kPending;
  if (!reader_.at_boundary()) {
    fail({ErrorScope::kStream, static_cast<int>(StatusCode::kInternal),
          "the request ended inside a message"});  // P-49
  }
  return Read::kEnd;
}

void ServerStream::take_message() {
  has_message_ = true;
  if (reader_.is_compressed()) decompress_message();
}

void ServerStream::decompress_message() {
  if (head_.encoding().empty()) {
    return fail({ErrorScope::kStream, static_cast<int>(StatusCode::kInternal),
                 "a message is marked compressed, but the request names no grpc-encoding"});  // P-56
  }
  const std::optional<Encoding> encoding = parse_encoding(head_.encoding());
  if (encoding && supported_encodings().contains(*encoding)) {
    if (const Result<void> done = reader_.decompress(*encoding); !done) fail(done.error());  // P-47, P-59
    return;
  }
  trailing_.add("grpc-accept-encoding", accept_encoding());
  fail({ErrorScope::kStream, static_cast<int>(StatusCode::kUnimplemented),
        "grpc-encoding " + std::string(head_.encoding()) +
            " is not supported; supported: " + std::string(accept_encoding())});  // P-57
}

bool ServerStream::on_end_of_stream() {
  remote_closed_ = true;
  if (state_ != State::kBody || streams_requests_) return false;
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

}  // namespace hawser::grpc
