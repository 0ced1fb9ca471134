// The half of FrameSession that takes the peer's bytes apart: which frame they are of, and which part of it.
#include <algorithm>
#include <string>

#include "hawser/http2/frame_session.h"
#include "hawser/http2/session_detail.h"

namespace hawser::http2 {
namespace {

constexpr std::size_t kPriorityBytes = 5;
constexpr std::size_t kMostSettings = 32;        // CVE-2020-11080
constexpr std::size_t kLongestDebugData = 1024;  // of a GOAWAY; the rest is passed over

}  // namespace

Result<void> FrameSession::receive(Bytes bytes) {
  // After a GOAWAY without streams there is nothing more to be said.
  if ((goaway_sent_ || goaway_received_) && streams_.size() == 0) return {};
  while (!bytes.empty() && !ended_ && fault_ == Fault::kNone) step(bytes);
  return fault_ == Fault::kNone || ended_ ? Result<void>() : fault_error();
}

Result<void> FrameSession::fault_error() const {
  switch (fault_) {
    case Fault::kNone:
      return {};
    case Fault::kNoPreface:
      return connection_error(ErrorCode::kProtocolError,
                              "no HTTP/2 connection preface: gRPC needs HTTP/2 with prior knowledge");
    case Fault::kFlood:
      return connection_error(ErrorCode::kEnhanceYourCalm, "too many frames that want an answer");
    case Fault::kContinuations:
      return connection_error(ErrorCode::kEnhanceYourCalm, "too many CONTINUATION frames");
    case Fault::kBomb:
      return connection_error(ErrorCode::kEnhanceYourCalm, "header list far over the limit");
    case Fault::kMemory:
      break;
  }
  return connection_error(ErrorCode::kInternalError, "no memory");
}

void FrameSession::step(Bytes& bytes) {
  switch (expect_) {
    case Expect::kFrameHeader:
      if (header_size_ > 0 || bytes.size() < kFrameHeaderBytes) return collect_frame_header(bytes);
      frame_ = read_frame_header(bytes.data());
      bytes = bytes.subspan(kFrameHeaderBytes);
      return begin_frame();
    case Expect::kData:
      return take_data(bytes);
    case Expect::kBlock:
      return take_fragment(bytes);
    case Expect::kPayload:
      return take_payload(bytes);
    case Expect::kPadLength: {
      const std::uint8_t padding = bytes[0];
      bytes = bytes.subspan(1);
      return take_pad_length(padding);
    }
    case Expect::kPriorityFields:
      return take_priority_fields(bytes);
    case Expect::kNothing: {
      const std::size_t size = std::min(bytes.size(), left_);
      bytes = bytes.subspan(size);
      left_ -= size;
      if (left_ == 0) end_frame();
      return;
    }
    case Expect::kGreeting:
      return check_preface(bytes);
  }
}

void FrameSession::check_preface(Bytes& bytes) {
  const std::size_t size = std::min(bytes.size(), kPreface.size() - header_size_);
  if (std::memcmp(bytes.data(), kPreface.data() + header_size_, size) != 0) {
    fault_ = Fault::kNoPreface;
    return;
  }
  bytes = bytes.subspan(size);
  header_size_ = static_cast<std::uint8_t>(header_size_ + size);
  if (header_size_ < kPreface.size()) return;
  header_size_ = 0;
  expect_ = Expect::kFrameHeader;
}

void FrameSession::collect_frame_header(Bytes& bytes) {
  const std::size_t size = std::min(bytes.size(), kFrameHeaderBytes - header_size_);
  std::memcpy(header_.data() + header_size_, bytes.data(), size);
  bytes = bytes.subspan(size);
  header_size_ = static_cast<std::uint8_t>(header_size_ + size);
  if (header_size_ < kFrameHeaderBytes) return;
  header_size_ = 0;
  frame_ = read_frame_header(header_.data());
  begin_frame();
}

void FrameSession::begin_frame() {
  left_ = frame_.size;
  padding_ = 0;
  if (left_ > kLargestPayload) return terminate(ErrorCode::kFrameSizeError, "a frame over 16 KiB");
  if (!settings_seen_ && !begin_first_frame()) return;
  const bool continues = frame_.type == FrameType::kContinuation;
  if (continues != block_.is_open || (continues && frame_.id != block_.id)) {
    return terminate(ErrorCode::kProtocolError, "CONTINUATION where none belongs, or none where one belongs");
  }
  count_idle_frame();
  switch (frame_.type) {
    case FrameType::kData:
      return begin_data();
    case FrameType::kHeaders:
    case FrameType::kContinuation:
      return begin_block_frame();
    case FrameType::kPriority:
      return begin_stream_payload(kPriorityBytes);
    case FrameType::kReset:
    case FrameType::kWindowUpdate:
      return begin_stream_payload(sizeof(std::uint32_t));
    case FrameType::kSettings:
      return begin_settings();
    case FrameType::kPing:
      if (left_ != sizeof(std::uint64_t)) return terminate(ErrorCode::kFrameSizeError, "PING");
      return begin_connection_payload();
    case FrameType::kGoaway:
      if (left_ < kGoawayBytes) return terminate(ErrorCode::kFrameSizeError, "GOAWAY");
      return begin_connection_payload();
    case FrameType::kPushPromise:
      return terminate(ErrorCode::kProtocolError, "PUSH_PROMISE: nobody may push here");
  }
  expect_ = Expect::kNothing;  // a type that we don't know (RFC 9113 4.1)
  if (left_ == 0) end_frame();
}

// RFC 9113 3.4.
bool FrameSession::begin_first_frame() {
  settings_seen_ = true;
  if (frame_.type == FrameType::kSettings && !frame_.has(kFlagAck)) return true;
  terminate(ErrorCode::kProtocolError, "the first frame is not SETTINGS");
  return false;
}

// --- frames that are looked at as a whole
// -----------------------------------------------------------------------------------

void FrameSession::begin_settings() {
  if (frame_.has(kFlagAck) && left_ != 0) {
    return terminate(ErrorCode::kFrameSizeError, "a SETTINGS acknowledgement with a payload");
  }
  if (left_ % kSettingBytes != 0) return terminate(ErrorCode::kFrameSizeError, "SETTINGS");
  if (left_ > kMostSettings * kSettingBytes) {
    return terminate(ErrorCode::kEnhanceYourCalm, "SETTINGS: too many entries");
  }
  begin_connection_payload();
}

void FrameSession::begin_connection_payload() {
  if (frame_.id != kConnectionStream) {
    return terminate(ErrorCode::kProtocolError, "a frame of the connection names a stream");
  }
  expect_ = Expect::kPayload;
  if (left_ > 0) return;
  expect_ = Expect::kFrameHeader;
  on_payload({});
}

void FrameSession::begin_stream_payload(std::size_t size) {
  if (left_ != size) return terminate(ErrorCode::kFrameSizeError, "a frame of a wrong size");
  if (frame_.id == kConnectionStream && frame_.type != FrameType::kWindowUpdate) {
    return terminate(ErrorCode::kProtocolError, "a frame of a stream names none");
  }
  expect_ = Expect::kPayload;
}

void FrameSession::take_payload(Bytes& bytes) {
  constexpr std::size_t kLongest = kGoawayBytes + kLongestDebugData;
  const std::size_t size = std::min(bytes.size(), left_);
  const Bytes part = bytes.first(size);
  bytes = bytes.subspan(size);
  left_ -= size;
  const bool is_whole = size == frame_.size;
  if (!is_whole) partial_.append(part.first(std::min(part.size(), kLongest - partial_.size())));
  if (left_ > 0) return;
  expect_ = Expect::kFrameHeader;
  on_payload(is_whole ? part.first(std::min(part.size(), kLongest)) : Bytes(partial_.readable()));
  if (!is_whole) partial_.clear();
}

// --- frames that are passed on as they come
// ---------------------------------------------------------------------------------

void FrameSession::begin_data() {
  const StreamId id = frame_.id;
  if (id == kConnectionStream || is_idle(id)) {
    return terminate(ErrorCode::kProtocolError, "DATA of a stream that nobody has opened");
  }
  StreamState* stream = find(id);
  if (stream != nullptr && stream->remote_closed) {
    return terminate(ErrorCode::kStreamClosed, "DATA after the end of its stream");
  }
  if (stream != nullptr && !stream->has_block && !stream->reset_due) {
    return terminate(ErrorCode::kProtocolError, "DATA ahead of the headers");
  }
  if (!receive_window_.take(left_)) {
    return terminate(ErrorCode::kFlowControlError, "more DATA than the connection's window");
  }
  if (stream != nullptr && !stream->reset_due && !stream->receive_window.take(left_)) {
    reset(*stream, ErrorCode::kFlowControlError);
  }
  if (stream == nullptr || stream->reset_due) {  // nobody uses it
    consume_connection(left_);
    expect_ = Expect::kNothing;
  } else {
    expect_ = frame_.has(kFlagPadded) ? Expect::kPadLength : Expect::kData;
  }
  if (left_ > 0) return;
  if (expect_ == Expect::kPadLength) return terminate(ErrorCode::kProtocolError, "padding without a length");
  if (!frame_.has(kFlagEndStream)) events_.on_idle_frame(IdleFrame::kEmptyData);
  end_frame();
}

void FrameSession::begin_block_frame() {
  if (frame_.type == FrameType::kContinuation) {
    if (++block_.continuations > limits_.continuations) {
      fault_ = Fault::kContinuations;
      return;
    }
    expect_ = Expect::kBlock;
    if (left_ == 0) end_frame();
    return;
  }
  const bool padded = frame_.has(kFlagPadded);
  const bool has_priority = frame_.has(kFlagPriority);
  if (padded && left_ == 0) return terminate(ErrorCode::kProtocolError, "padding without a length");
  if (!padded && has_priority && left_ < kPriorityBytes) {
    return terminate(ErrorCode::kFrameSizeError, "HEADERS too short for its priority");
  }
  if (padded) {
    expect_ = Expect::kPadLength;
  } else {
    after_pad_length();
  }
}

void FrameSession::take_pad_length(std::uint8_t padding) {
  --left_;
  padding_ = padding;
  const bool has_priority = frame_.type == FrameType::kHeaders && frame_.has(kFlagPriority);
  const std::size_t priority = has_priority ? kPriorityBytes : 0;
  if (padding_ + priority > left_) {
    return terminate(ErrorCode::kProtocolError, "padding longer than its frame");
  }
  if (frame_.type == FrameType::kHeaders) return after_pad_length();
  expect_ = Expect::kData;
  consume(frame_.id, padding_ + 1);  // nobody else sees it
  if (content_left() == 0 && !frame_.has(kFlagEndStream)) events_.on_idle_frame(IdleFrame::kEmptyData);
  if (left_ == 0) end_frame();
}

void FrameSession::after_pad_length() {
  if (frame_.has(kFlagPriority)) {
    expect_ = Expect::kPriorityFields;
    return;
  }
  begin_head();
  if (left_ == 0 && !ended_) end_frame();
}

void FrameSession::take_priority_fields(Bytes& bytes) {
  const std::size_t size = std::min(bytes.size(), kPriorityBytes - partial_.size());
  partial_.append(bytes.first(size));
  bytes = bytes.subspan(size);
  left_ -= size;
  if (partial_.size() < kPriorityBytes) return;
  const StreamId parent = read_stream_id(partial_.readable().data());
  partial_.clear();
  if (parent == frame_.id) return terminate(ErrorCode::kProtocolError, "a stream that depends on itself");
  begin_head();
  if (left_ == 0 && !ended_) end_frame();
}

void FrameSession::take_data(Bytes& bytes) {
  const std::size_t size = std::min(bytes.size(), content_left());
  if (size == 0) {
    expect_ = Expect::kNothing;  // padding
    end_data();
    return;
  }
  const Bytes part = bytes.first(size);
  bytes = bytes.subspan(size);
  left_ -= size;
  StreamState* stream = find_heard(frame_.id);
  if (stream == nullptr) {
    consume_connection(size);  // bytes that nobody hears count against the connection all the same
  } else if (stream->user->checks_.on_body(size)) {
    events_.on_data(*stream->user, part);
  } else {
    reject(*stream);
    consume_connection(size);
  }
  if (left_ == 0 && !ended_) end_frame();
}

void FrameSession::take_fragment(Bytes& bytes) {
  const std::size_t size = std::min(bytes.size(), content_left());
  const Bytes fragment = bytes.first(size);
  bytes = bytes.subspan(size);
  left_ -= size;
  if (content_left() == 0 && frame_.has(kFlagEndHeaders) && !block_.is_started) {
    decode_whole(fragment);
  } else {
    if (!block_.is_started) decoder_.begin_fragments();
    decode(fragment, false);
  }
  block_.is_started = true;
  if (ended_ || fault_ != Fault::kNone) return;
  if (left_ == 0) return end_frame();
  if (content_left() == 0) expect_ = Expect::kNothing;  // padding
}

void FrameSession::end_frame() {
  const Expect last = expect_;
  expect_ = Expect::kFrameHeader;
  switch (frame_.type) {
    case FrameType::kData:
      if (last == Expect::kData) end_data();
      return;
    case FrameType::kHeaders:
    case FrameType::kContinuation:
      if (frame_.has(kFlagEndHeaders)) end_block();
      return;
    default:
      return;
  }
}

}  // namespace hawser::http2
