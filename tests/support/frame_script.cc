#include "support/frame_script.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <nghttp2/nghttp2.h>

#include "support/bytes.h"

namespace hawser::test {
namespace {

constexpr std::size_t kTableBytes = 4096;  // SETTINGS_HEADER_TABLE_SIZE's default

// RFC 7541 5.1: an integer with a prefix of `prefix_bits` in the byte that carries `pattern`.
std::string hpack_integer(std::uint8_t pattern, int prefix_bits, std::size_t value) {
  const std::size_t most = (std::size_t{1} << prefix_bits) - 1;
  if (value < most) return {static_cast<char>(pattern | value)};
  std::string out{static_cast<char>(pattern | most)};
  for (value -= most; value >= 128; value /= 128) out += static_cast<char>(value % 128 + 128);
  out += static_cast<char>(value);
  return out;
}

std::string hpack_string(std::string_view text) { return hpack_integer(0, 7, text.size()).append(text); }

// `content` with a Pad Length byte before and `padding` zeros behind it, when it is padded.
std::string padded(std::string_view content, int padding) {
  std::string out;
  if (padding >= 0) out += static_cast<char>(padding);
  out.append(content);
  if (padding > 0) out.append(static_cast<std::size_t>(padding), '\0');
  return out;
}

std::uint8_t flag_if(bool condition, std::uint8_t flag) { return condition ? flag : std::uint8_t{0}; }

}  // namespace

Fields with(Fields fields, std::string_view name, std::string_view value) {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == name; });
  if (found == fields.end()) {
    fields.push_back({std::string(name), std::string(value)});
  } else {
    found->value = value;
  }
  return fields;
}

Fields without(Fields fields, std::string_view name) {
  std::erase_if(fields, [&](const Field& field) { return field.name == name; });
  return fields;
}

FrameScript::FrameScript() {
  nghttp2_hd_deflater* deflater = nullptr;
  if (nghttp2_hd_deflate_new(&deflater, kTableBytes) != 0) throw std::bad_alloc();
  deflater_.reset(deflater);
}
FrameScript::~FrameScript() = default;
FrameScript::FrameScript(FrameScript&&) noexcept = default;
FrameScript& FrameScript::operator=(FrameScript&&) noexcept = default;

void FrameScript::Deleter::operator()(nghttp2_hd_deflater* deflater) const {
  nghttp2_hd_deflate_del(deflater);
}

FrameScript& FrameScript::preface() { return raw(kClientPreface); }

FrameScript& FrameScript::settings(std::initializer_list<Setting> settings) {
  std::string payload;
  for (const Setting& setting : settings) {
    payload += big_endian(static_cast<std::uint16_t>(setting.id), 2) + big_endian(setting.value, 4);
  }
  return frame(FrameType::kSettings, 0, http2::kConnectionStream, payload);
}

FrameScript& FrameScript::settings_ack() {
  return frame(FrameType::kSettings, kFlagAck, http2::kConnectionStream, {});
}

FrameScript& FrameScript::headers(http2::StreamId id, const Fields& fields, HeadersShape shape) {
  return header_block(id, encode(fields), shape);
}

FrameScript& FrameScript::header_block(http2::StreamId id, std::string_view block, HeadersShape shape) {
  const std::size_t fragment = shape.fragment == 0 ? kMaxFramePayload - 256 : shape.fragment;
  std::string_view first = block.substr(0, fragment);
  block.remove_prefix(first.size());
  const auto end_headers = [&] { return flag_if(shape.end_headers && block.empty(), kFlagEndHeaders); };
  const int flags =
      end_headers() | flag_if(shape.end_stream, kFlagEndStream) | flag_if(shape.padding >= 0, kFlagPadded);
  frame(FrameType::kHeaders, static_cast<std::uint8_t>(flags), id, padded(first, shape.padding));
  while (!block.empty()) {
    first = block.substr(0, fragment);
    block.remove_prefix(first.size());
    frame(FrameType::kContinuation, end_headers(), id, first);
  }
  return *this;
}

FrameScript& FrameScript::data(http2::StreamId id, std::string_view bytes, bool end_stream, int padding) {
  const int flags = flag_if(end_stream, kFlagEndStream) | flag_if(padding >= 0, kFlagPadded);
  return frame(FrameType::kData, static_cast<std::uint8_t>(flags), id, padded(bytes, padding));
}

