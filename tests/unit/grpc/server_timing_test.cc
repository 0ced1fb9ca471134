#include "hawser/grpc/server_timing.h"

#include <doctest/doctest.h>

#include <string>

namespace hawser::test {
namespace {

using grpc::parse_server_timing;
using grpc::ServerTiming;
using namespace std::chrono_literals;

std::string text_of(const ServerTiming& timing) {
  grpc::ServerTimingText room;
  return std::string(grpc::format_server_timing(timing, room));
}

TEST_CASE("server-timing: milliseconds, to the nanosecond") {
  CHECK(text_of({12'345ns, 1500us, 4'210ns}) ==
        "queue;dur=0.012345, handler;dur=1.500000, reply;dur=0.004210");
  CHECK(text_of({0ns, 1ns, 1h}) == "queue;dur=0.000000, handler;dur=0.000001, reply;dur=3600000.000000");
  CHECK(text_of({-5ns, 1ms, 0ns}) == "queue;dur=0.000000, handler;dur=1.000000, reply;dur=0.000000");
}

TEST_CASE("server-timing: the longest text has room, and what was written is read as the same") {
  CHECK(text_of({Duration::max(), Duration::max(), Duration::max()}).size() ==
        std::tuple_size_v<grpc::ServerTimingText>);
  for (const Duration one :
       {Duration{}, Duration(1ns), Duration(999'999ns), Duration(1ms), Duration(86'399'999'999'999ns)}) {
    const ServerTiming timing{one, one / 3, one * 2};
    CAPTURE(text_of(timing));
    CHECK(parse_server_timing(text_of(timing)) == timing);
  }
}

TEST_CASE("server-timing: what others write between and around the stages is passed over") {
  const ServerTiming expected{1ms, 2ms, 500us};
  for (const char* text :
       {"queue;dur=1,handler;dur=2,reply;dur=0.5", "reply;dur=.5 , queue;dur=1.0,\thandler;dur=2.000",
        "gfet4t7; dur=12, queue;dur=1, handler;desc=\"a, b;dur=7\";dur=2, reply;dur=\"0.5\"",
        "queue;dur=1;desc=\"\\\",\", handler; dur = 2, cache;desc=hit, reply;x;dur=0.5,, queue;dur=9"}) {
    CAPTURE(text);
    CHECK(parse_server_timing(text) == expected);
  }
}

TEST_CASE("server-timing: without all three stages and their times it says nothing") {
  for (const char* text :
       {"", ",", ";", "queue", "gfet4t7; dur=12", "queue;dur=1,handler;dur=2",
        "queue,handler;dur=2,reply;dur=1", "queue;dur=,handler;dur=2,reply;dur=1",
        "queue;dur=-1,handler;dur=2,reply;dur=1", "queue;dur=1e3,handler;dur=2,reply;dur=1",
        "queue;dur=nan,handler;dur=2,reply;dur=1", "queue;dur=inf,handler;dur=2,reply;dur=1",
        "queue;dur=9999999999999,handler;dur=2,reply;dur=1", "queue;dur=1 2,handler;dur=2,reply;dur=1",
        "\"queue;dur=1,handler;dur=2,reply;dur=1", "\\", "\"\\"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_server_timing(text));
  }
}

}  // namespace
}  // namespace hawser::test
