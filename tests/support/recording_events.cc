#include "support/recording_events.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace hawser::test {

using http2::BodyChunk;

BodyChunk RecordingEvents::on_body_wanted(http2::Stream& s, MutableBytes into) {
  RecordedStream& stream = own(s);
  if (before_body) before_body(stream);
  record("body wanted " + name(s));
  if (stream.chunks.empty()) return {0, BodyChunk::Then::kEnd};
  ScriptedChunk& chunk = stream.chunks.front();
  const std::size_t size = std::min(chunk.text.size(), into.size());
  std::memcpy(into.data(), chunk.text.data(), size);
  chunk.text.erase(0, size);
  if (!chunk.text.empty()) return {size, BodyChunk::Then::kMore};
  const BodyChunk::Then then = chunk.then;
  stream.chunks.pop_front();
  return {size, then};
}

void RecordingEvents::on_idle_frame(http2::IdleFrame frame) {
  static constexpr std::array<std::string_view, 8> kNames = {
      "ping", "settings", "priority", "window update", "empty data", "goaway", "late headers", "unknown"};
  record("idle " + std::string(kNames.at(static_cast<std::size_t>(frame))));
}

void RecordingEvents::record_data(http2::Stream& stream, std::size_t size) {
  const std::string prefix = "data " + name(stream) + " (";
  if (!lines_.empty() && lines_.back().starts_with(prefix)) {
    data_size_ += size;
    lines_.pop_back();
  } else {
    data_size_ = size;
  }
  record(prefix + std::to_string(data_size_) + ")");
}

}  // namespace hawser::test
