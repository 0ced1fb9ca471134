// One Session with recording events, fed and drained by hand.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "hawser/http2/memory_pool.h"
#include "hawser/http2/session.h"
#include "support/bytes.h"
#include "support/chunking.h"
#include "support/frame_parser.h"
#include "support/frame_script.h"
#include "support/recording_events.h"

namespace hawser::test {

/// Wide enough that nothing is left behind in one drain.
inline constexpr std::size_t kNoHighWater = 1024 * 1024 * 1024;

class SessionFixture final {
 public:
  explicit SessionFixture(http2::Role role = http2::Role::kServer, const http2::Limits& limits = {})
      : config_(http2::SessionConfig::create(role, limits).value()),
        session_(http2::Session::create(*config_, events, pool_).value()) {}

  RecordingEvents events;
  FrameParser sent;  // what drain() gave, parsed

  http2::Session& operator*() { return *session_; }
  http2::Session* operator->() { return session_.get(); }
  http2::MemoryPool& pool() { return pool_; }
  const http2::SessionConfig& config() const { return *config_; }
  void destroy_session() { session_.reset(); }

  /// Feeds piece by piece up to the first error, which ends the connection as a protocol would: end(), then
  /// the rest of the bytes is still offered.
  Result<void> feed(std::string_view bytes, const Chunking& chunking = Chunking::whole()) {
    Result<void> first_error;
    chunking.split(as_bytes(bytes), [&](Bytes piece) {
      Result<void> result = session_->receive(piece);
      if (result || !first_error) return;
      first_error = result;
      session_->end(static_cast<http2::ErrorCode>(result.error().code), result.error().detail);
    });
    return first_error;
  }
  Result<void> feed(FrameScript& script, const Chunking& chunking = Chunking::whole()) {
    return feed(script.take(), chunking);
  }

  Result<void> drain(std::size_t high_water = kNoHighWater) {
    ByteQueue output;
    Result<void> result = session_->drain(output, high_water);
    sent.feed(output.readable());
    return result;
  }

  /// The start of a connection, which most tests don't care for: both sides' SETTINGS and acknowledgements.
  /// `script` keeps its HPACK state for what follows.
  void start(FrameScript& script) {
    if (config_->role() == http2::Role::kServer) script.preface();
    script.settings().settings_ack();
    REQUIRE(feed(script));
    REQUIRE(drain());
    events.clear();
    sent.take();
  }

 private:
  std::unique_ptr<http2::SessionConfig> config_;
  http2::MemoryPool pool_;
  std::unique_ptr<http2::Session> session_;
};

}  // namespace hawser::test
