#include "src/access/traceparent.h"

#include <string>

#include <doctest/doctest.h>

namespace hawser::test {

using access::parse_traceparent;

namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kSpan = "00f067aa0ba902b7";

std::string with(const std::string& version, const std::string& trace, const std::string& span,
                 const std::string& flags) {
  return version + '-' + trace + '-' + span + '-' + flags;
}

}  // namespace

TEST_CASE("traceparent: the parts of a valid one") {
  const auto context = parse_traceparent(with("00", kTrace, kSpan, "01"));
  REQUIRE(context);
  CHECK(context->trace_id[0] == 0x4b);
  CHECK(context->trace_id[15] == 0x36);
  CHECK(context->span_id[0] == 0x00);
  CHECK(context->span_id[1] == 0xf0);
  CHECK(context->span_id[7] == 0xb7);
  CHECK(context->sampled);
}

TEST_CASE("traceparent: only the lowest flag says that the caller records the trace") {
  CHECK_FALSE(parse_traceparent(with("00", kTrace, kSpan, "00"))->sampled);
  CHECK_FALSE(parse_traceparent(with("00", kTrace, kSpan, "fe"))->sampled);
  CHECK(parse_traceparent(with("00", kTrace, kSpan, "ff"))->sampled);
  CHECK(parse_traceparent(with("00", kTrace, kSpan, "03"))->sampled);
}

TEST_CASE("traceparent: what is malformed is none") {
  const std::string good = with("00", kTrace, kSpan, "01");
  REQUIRE(parse_traceparent(good));
  CHECK_FALSE(parse_traceparent(""));
  CHECK_FALSE(parse_traceparent("00"));
  CHECK_FALSE(parse_traceparent(good.substr(1)));
  CHECK_FALSE(parse_traceparent(' ' + good));
  CHECK_FALSE(parse_traceparent(good + ' '));
  CHECK_FALSE(parse_traceparent(good + "-more"));  // version 00 has no more
  CHECK_FALSE(parse_traceparent(with("00", "4BF92F3577B34DA6A3CE929D0E0E4736", kSpan, "01")));
  CHECK_FALSE(parse_traceparent(with("00", kTrace, "00F067AA0BA902B7", "01")));
  CHECK_FALSE(parse_traceparent(with("00", std::string(32, '0'), kSpan, "01")));
  CHECK_FALSE(parse_traceparent(with("00", kTrace, std::string(16, '0'), "01")));
  CHECK_FALSE(parse_traceparent(with("ff", kTrace, kSpan, "01")));
  CHECK_FALSE(parse_traceparent(with("0x", kTrace, kSpan, "01")));
  CHECK_FALSE(parse_traceparent(with("00", kTrace, kSpan, "0g")));
  CHECK_FALSE(parse_traceparent(with("00", kTrace, kSpan, "1")));
  CHECK_FALSE(parse_traceparent(with("00", kTrace + "00", kSpan.substr(2), "01")));
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char wrong : {'-', 'G', ' ', '\0', '/', ':', '`', 'g'}) {
      std::string bad = good;
      bad[i] = wrong;
      if (bad == good) continue;
      CHECK_FALSE(parse_traceparent(bad));
    }
  }
}

TEST_CASE("traceparent: a later version is read as far as it is known here") {
  CHECK(parse_traceparent(with("01", kTrace, kSpan, "01")));
  CHECK(parse_traceparent(with("cc", kTrace, kSpan, "01") + "-what-the-future-will-be-like"));
  CHECK(parse_traceparent(with("cc", kTrace, kSpan, "01") + "-"));
  CHECK_FALSE(parse_traceparent(with("cc", kTrace, kSpan, "01") + ".what-the-future-will-be-like"));
}

}  // namespace hawser::test
