// A peer of a session that sends what comes to its mind, mostly right: requests and what belongs to them when
// it is a client, responses when it is a server.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "hawser/http2/types.h"
#include "support/frame_script.h"

namespace hawser::test {

class RandomPeer final {
 public:
  /// `ours`: the role of the session, so the peer has the other one.
  RandomPeer(std::mt19937_64& random, http2::Role ours) : random_(random), ours_(ours) {}

  void start(FrameScript& script) {
    if (ours_ == http2::Role::kServer) script.preface();
    if (one_in(2))
      script.settings({{SettingId::kInitialWindowSize, pick({0, 1, 100, 70'000, 1'000'000})}});
    else
      script.settings();
    if (!one_in(4)) script.settings_ack();
    script.window_update(0, 1 << 30);  // which stream has the last of it is free
  }

  void add(FrameScript& script) {
    switch (random_() % 16) {
      case 0:
      case 1:
      case 2:
      case 3:
        return head(script);
      case 4:
      case 5:
      case 6:
        return data(script);
      case 7:
        script.headers(some_id(), {{"x-late", "1"}}, {.end_stream = !one_in(5)});
        return;
      case 8:
        return reset(script);
      case 9:
        script.window_update(one_in(2) ? 0 : some_id(), pick({1, 1000, 100'000}));
        return;
      case 10:
        script.ping(random_(), false);
        return;
      case 11:
        script.settings({{SettingId::kInitialWindowSize, pick({0, 10, 65'535, 200'000})},
                         {SettingId::kHeaderTableSize, pick({0, 100, 4'096, 65'536})}});
        return;
      case 12:
        script.frame(static_cast<std::uint8_t>(0x0a + random_() % 240), static_cast<std::uint8_t>(random_()),
                     some_id(), std::string(random_() % 20, 'u'));
        return;
      case 13:
        script.priority(some_id(), some_id() + 1000);
        return;
      case 14:
        if (!one_in(20)) return;
        says_goaway_ = true;
        script.goaway(ours_ == http2::Role::kServer ? 0 : some_id(), http2::ErrorCode::kNoError, "bye");
        return;
      default:
        if (one_in(10)) odd(script);
    }
  }

  /// What follows it may not be looked at any more.
  bool has_just_said_goaway() { return std::exchange(says_goaway_, false); }
  std::size_t data_bytes() const { return data_bytes_; }  // that were sent, or a little less
  void set_next_of_ours(http2::StreamId next) { next_ours_ = next; }

 private:
  bool one_in(unsigned n) { return random_() % n == 0; }
  std::uint32_t pick(const std::vector<std::uint32_t>& all) { return all[random_() % all.size()]; }
  http2::StreamId next() const { return ours_ == http2::Role::kServer ? next_ : next_ours_; }
  // Mostly of a stream that there was.
  http2::StreamId some_id() {
    const http2::StreamId end = next() + (one_in(300) ? 4 : 0);
    const http2::StreamId span = std::min<http2::StreamId>(end, 24);
    const http2::StreamId id =
        end - 2 - static_cast<http2::StreamId>(random_() % static_cast<unsigned>(span)) / 2 * 2;
    return std::max<http2::StreamId>(id, 1);
  }
  HeadersShape shape(bool end_stream) {
    return {.end_stream = end_stream,
            .padding = one_in(6) ? static_cast<int>(random_() % 256) : kNoPadding,
            .fragment = one_in(6) ? 1 + random_() % 60 : 0};
  }
  void head(FrameScript& script) {
    if (ours_ == http2::Role::kClient) {
      Fields fields = response_fields();
      if (one_in(10)) fields = {{":status", "103"}};
      if (one_in(4)) fields = with(std::move(fields), "grpc-status", "0");
      if (one_in(5)) fields.push_back({"x-" + std::to_string(random_() % 9), "v"});
      script.headers(some_id(), fields, shape(one_in(4)));
      return;
    }
    Fields fields = request_fields("/echo.EchoService/Echo");
    if (one_in(5)) fields.push_back({"x-" + std::to_string(random_() % 9), std::string(random_() % 40, 'v')});
    if (one_in(20)) fields.push_back({"connection", "close"});
    if (one_in(20)) fields = with(std::move(fields), "content-length", std::to_string(random_() % 8));
    script.headers(next_, fields, shape(one_in(4)));
    opened_ = next_;
    next_ += one_in(10) ? 4 : 2;
  }
  void data(FrameScript& script) {
    const std::size_t size = pick({0, 1, 5, 300, 9'000});
    const int padding = one_in(4) ? static_cast<int>(random_() % 256) : kNoPadding;
    data_bytes_ += size + 256;
    script.data(some_id(), std::string(size, 'd'), one_in(3), padding);
  }
  // Not of a stream that a client has yet to open, which nghttp2 alone holds against it.
  void reset(FrameScript& script) {
    const http2::StreamId id = some_id();
    if (ours_ == http2::Role::kClient || id <= opened_)
      script.reset(id, static_cast<http2::ErrorCode>(random_() % 16));
  }
  void odd(FrameScript& script) {
    const auto flags = static_cast<std::uint8_t>(random_());
    const auto type = static_cast<std::uint8_t>(random_() % 11);
    switch (random_() % 8) {
      case 0:
        // Twice, for a stream whose window is at its largest ends by SETTINGS that would make it larger:
        // there alone, here with its connection (RFC 9113 6.9.2).
        for (const http2::StreamId id = one_in(2) ? 0 : some_id();
             const std::uint32_t size : {0x7FFF'FFFF, 0x7FFF'FFFF}) {
          script.window_update(id, one_in(6) ? 0 : size);
        }
        return;
      case 1:
        if (type == static_cast<std::uint8_t>(FrameType::kReset)) return reset(script);
        script.frame(type, flags, static_cast<http2::StreamId>(1 + random_() % 9),
                     std::string(random_() % 12, '\x01'));
        return;
      case 2:
        script.frame(FrameType::kData, kFlagPadded, some_id(), std::string(random_() % 4, '\x02'));
        return;
      case 3:
        script.header_block(next_, std::string(random_() % 8, static_cast<char>(random_())));
        next_ += 2;
        return;
      case 4:
        if (type == 2) return;  // PRIORITY of no stream: nghttp2 ignores it, RFC 9113 6.3 doesn't
        script.frame(type, 0, 0, std::string(pick({0, 1, 4, 5, 6, 8, 9}), '\0'));
        return;
      case 5:
        script.headers(next_, request_fields("/echo.EchoService/Echo"), {.end_headers = false});
        next_ += 2;
        return;
      case 6:
        script.settings({{static_cast<SettingId>(random_() % 8), pick({0, 1, 2, 16'384, 0xFFFF'FFFF})}});
        return;
      default:
        data_bytes_ += 16'000;
        script.data(some_id(), std::string(16'000, 'f'));
    }
  }

  std::mt19937_64& random_;
  http2::Role ours_;
  http2::StreamId next_ = 1;
  http2::StreamId opened_ = 0;  // by a client, the last
  std::size_t data_bytes_ = 0;
  http2::StreamId next_ours_ = 1;
  bool says_goaway_ = false;
};

}  // namespace hawser::test
