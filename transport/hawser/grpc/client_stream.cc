#include "hawser/grpc/client_stream.h"

#include <algorithm>
#include <utility>

#include "hawser/grpc/compression.h"
#include "hawser/grpc/field_list.h"

namespace hawser::grpc {
namespace {

using http2::ErrorCode;

constexpr http2::HeaderField kMethod{":method", "POST"};
constexpr http2::HeaderField kTrailersWanted{"te", "trailers"};
constexpr http2::HeaderField kContentType{"content-type", "application/grpc"};

// Of the body of a response that isn't gRPC, for the status message (P-70).
constexpr std::size_t kForeignBodyBytes = 1024;

std::string reset_text(ErrorCode code) {
  std::string text = "the stream was reset with ";
  text.append(http2::to_string(code)).append(" before the status arrived");
  return text;
}

}  // namespace

void ClientStream::reset() {
  rewind();
  writer_.clear();
  many_requests_ = many_responses_ = requests_open_ = reading_ = false;
}

void ClientStream::begin_streaming(bool many_responses) {
  reset();
  writer_.begin_many(MessageWriter::AfterRead::kKeep);
  many_requests_ = requests_open_ = true;
  many_responses_ = many_responses;
}

void ClientStream::rewind() {
  state_ = State::kIdle;
  released_ = true;
  local_closed_ = remote_closed_ = has_head_ = has_initial_ = has_message_ = refused_ = body_waits_ = false;
  informational_ = http_status_ = 0;
  head_.reset();
  reader_.reset(0);
  writer_.rewind();
  held_.clear();
  timeout_.reset();
  encoding_.clear();
  content_type_.clear();
  foreign_body_.clear();
  status_.code = StatusCode::kUnknown;
  status_.message.clear();
  status_.details.clear();
  initial_.clear();
  trailing_.clear();
}

Result<void> ClientStream::open(http2::Session& session, http2::Stream& handle, const RequestFields& fields,
                                const http2::Limits& limits, std::size_t max_receive_bytes, HeldBytes* held) {
  FieldList list;  // in the order of P-25
  list.add(kMethod);
  list.add({":scheme", fields.scheme});
  list.add({":path", fields.path});
  list.add({":authority", fields.authority});
  if (fields.timeout) list.add({"grpc-timeout", timeout_.emplace(*fields.timeout).view()});
  list.add(kTrailersWanted);
  list.add(kContentType);
  list.add({"user-agent", fields.user_agent});
  if (fields.encoding != Encoding::kIdentity) list.add({"grpc-encoding", to_string(fields.encoding)});
  list.add({"grpc-accept-encoding", accept_encoding()});  // P-61
  if (fields.previous_attempts > 0) {
    previous_attempts_ = std::to_string(fields.previous_attempts);
    list.add({"grpc-previous-rpc-attempts", previous_attempts_});
  }
  if (fields.metadata != nullptr) list.add(*fields.metadata);

  if (fields.metadata != nullptr && list.list_bytes() > session.peer_max_header_list_bytes()) {
    return tl::unexpected<Error>(Error{ErrorScope::kStream, static_cast<int>(StatusCode::kResourceExhausted),
                                       "the headers have " + std::to_string(list.list_bytes()) +
                                           " bytes, over the server's limit of " +
                                           std::to_string(session.peer_max_header_list_bytes())});
  }
  const Result<http2::StreamId> id = session.submit_request(list.view(), handle, true);
  if (!id) return tl::unexpected<Error>(id.error());
  session_ = &session;
  limits_ = &limits;
  id_ = *id;
  state_ = State::kHead;
  released_ = false;
  reader_.reset(max_receive_bytes);
  if (many_responses_) connection_held_ = held;
  return {};
}

// --- requests --------------------------------------------------------------------------------------------

http2::BodyChunk ClientStream::on_body_wanted(MutableBytes into) {
  using Then = http2::BodyChunk::Then;
  const std::size_t size = writer_.read(into);
  if (many_requests_) return streamed_chunk(size);
  return {size, writer_.remaining() > 0 ? Then::kMore : Then::kEnd};
}

http2::BodyChunk ClientStream::streamed_chunk(std::size_t size) {
  using Then = http2::BodyChunk::Then;
  if (writer_.can_rewind() && writer_.kept() > kRetryBytes) writer_.forget_read();
  if (writer_.remaining() > 0) return {size, Then::kMore};
  if (!requests_open_) return {size, Then::kEnd};
  body_waits_ = size == 0;
  return {size, body_waits_ ? Then::kWait : Then::kMore};
}

void ClientStream::send(MessageWriter& messages) {
  if (!requests_open_ || !messages.has_message()) return;
  writer_.append_all(messages);
  resume_body();
}

void ClientStream::end_requests() {
  if (!requests_open_) return;
  requests_open_ = false;
  resume_body();
}

void ClientStream::resume_body() {
  if (!body_waits_ || !is_open()) return;
  body_waits_ = false;
  session_->resume_body(id_);
}

// --- the head and the end of the response ------------------------------------------------------------------

void ClientStream::on_headers_end(bool end_of_stream) {
  remote_closed_ = end_of_stream;
  if (state_ == State::kHead) {
    on_response_head(end_of_stream);
  } else if (state_ != State::kFinished) {
    on_trailers(end_of_stream);
  }
  head_.reset();
}

void ClientStream::on_response_head(bool end_of_stream) {
  if (head_.is_informational()) {
    if (end_of_stream)
      return fail(StatusCode::kInternal, "an informational response ended the stream");  // P-70
    if (++informational_ > kMostInformational) {
      fail(StatusCode::kInternal, "too many informational responses", ErrorCode::kEnhanceYourCalm);
    }
    return;
  }
  has_head_ = true;
  if (many_requests_ && !end_of_stream && writer_.can_rewind()) writer_.forget_read();  // committed (P-106)
  http_status_ = head_.http_status();
  encoding_.assign(head_.encoding());
  if (end_of_stream) return take_trailers();
  if (const std::optional<Status> fault = head_.fault()) return finish(*fault, ErrorCode::kCancel);
  std::swap(initial_, head_.metadata());
  has_initial_ = true;
  if (http_status_ == 200 && head_.is_grpc_type()) {
    state_ = State::kBody;
    return;
  }
  state_ = State::kForeign;
  keep_content_type();
}

void ClientStream::keep_content_type() {
  content_type_.assign(head_.is_grpc_type() ? kContentType.value : head_.content_type());
}

void ClientStream::on_trailers(bool end_of_stream) {
  // RFC 9113 8.1 has no block between the head and the trailers (P-71).
  if (!end_of_stream) {
    return fail(StatusCode::kInternal, "a second header block that doesn't end the stream",
                ErrorCode::kProtocolError);
  }
  take_trailers();
}

void ClientStream::take_trailers() {
  std::swap(trailing_, head_.metadata());
  if (const std::optional<Status> fault = head_.fault()) return finish(*fault, ErrorCode::kCancel);
  if (!head_.has_status()) {
    if (state_ == State::kBody) return fail(StatusCode::kUnknown, "the trailers have no grpc-status");
    if (state_ == State::kHead) keep_content_type();
    return finish_by_http();
  }
  // grpc-status counts whatever :status says (P-69).
  Status status = head_.take_status();
  if (!status.ok() || has_message_ || many_responses_) return finish(std::move(status), ErrorCode::kNoError);
  fail(StatusCode::kInternal, reader_.at_boundary()
                                  ? "a unary call has one response message, this one has none"
                                  : "the response ended inside a message");  // P-49, P-51
}

// --- response messages -----------------------------------------------------------------------------------

void ClientStream::on_data(Bytes bytes) {
  if (many_responses_ && state_ == State::kBody) return take_streamed(bytes);
  // Copied out or dropped below, so the credit can go back at once (P-9).
  session_->consume(id_, bytes.size());
  if (state_ == State::kForeign) return take_foreign_body(bytes);
  while (state_ == State::kBody && !bytes.empty()) {
    if (has_message_) {
      return fail(StatusCode::kInternal, "a unary call has one response message, this one has more");  // P-51
    }
    feed_reader(bytes);
  }
}

/// Up to the end of one message.
void ClientStream::feed_reader(Bytes& bytes) {
  switch (reader_.feed(bytes)) {
    case MessageReader::Event::kNeedMore:
      return;
    case MessageReader::Event::kMessage:
      reading_ = false;
      return take_message();
    case MessageReader::Event::kFailed:
      return fail_message(static_cast<StatusCode>(reader_.error().code), reader_.error().detail);
  }
}

void ClientStream::take_streamed(Bytes bytes) {
  const std::size_t all = bytes.size();
  if (reading_) feed_reader(bytes);
  if (state_ != State::kBody) return session_->consume_connection(all);  // a message can't be read
  if (all > bytes.size()) session_->consume(id_, all - bytes.size());
  if (bytes.empty()) return;
  held_.append(bytes);
  session_->consume_connection(connection_held_->hold(bytes.size()));
}

void ClientStream::read_message() {
  if (has_message_) reader_.next_message();
  has_message_ = false;
  reading_ = true;
  if (held_.empty()) return finish_reading();
  Bytes bytes = std::as_const(held_).readable();
  feed_reader(bytes);
  if (held_.empty()) return;  // fail_message() dropped it
  const std::size_t used = held_.size() - bytes.size();
  held_.consume(used);
  if (connection_held_ != nullptr) {
    session_->consume_stream(id_, used);
    session_->consume_connection(connection_held_->release(used));
  }
  finish_reading();
}

/// The end of the stream inside a message becomes known when the message is asked for (P-49).
void ClientStream::finish_reading() {
  if (!reading_ || !is_read_out() || reader_.at_boundary() || !status_.ok()) return;
  status_ = {StatusCode::kInternal, "the response ended inside a message", {}};
}

/// What is held counts for the connection no longer.
void ClientStream::leave_connection() {
  if (connection_held_ == nullptr) return;
  session_->consume_connection(connection_held_->release(held_.size()));
  connection_held_ = nullptr;
}

void ClientStream::drop_held() {
  leave_connection();
  held_.clear();
}

void ClientStream::abandon_unread(Status status) {
  drop_held();
  has_message_ = false;
  status_ = std::move(status);
}

void ClientStream::take_message() {
  has_message_ = true;
  if (reader_.is_compressed()) decompress_message();
}

void ClientStream::decompress_message() {
  if (encoding_.empty()) {
    return fail_message(StatusCode::kInternal,
                        "a message is marked compressed, but the response names no grpc-encoding");  // P-56
  }
  const std::optional<Encoding> encoding = parse_encoding(encoding_);
  if (encoding && supported_encodings().contains(*encoding)) {
    const Result<void> done = reader_.decompress(*encoding);
    if (!done) fail_message(static_cast<StatusCode>(done.error().code), done.error().detail);  // P-47, P-59
    return;
  }
  fail_message(StatusCode::kInternal, "grpc-encoding " + encoding_ + " is not supported; supported: " +
                                          std::string(accept_encoding()));  // P-58
}

/// A message that can't be read ends the call, also one that was held when the status came: it was first.
void ClientStream::fail_message(StatusCode code, std::string message) {
  has_message_ = false;
  drop_held();
  if (state_ == State::kFinished) {
    status_ = {code, std::move(message), {}};
  } else {
    fail(code, std::move(message));
  }
}

void ClientStream::take_foreign_body(Bytes bytes) {
  const std::size_t room = kForeignBodyBytes - foreign_body_.size();
  for (const std::uint8_t byte : bytes.first(std::min(room, bytes.size()))) {
    foreign_body_ += byte >= 0x20 && byte <= 0x7E ? static_cast<char>(byte) : ' ';
  }
  if (foreign_body_.size() == kForeignBodyBytes) finish_by_http();
}

void ClientStream::on_end_of_stream() {
  remote_closed_ = true;
  if (state_ == State::kFinished) return;
  if (state_ == State::kForeign) return finish_by_http();
  fail(StatusCode::kInternal, "the server closed the stream without sending trailers");  // P-71
}

void ClientStream::on_closed(ErrorCode code) {
  if (state_ == State::kFinished) {  // a reset after the status changes nothing (P-73)
    released_ = true;
    return;
  }
  refused_ = code == ErrorCode::kRefusedStream && !has_head_ && writer_.can_rewind();
  on_lost({from_reset(code), reset_text(code), {}});
}

void ClientStream::on_lost(Status status) {
  released_ = true;
  finish(std::move(status), ErrorCode::kNoError);
}

void ClientStream::abandon(Status status, Unread unread) {
  if (state_ == State::kFinished) return;
  if (unread == Unread::kDrop) drop_held();
  finish(std::move(status), ErrorCode::kCancel);
}

void ClientStream::finish_unopened(Status status) {
  state_ = State::kFinished;
  status_ = std::move(status);
}

void ClientStream::fail(StatusCode code, std::string message, ErrorCode reset) {
  finish(Status{code, std::move(message), {}}, reset);
}

void ClientStream::finish_by_http() {
  std::string message = "the server did not answer with gRPC: HTTP status " + std::to_string(http_status_);
  message.append(", content-type \"").append(content_type_) += '"';
  if (!foreign_body_.empty()) message.append(", body: ").append(foreign_body_);
  fail(from_http_status(http_status_), std::move(message));
}

void ClientStream::finish(Status status, ErrorCode reset) {
  if (state_ == State::kFinished || state_ == State::kIdle) return;
  state_ = State::kFinished;
  status_ = std::move(status);
  if (many_responses_) {
    leave_connection();
    finish_reading();
  }
  if (released_ || (local_closed_ && remote_closed_)) return;
  session_->submit_reset(id_, reset);
  session_->forget(id_);
  released_ = true;
}

}  // namespace hawser::grpc
