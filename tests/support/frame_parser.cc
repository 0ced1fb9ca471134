#include "support/frame_parser.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include <nghttp2/nghttp2.h>

#include "support/bytes.h"

namespace hawser::test {
namespace {

std::string_view name_of(FrameType type) {
  static constexpr std::array<std::string_view, 10> kNames = {
      "DATA",         "HEADERS", "PRIORITY", "RST_STREAM",    "SETTINGS",
      "PUSH_PROMISE", "PING",    "GOAWAY",   "WINDOW_UPDATE", "CONTINUATION"};
  const auto index = static_cast<std::size_t>(type);
  return index < kNames.size() ? kNames[index] : "UNKNOWN";
}

void remove_padding(Frame& frame) {
  const auto padding = static_cast<std::uint8_t>(frame.payload.at(0));
  frame.payload = frame.payload.substr(1, frame.payload.size() - 1 - padding);
}

}  // namespace

bool Frame::ends_stream() const {
  return (type == FrameType::kData || type == FrameType::kHeaders) && (flags & kFlagEndStream) != 0;
}

bool Frame::is_ack() const {
  return (type == FrameType::kSettings || type == FrameType::kPing) && (flags & kFlagAck) != 0;
}

std::string_view Frame::header(std::string_view name) const {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == name; });
  return found == fields.end() ? std::string_view("(none)") : std::string_view(found->value);
}

http2::ErrorCode Frame::error_code() const {
  const std::size_t offset = type == FrameType::kGoaway ? 4 : 0;
  return static_cast<http2::ErrorCode>(from_big_endian(std::string_view(payload).substr(offset, 4)));
}

http2::StreamId Frame::last_stream_id() const {
  return static_cast<http2::StreamId>(from_big_endian(std::string_view(payload).substr(0, 4)));
}

std::string_view Frame::debug_data() const { return std::string_view(payload).substr(8); }

std::uint32_t Frame::increment() const { return static_cast<std::uint32_t>(from_big_endian(payload)); }

std::int64_t Frame::setting(SettingId setting) const {
  for (std::size_t i = 0; i + 6 <= payload.size(); i += 6) {
    const std::string_view entry = std::string_view(payload).substr(i, 6);
    if (from_big_endian(entry.substr(0, 2)) == static_cast<std::uint16_t>(setting)) {
      return static_cast<std::int64_t>(from_big_endian(entry.substr(2)));
    }
  }
  return -1;
}

std::string Frame::summary() const {
  std::string out(name_of(type));
  if (type == FrameType::kGoaway)
    return out + " " + std::to_string(last_stream_id()) + " " + std::string(to_string(error_code()));
  if (id != 0) out += " " + std::to_string(id);
  if (type == FrameType::kReset) out += " " + std::string(to_string(error_code()));
  if (type == FrameType::kWindowUpdate) out += " +" + std::to_string(increment());
  if (type == FrameType::kData) out += " (" + std::to_string(payload.size()) + ")";
  if (is_ack()) out += " ack";
  if (ends_stream()) out += " end";
  return out;
}

FrameParser::FrameParser() {
  nghttp2_hd_inflater* inflater = nullptr;
  if (nghttp2_hd_inflate_new(&inflater) != 0) throw std::bad_alloc();
  inflater_.reset(inflater);
}
FrameParser::~FrameParser() = default;
FrameParser::FrameParser(FrameParser&&) noexcept = default;
FrameParser& FrameParser::operator=(FrameParser&&) noexcept = default;

void FrameParser::Deleter::operator()(nghttp2_hd_inflater* inflater) const {
  nghttp2_hd_inflate_del(inflater);
}

void FrameParser::feed(Bytes bytes) { feed(as_view(bytes)); }

void FrameParser::feed(std::string_view bytes) {
  rest_ += bytes;
  if (at_start_ && rest_.size() >= kClientPreface.size()) {
    at_start_ = false;
    saw_preface_ = rest_.starts_with(kClientPreface);
    if (saw_preface_) rest_.erase(0, kClientPreface.size());
  }
  // A server's first frames may be shorter than a preface; only "PRI" can become one.
  if (at_start_ && std::string_view("PRI").starts_with(std::string_view(rest_).substr(0, 3))) return;
  while (parse_one()) {
  }
}

