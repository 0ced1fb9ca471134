#include "hawser/http2/abuse_meter.h"

#include <doctest/doctest.h>

namespace hawser::test {
namespace {

using http2::AbuseMeter;
using http2::ErrorCode;
using http2::IdleFrame;
using http2::TokenBucket;
using namespace std::chrono_literals;

constexpr Instant kStart = Instant(1000h);

int taken(TokenBucket& bucket, Instant now) {
  int count = 0;
  while (count < 1'000'000 && bucket.take(now)) ++count;
  return count;
}

TEST_CASE("TokenBucket: gives its burst at once and no more") {
  TokenBucket bucket(10, 5);
  CHECK(taken(bucket, kStart) == 10);
  CHECK_FALSE(bucket.take(kStart));
}

TEST_CASE("TokenBucket: regains its rate, up to the burst") {
  TokenBucket bucket(10, 5);
  taken(bucket, kStart);
  CHECK(taken(bucket, kStart + 199ms) == 0);
  CHECK(taken(bucket, kStart + 200ms) == 1);
  CHECK(taken(bucket, kStart + 1s) == 4);
  CHECK(taken(bucket, kStart + 1h) == 10);
}

TEST_CASE("TokenBucket: fractions of a token aren't lost") {
  TokenBucket bucket(100, 10);
  taken(bucket, kStart);
  int count = 0;
  for (int i = 1; i <= 100; ++i) count += taken(bucket, kStart + i * 33ms);
  CHECK(count == 33);
}

TEST_CASE("TokenBucket: a full bucket gains nothing by waiting") {
  TokenBucket bucket(3, 1);
  CHECK(bucket.take(kStart + 1h));
  CHECK(taken(bucket, kStart + 1h) == 2);
  CHECK(taken(bucket, kStart + 1h + 999ms) == 0);
}

TEST_CASE("TokenBucket: what is earned is bounded by the burst") {
  TokenBucket bucket(10, 1);
  taken(bucket, kStart);
  bucket.earn(4);
  CHECK(taken(bucket, kStart) == 4);
  bucket.earn(4'000'000'000U);
  CHECK(taken(bucket, kStart) == 10);
}

TEST_CASE("TokenBucket: one that regains nothing has its burst and no more") {
  TokenBucket bucket(3, 0);
  CHECK(taken(bucket, kStart) == 3);
  CHECK(taken(bucket, kStart + 1h) == 0);
}

TEST_CASE("AbuseMeter: idle frames beyond the burst are too many, honest work pays for more") {
  http2::Limits limits;
  limits.idle_frame_burst = 10;
  limits.idle_frames_per_second = 1;
  AbuseMeter meter(limits);
  for (int i = 0; i < 10; ++i) CHECK_FALSE(meter.on_idle_frame(IdleFrame::kPing, kStart));
  CHECK(meter.on_idle_frame(IdleFrame::kPing, kStart));
  // A call and its DATA pay for the WINDOW_UPDATEs and PINGs of grpc clients that come with them.
  for (int call = 0; call < 1000; ++call) {
    meter.on_stream_opened();
    meter.on_data_sent();
    for (int i = 0; i < 4; ++i) REQUIRE_FALSE(meter.on_idle_frame(IdleFrame::kPing, kStart));
  }
}

// P-92: grpc-core's clients send a WINDOW_UPDATE for each message that they read.
TEST_CASE("AbuseMeter: WINDOW_UPDATEs are paid for by messages and DATA sent, and not by the burst alone") {
  http2::Limits limits;
  limits.idle_frame_burst = 10;
  limits.idle_frames_per_second = 1;
  AbuseMeter meter(limits);
  for (int i = 0; i < 10'000; ++i) meter.on_message_sent();
  for (int i = 0; i < 20'000; ++i) REQUIRE_FALSE(meter.on_idle_frame(IdleFrame::kWindowUpdate, kStart));
  // Nothing is left of them for other frames, and the burst is for all.
  for (int i = 0; i < 10; ++i) CHECK_FALSE(meter.on_idle_frame(IdleFrame::kWindowUpdate, kStart));
  CHECK(meter.on_idle_frame(IdleFrame::kWindowUpdate, kStart));
  meter.on_message_sent();
  CHECK(meter.on_idle_frame(IdleFrame::kPriority, kStart));
}

TEST_CASE("AbuseMeter: resets that we had to send are faults, but for our own doing") {
  http2::Limits limits;
  limits.fault_burst = 5;
  limits.faults_per_second = 1;
  AbuseMeter meter(limits);
  for (int i = 0; i < 1000; ++i) {
    CHECK_FALSE(meter.on_reset_sent(ErrorCode::kNoError, kStart));
    CHECK_FALSE(meter.on_reset_sent(ErrorCode::kCancel, kStart));
  }
  for (int i = 0; i < 5; ++i) CHECK_FALSE(meter.on_reset_sent(ErrorCode::kProtocolError, kStart));
  CHECK(meter.on_reset_sent(ErrorCode::kFlowControlError, kStart));
  CHECK_FALSE(meter.on_reset_sent(ErrorCode::kFlowControlError, kStart + 1s));
}

// S-7: more than half of at least 500 streams, each within a second of its start.
TEST_CASE("AbuseMeter: streams opened and reset at once are too many once they are the rule") {
  AbuseMeter meter(http2::Limits{});
  bool found = false;
  int streams = 0;
  while (!found && streams < 2000) {
    meter.on_stream_opened();
    ++streams;
    found = meter.on_premature_reset(1ms);
  }
  CHECK(streams == 500);
}

TEST_CASE("AbuseMeter: clients that cancel some calls, or late, are fine") {
  AbuseMeter some(http2::Limits{});
  for (int i = 0; i < 10'000; ++i) {
    some.on_stream_opened();
    some.on_stream_opened();
    REQUIRE_FALSE(some.on_premature_reset(1ms));
  }
  AbuseMeter late(http2::Limits{});
  for (int i = 0; i < 10'000; ++i) {
    late.on_stream_opened();
    REQUIRE_FALSE(late.on_premature_reset(1s));
  }
}

}  // namespace
}  // namespace hawser::test
