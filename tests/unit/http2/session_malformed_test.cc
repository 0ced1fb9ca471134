// Malformed messages (RFC 9113 8.1.1): what a session makes of them, and that nghttp2's own checks, which are
// off in it, would have made the same of random ones.
#include <doctest/doctest.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "support/in_all_chunkings.h"
#include "support/seed.h"
#include "unit/http2/session_fixture.h"

namespace hawser::test {
namespace {

using http2::ErrorCode;
using http2::Role;

std::string_view view(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// nghttp2 with its checks on, writing down what RecordingEvents does: of one stream, without its number.
class Reference final {
 public:
  explicit Reference(Role role) {
    nghttp2_session_callbacks* callbacks = nullptr;
    REQUIRE(nghttp2_session_callbacks_new(&callbacks) == 0);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &on_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, &on_sent);
    nghttp2_option* option = nullptr;
    REQUIRE(nghttp2_option_new(&option) == 0);
    nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation(option, 1);
    const auto make = role == Role::kServer ? &nghttp2_session_server_new2 : &nghttp2_session_client_new2;
    REQUIRE(make(&session_, callbacks, this, option) == 0);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    REQUIRE(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0) == 0);
  }
  ~Reference() { nghttp2_session_del(session_); }
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;

  void request() {
    std::vector<nghttp2_nv> fields;
    for (const auto& [name, value] : {std::pair{":method", "POST"},
                                      {":scheme", "http"},
                                      {":path", "/a/b"},
                                      {":authority", "localhost"}}) {
      // lint: allow const_cast: nghttp2 wants non-const pointers and only reads through them
      fields.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(name)),
                        reinterpret_cast<std::uint8_t*>(const_cast<char*>(value)), std::strlen(name),
                        std::strlen(value), NGHTTP2_NV_FLAG_NONE});
    }
    REQUIRE(nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), nullptr, nullptr) == 1);
    drain();
  }

  void feed(std::string_view bytes) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    REQUIRE(nghttp2_session_mem_recv(session_, data, bytes.size()) == static_cast<ssize_t>(bytes.size()));
    drain();
  }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  static Reference& self(void* user_data) { return *static_cast<Reference*>(user_data); }
  static int on_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                       void* user_data) {
    self(user_data).lines_.push_back("header " + std::string(view(name, name_size)) + "=" +
                                     std::string(view(value, value_size)));
    return 0;
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    if (frame->hd.stream_id == 0) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS) self(user_data).lines_.emplace_back("headers end");
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) self(user_data).lines_.emplace_back("end");
    return 0;
  }
  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t, const std::uint8_t*, std::size_t size,
                     void* user_data) {
    self(user_data).lines_.push_back("data " + std::to_string(size));
    return 0;
  }
  static int on_sent(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    if (frame->hd.type == NGHTTP2_RST_STREAM) {
      const auto code = static_cast<ErrorCode>(frame->rst_stream.error_code);
      self(user_data).lines_.push_back("reset " + std::string(to_string(code)));
    }
    return 0;
  }
  void drain() {
    const std::uint8_t* data = nullptr;
    while (nghttp2_session_mem_send(session_, &data) > 0) {
    }
  }

  nghttp2_session* session_ = nullptr;
  std::vector<std::string> lines_;
};

/// The same lines of a Session.
class Ours final : public http2::SessionEvents {
 public:
  explicit Ours(Role role)
      : config_(http2::SessionConfig::create(role, {}).value()),
        session_(http2::Session::create(*config_, *this, pool_).value()) {}

  void request() {
    static constexpr http2::HeaderField kFields[] = {
        {":method", "POST"}, {":scheme", "http"}, {":path", "/a/b"}, {":authority", "localhost"}};
    REQUIRE(session_->submit_request(kFields, stream_, false).value() == 1);
    drain();
  }
  void feed(std::string_view bytes) {
    REQUIRE(session_->receive(as_bytes(bytes)));
    drain();
  }
  const std::vector<std::string>& lines() const { return lines_; }
  bool has_closed() const { return has_closed_; }

