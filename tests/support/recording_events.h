// SessionEvents that write down what happens, one line an event, in order:
//
//   begin 1
//   header 1 :method=POST
//   headers end 1
//   data 1 (12)          DATA of one stream in a row is one line: its pieces depend on the chunking
//   end 1
//   closed 1 NO_ERROR
//
// Reactions are functions that a test sets; without one each event is accepted. Body chunks of a stream are
// scripted in RecordedStream::chunks.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "hawser/http2/session_events.h"
#include "support/bytes.h"

namespace hawser::test {

/// One answer to on_body_wanted: as much of `text` as fits, and `then` with its last byte.
struct ScriptedChunk {
  std::string text;
  http2::BodyChunk::Then then = http2::BodyChunk::Then::kMore;
};

struct RecordedStream final : http2::Stream {
  http2::StreamId id = 0;
  std::string body;                  // received
  std::deque<ScriptedChunk> chunks;  // to send; none left: kEnd
};

class RecordingEvents final : public http2::SessionEvents {
 public:
  // Reactions. Each runs after its line was written.
  std::function<bool(http2::StreamId)> accept_stream;
  std::function<http2::HeaderVerdict(RecordedStream&, http2::HeaderField)> judge_header;
  std::function<void(RecordedStream&, bool end)> after_headers_end;
  std::function<void(RecordedStream&, Bytes)> after_data;
  std::function<void(RecordedStream&)> after_end_of_stream;
  std::function<void(RecordedStream&)> before_body;
  std::function<void(RecordedStream&)> after_last_frame_sent;
  std::function<void(RecordedStream&)> after_closed;
  /// Fields are many and often the same: off by one switch.
  bool record_headers = true;

  const std::vector<std::string>& lines() const { return lines_; }
  /// Lines joined by ", ".
  std::string text() const {
    std::string out;
    for (const std::string& line : lines_) out += (out.empty() ? "" : ", ") + line;
    return out;
  }
  void clear() { lines_.clear(); }
  std::size_t count(std::string_view prefix) const {
    std::size_t found = 0;
    for (const std::string& line : lines_) found += line.starts_with(prefix) ? 1 : 0;
    return found;
  }
  /// The stream of the id; made on demand, so that a client's test can script it first.
  RecordedStream& stream(http2::StreamId id) {
    RecordedStream& stream = streams_[id];
    stream.id = id;
    return stream;
  }
  std::uint64_t last_ping() const { return last_ping_; }

  http2::Stream* on_stream_begin(http2::StreamId id) override {
    record("begin " + std::to_string(id));
    return !accept_stream || accept_stream(id) ? &stream(id) : nullptr;
  }
  void on_refused_end(http2::StreamId id) override { record("refused end " + std::to_string(id)); }
  void on_trailers_begin(http2::Stream& s) override { record("trailers begin " + name(s)); }
  http2::HeaderVerdict on_header(http2::Stream& s, http2::HeaderField field) override {
    if (record_headers) {
      record("header " + name(s) + " " + std::string(field.name) + "=" + std::string(field.value));
    }
    return judge_header ? judge_header(own(s), field) : http2::HeaderVerdict::kContinue;
  }
  void on_headers_end(http2::Stream& s, bool end) override {
    record("headers end " + name(s) + (end ? " last" : ""));
    if (after_headers_end) after_headers_end(own(s), end);
  }
  void on_data(http2::Stream& s, Bytes bytes) override {
    own(s).body += as_view(bytes);
    record_data(s, bytes.size());
    if (after_data) after_data(own(s), bytes);
  }
  void on_end_of_stream(http2::Stream& s) override {
    record("end " + name(s));
    if (after_end_of_stream) after_end_of_stream(own(s));
  }
  http2::BodyChunk on_body_wanted(http2::Stream& s, MutableBytes into) override;
  void on_last_frame_sent(http2::Stream& s) override {
    record("last frame sent " + name(s));
    if (after_last_frame_sent) after_last_frame_sent(own(s));
  }
  void on_stream_closed(http2::Stream& s, http2::ErrorCode code) override {
    record("closed " + name(s) + " " + std::string(to_string(code)));
    if (after_closed) after_closed(own(s));
  }
  void on_reset_sent(http2::StreamId id, http2::ErrorCode code) override {
    record("reset sent " + std::to_string(id) + " " + std::string(to_string(code)));
  }
  void on_reset_received(http2::StreamId id, http2::ErrorCode code) override {
    record("reset received " + std::to_string(id) + " " + std::string(to_string(code)));
  }
  void on_idle_frame(http2::IdleFrame frame) override;
  void on_settings() override { record("settings"); }
  void on_settings_acknowledged() override { record("settings acknowledged"); }
  void on_ping_acknowledged(std::uint64_t payload) override {
    last_ping_ = payload;
    record("ping acknowledged");
  }
  void on_goaway(http2::StreamId last, http2::ErrorCode code, std::string_view debug) override {
    record("goaway " + std::to_string(last) + " " + std::string(to_string(code)) + " '" + std::string(debug) +
           "'");
  }

 private:
  static RecordedStream& own(http2::Stream& stream) { return static_cast<RecordedStream&>(stream); }
  static std::string name(http2::Stream& stream) { return std::to_string(own(stream).id); }
  void record(std::string line) { lines_.push_back(std::move(line)); }
  void record_data(http2::Stream& stream, std::size_t size);

  std::vector<std::string> lines_;
  std::map<http2::StreamId, RecordedStream> streams_;
  std::size_t data_size_ = 0;  // of the data line that is last in lines_
  std::uint64_t last_ping_ = 0;
};

}  // namespace hawser::test