FrameScript& FrameScript::reset(http2::StreamId id, http2::ErrorCode code) {
  return frame(FrameType::kReset, 0, id, big_endian(static_cast<std::uint32_t>(code), 4));
}

FrameScript& FrameScript::goaway(http2::StreamId last, http2::ErrorCode code, std::string_view debug) {
  std::string payload =
      big_endian(static_cast<std::uint32_t>(last), 4) + big_endian(static_cast<std::uint32_t>(code), 4);
  return frame(FrameType::kGoaway, 0, http2::kConnectionStream, payload.append(debug));
}

FrameScript& FrameScript::ping(std::uint64_t payload, bool ack) {
  return frame(FrameType::kPing, flag_if(ack, kFlagAck), http2::kConnectionStream, big_endian(payload, 8));
}

FrameScript& FrameScript::window_update(http2::StreamId id, std::uint32_t increment) {
  return frame(FrameType::kWindowUpdate, 0, id, big_endian(increment, 4));
}

FrameScript& FrameScript::priority(http2::StreamId id, http2::StreamId depends_on, std::uint8_t weight) {
  return frame(FrameType::kPriority, 0, id,
               big_endian(static_cast<std::uint32_t>(depends_on), 4) + static_cast<char>(weight));
}

FrameScript& FrameScript::frame(std::uint8_t type, std::uint8_t flags, http2::StreamId id,
                                std::string_view payload) {
  bytes_ += big_endian(payload.size(), 3);
  bytes_ += static_cast<char>(type);
  bytes_ += static_cast<char>(flags);
  bytes_ += big_endian(static_cast<std::uint32_t>(id), 4);
  bytes_ += payload;
  return *this;
}

FrameScript& FrameScript::frame(FrameType type, std::uint8_t flags, http2::StreamId id,
                                std::string_view payload) {
  return frame(static_cast<std::uint8_t>(type), flags, id, payload);
}

FrameScript& FrameScript::raw(std::string_view bytes) {
  bytes_ += bytes;
  return *this;
}

FrameScript& FrameScript::request(http2::StreamId id, std::string_view path, std::string_view message) {
  return headers(id, request_fields(path)).data(id, grpc_message(message), true);
}

FrameScript& FrameScript::response(http2::StreamId id, std::string_view message,
                                   std::string_view grpc_status) {
  headers(id, response_fields()).data(id, grpc_message(message));
  return trailers(id, {{"grpc-status", std::string(grpc_status)}});
}

std::string FrameScript::take() { return std::exchange(bytes_, {}); }

std::string FrameScript::encode(const Fields& fields) {
  std::vector<nghttp2_nv> values;
  for (const Field& field : fields) {
    // The library's struct has non-const pointers; it only reads through them.
    values.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(field.name.data())),
                      reinterpret_cast<std::uint8_t*>(const_cast<char*>(field.value.data())),
                      field.name.size(), field.value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  std::string block(nghttp2_hd_deflate_bound(deflater_.get(), values.data(), values.size()), '\0');
  const ssize_t size = nghttp2_hd_deflate_hd(deflater_.get(), reinterpret_cast<std::uint8_t*>(block.data()),
                                             block.size(), values.data(), values.size());
  if (size < 0) throw std::runtime_error(nghttp2_strerror(static_cast<int>(size)));
  block.resize(static_cast<std::size_t>(size));
  return block;
}

Fields request_fields(std::string_view path) {
  return {{":method", "POST"},
          {":scheme", "http"},
          {":path", std::string(path)},
          {":authority", "localhost"},
          {"content-type", "application/grpc"},
          {"te", "trailers"},
          {"user-agent", "grpc-test/1.0"}};
}

Fields response_fields() { return {{":status", "200"}, {"content-type", "application/grpc"}}; }

std::string grpc_message(std::string_view payload, bool compressed) {
  return grpc_prefix(static_cast<std::uint32_t>(payload.size()), compressed ? 1 : 0).append(payload);
}

std::string grpc_prefix(std::uint32_t size, std::uint8_t flag) {
  return std::string(1, static_cast<char>(flag)) + big_endian(size, 4);
}

std::string hpack_literal(std::string_view name, std::string_view value, bool indexed) {
  return std::string(1, indexed ? '\x40' : '\0') + hpack_string(name) + hpack_string(value);
}

std::string hpack_indexed(std::uint32_t index) { return hpack_integer(0x80, 7, index); }

}  // namespace hawser::test