  http2::Stream* on_stream_begin(http2::StreamId) override { return &stream_; }
  void on_refused_end(http2::StreamId) override {}
  void on_trailers_begin(http2::Stream&) override {}
  http2::HeaderVerdict on_header(http2::Stream&, http2::HeaderField field) override {
    lines_.push_back("header " + std::string(field.name) + "=" + std::string(field.value));
    return http2::HeaderVerdict::kContinue;
  }
  void on_headers_end(http2::Stream&, bool) override { lines_.emplace_back("headers end"); }
  void on_data(http2::Stream&, Bytes bytes) override {
    lines_.push_back("data " + std::to_string(bytes.size()));
  }
  void on_end_of_stream(http2::Stream&) override { lines_.emplace_back("end"); }
  http2::BodyChunk on_body_wanted(http2::Stream&, MutableBytes) override { return {}; }
  void on_last_frame_sent(http2::Stream&) override {}
  void on_stream_closed(http2::Stream&, ErrorCode) override { has_closed_ = true; }
  void on_reset_sent(http2::StreamId, ErrorCode code) override {
    lines_.push_back("reset " + std::string(to_string(code)));
  }
  void on_reset_received(http2::StreamId, ErrorCode) override {}
  void on_idle_frame(http2::IdleFrame) override {}
  void on_settings() override {}
  void on_settings_acknowledged() override {}
  void on_ping_acknowledged(std::uint64_t) override {}
  void on_goaway(http2::StreamId, ErrorCode, std::string_view) override {}

 private:
  struct OneStream final : http2::Stream {};
  void drain() {
    ByteQueue output;
    REQUIRE(session_->drain(output, kNoHighWater));
  }

  std::unique_ptr<http2::SessionConfig> config_;
  http2::MemoryPool pool_;
  OneStream stream_;
  std::unique_ptr<http2::Session> session_;
  std::vector<std::string> lines_;
  bool has_closed_ = false;
};

// Fields that random messages are made of: right ones more often, so that some get far.
const Fields kRegular = {{"te", "trailers"},
                         {"content-type", "application/grpc"},
                         {"grpc-timeout", "1S"},
                         {"x-a", ""},
                         {"x-a", " b "}};
const Fields kOdd = {{"te", "gzip"},
                     {"te", "TRAILERS"},
                     {"content-length", "5"},
                     {"content-length", "0"},
                     {"content-length", "3"},
                     {"content-length", "x"},
                     {"content-length", ""},
                     {"connection", "close"},
                     {"keep-alive", "1"},
                     {"proxy-connection", "x"},
                     {"transfer-encoding", "chunked"},
                     {"upgrade", "h2c"},
                     {"X-Upper", "1"},
                     {"x\x01y", "1"},
                     {"x y", "1"},
                     {"", "1"},
                     {"x-bad", "a\nb"},
                     {"x-bad", std::string("\0", 1)},
                     {"x-del", "\x7f"},
                     {"x-high", "\xff"},
                     {"host", "other"},
                     {"host", "a b"},
                     {":unknown", "1"},
                     {":", "1"},
                     {":status", "200"},
                     {":status", "204"},
                     {":status", "304"},
                     {":status", "103"},
                     {":status", "101"},
                     {":status", "2x0"},
                     {":path", "/c"},
                     {":path", "c"},
                     {":path", "*"},
                     {":path", ""},
                     {":path", "/a b"},
                     {":method", "OPTIONS"},
                     {":method", "P\x80"},
                     {":method", "GET"},
                     {":scheme", "https"},
                     {":scheme", "1x"},
                     {":scheme", "x+y"},
                     {":authority", "b"},
                     {":authority", "a b"},
                     {"content-type", "a\rb"},
                     {"user-agent", "\x1f"},
                     {"grpc-accept-encoding", "gzip\t"},
                     {"grpc-status", "0"},
                     {"grpc-message", "\x01"}};

class RandomMessage final {
 public:
  RandomMessage(std::mt19937_64& random, Role role) : random_(random), role_(role) {}

  std::string frames(FrameScript& script) {
    if (role_ == Role::kClient && one_in(4)) script.headers(1, block({{":status", "103"}}), {});
    const Fields head =
        role_ == Role::kServer
            ? Fields{{":method", "POST"}, {":scheme", "http"}, {":path", "/a/b"}, {":authority", "localhost"}}
            : Fields{{":status", "200"}};
    const bool ends = one_in(4);
    script.headers(1, block(head), {.end_stream = ends});
    if (ends) return script.take();
    for (int frame = 0; frame < 3 && one_in(2); ++frame) {
      script.data(1, std::string(pick(std::vector<std::size_t>{0, 1, 3, 5}), 'x'), false,
                  one_in(3) ? 2 : kNoPadding);
    }
    if (one_in(2)) {
      script.headers(1, block({}), {.end_stream = !one_in(4)});
    } else {
      script.data(1, one_in(2) ? "" : "xx", true);
    }
    return script.take();
  }