bool FrameParser::parse_one() {
  const std::string_view rest(rest_);
  if (rest.size() < kFrameHeaderBytes) return false;
  const auto length = static_cast<std::size_t>(from_big_endian(rest.substr(0, 3)));
  if (length > kMaxFramePayload) throw std::runtime_error("frame over the default size: not HTTP/2?");
  if (rest.size() < kFrameHeaderBytes + length) return false;
  Frame frame;
  frame.type = static_cast<FrameType>(rest[3]);
  frame.flags = static_cast<std::uint8_t>(rest[4]);
  frame.id = static_cast<http2::StreamId>(from_big_endian(rest.substr(5, 4)));
  frame.payload = rest.substr(kFrameHeaderBytes, length);
  rest_.erase(0, kFrameHeaderBytes + length);
  at_start_ = false;
  finish(std::move(frame));
  return true;
}

void FrameParser::finish(Frame frame) {
  const bool is_headers = frame.type == FrameType::kHeaders;
  if ((is_headers || frame.type == FrameType::kData) && (frame.flags & kFlagPadded) != 0)
    remove_padding(frame);
  if (!is_headers && frame.type != FrameType::kContinuation) {
    frames_.push_back(std::move(frame));
    return;
  }
  if (is_headers && (frame.flags & kFlagPriority) != 0) frame.payload.erase(0, 5);
  const bool end = (frame.flags & kFlagEndHeaders) != 0;
  block_ += frame.payload;
  if (is_headers) open_headers_ = std::move(frame);
  if (!end) return;
  open_headers_.payload = std::exchange(block_, {});
  open_headers_.fields = decode(open_headers_.payload);
  frames_.push_back(std::exchange(open_headers_, {}));
}

Fields FrameParser::decode(std::string_view block) {
  Fields fields;
  const auto* in = reinterpret_cast<const std::uint8_t*>(block.data());
  std::size_t left = block.size();
  for (;;) {
    nghttp2_nv field;
    int flags = 0;
    const ssize_t used = nghttp2_hd_inflate_hd2(inflater_.get(), &field, &flags, in, left, 1);
    if (used < 0) throw std::runtime_error(nghttp2_strerror(static_cast<int>(used)));
    in += used;
    left -= static_cast<std::size_t>(used);
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
      fields.push_back({std::string(reinterpret_cast<const char*>(field.name), field.namelen),
                        std::string(reinterpret_cast<const char*>(field.value), field.valuelen)});
    }
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
    if (left == 0 && (flags & NGHTTP2_HD_INFLATE_EMIT) == 0) break;
  }
  nghttp2_hd_inflate_end_headers(inflater_.get());
  return fields;
}

std::vector<Frame> FrameParser::take() { return std::exchange(frames_, {}); }

std::string FrameParser::summary() const { return test::summary(frames_); }

const Frame* FrameParser::find(FrameType type, http2::StreamId id) const {
  const auto found = std::find_if(frames_.begin(), frames_.end(), [&](const Frame& frame) {
    return frame.type == type && (id == 0 || frame.id == id);
  });
  return found == frames_.end() ? nullptr : &*found;
}

std::size_t FrameParser::count(FrameType type, http2::StreamId id) const {
  return static_cast<std::size_t>(std::count_if(frames_.begin(), frames_.end(), [&](const Frame& frame) {
    return frame.type == type && (id == 0 || frame.id == id);
  }));
}

std::string FrameParser::body(http2::StreamId id) const {
  std::string out;
  for (const Frame& frame : frames_) {
    if (frame.type == FrameType::kData && frame.id == id) out += frame.payload;
  }
  return out;
}

Frame FrameParser::last_headers(http2::StreamId id) const {
  for (const Frame& frame : frames_) {
    if (frame.type == FrameType::kHeaders && frame.id == id && frame.ends_stream()) return frame;
  }
  return {};
}

std::string summary(const std::vector<Frame>& frames) {
  std::string out;
  for (const Frame& frame : frames) {
    if (!out.empty()) out += ", ";
    out += frame.summary();
  }
  return out;
}

}  // namespace hawser::test