 private:
  bool one_in(unsigned n) { return random_() % n == 0; }
  template <class T>
  T pick(const std::vector<T>& all) {
    return all[random_() % all.size()];
  }
  // The fields given, then regular ones; here and there an odd one, and sometimes one of them is missing or
  // out of its place.
  Fields block(Fields fields) {
    while (!one_in(3)) fields.push_back(pick(kRegular));
    if (one_in(2)) {
      fields.insert(fields.begin() + static_cast<std::ptrdiff_t>(random_() % (fields.size() + 1)),
                    pick(kOdd));
    }
    if (one_in(8) && !fields.empty()) {
      const auto missing = fields.begin() + static_cast<std::ptrdiff_t>(random_() % fields.size());
      // Without an authority we take what nghttp2 doesn't.
      if (missing->name != ":authority") fields.erase(missing);
    }
    if (one_in(8)) std::shuffle(fields.begin(), fields.end(), random_);
    return fields;
  }

  std::mt19937_64& random_;
  Role role_;
};

// What a connection said of one message.
template <class Side>
std::vector<std::string> run(Side& side, Role role, std::string_view start, std::string_view message) {
  side.feed(start);
  if (role == Role::kClient) side.request();
  side.feed(message);
  return side.lines();
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : ", ") + line;
  return text;
}

void compare_random_messages(Role role, std::uint64_t salt) {
  std::mt19937_64 random = seeded_generator(salt);
  std::map<bool, int> outcomes;  // whether it was reset
  for (int round = 0; round < 20'000; ++round) {
    FrameScript script;
    if (role == Role::kServer) script.preface();
    const std::string start = script.settings().settings_ack().take();
    const std::string message = RandomMessage(random, role).frames(script);
    Reference reference(role);
    Ours ours(role);
    const std::vector<std::string> expected = run(reference, role, start, message);
    const std::vector<std::string> got = run(ours, role, start, message);
    REQUIRE(joined(got) == joined(expected));
    ++outcomes[!got.empty() && got.back().starts_with("reset")];
  }
  CHECK(outcomes[true] > 1000);
  CHECK(outcomes[false] > 1000);
}

TEST_CASE("Session: random requests are judged as nghttp2's own checks judge them") {
  compare_random_messages(Role::kServer, 1);
}

TEST_CASE("Session: random responses are judged as nghttp2's own checks judge them") {
  compare_random_messages(Role::kClient, 2);
}

TEST_CASE("Session: a malformed request is reset, and nothing more of it is heard") {
  in_all_chunkings([](const Chunking& chunking) {
    SessionFixture fixture;
    FrameScript script;
    fixture.start(script);
    fixture.events.record_headers = false;
    script.headers(1, with(request_fields("/a/b"), "connection", "close")).data(1, "body", true);
    REQUIRE(fixture.feed(script, chunking));
    CHECK(fixture.events.text() == "begin 1");
    REQUIRE(fixture.drain());
    CHECK(fixture.events.text() == "begin 1, reset sent 1 PROTOCOL_ERROR, closed 1 PROTOCOL_ERROR");
    CHECK(fixture.sent.summary() == "RST_STREAM 1 PROTOCOL_ERROR");
    CHECK(fixture->is_alive());
  });
}

TEST_CASE("Session: fields of a malformed block end the connection when they are too many") {
  http2::Limits limits;
  limits.header_fields_fatal = 100;
  for (const std::string_view name : {"X-Upper", "x-fine"}) {
    SessionFixture fixture(Role::kServer, limits);
    FrameScript script;
    fixture.start(script);
    Fields fields = request_fields("/a/b");
    for (int i = 0; i < 200; ++i) fields.push_back({i == 0 ? "connection" : std::string(name), "1"});
    const Result<void> result = fixture.feed(script.headers(1, fields));
    REQUIRE_FALSE(result);
    CHECK(static_cast<ErrorCode>(result.error().code) == ErrorCode::kEnhanceYourCalm);
  }
}

TEST_CASE("Session: bytes of a malformed request count against the connection's window, and come back") {
  http2::Limits limits;
  limits.connection_window_bytes = 100'000;
  SessionFixture fixture(Role::kServer, limits);
  FrameScript script;
  fixture.start(script);
  for (http2::StreamId id = 1; id < 40; id += 2) {
    script.headers(id, with(request_fields("/a/b"), "connection", "close"))
        .data(id, std::string(10'000, 'x'), true);
    REQUIRE(fixture.feed(script));
    REQUIRE(fixture.drain());
  }
  CHECK(fixture->is_alive());
  CHECK(fixture.sent.summary().find("WINDOW_UPDATE") != std::string::npos);
}

}  // namespace
}  // namespace hawser::test
