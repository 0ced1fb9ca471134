#include "hawser/interceptors/client_deadlines.h"

#include <doctest/doctest.h>

#include "unit/interceptors/client_fixture.h"

namespace hawser::test {
namespace {

using interceptors::ClientDeadlines;
using namespace std::chrono_literals;

// What a server is told that a call with this timeout has left, in units that tell the cases apart.
std::string told(ClientFixture& fixture, Duration timeout) {
  WaitingCall call;
  call.call.set_timeout(timeout);
  call.start(*fixture.channel);
  const std::string left(fixture.answer().header("grpc-timeout"));
  CHECK(call.wait() == "OK");
  return left.ends_with("u") ? "seconds" : left.ends_with("m") ? "minutes" : left;
}

std::string told_of_stream(ClientFixture& fixture) {
  RecordedStream stream;
  stream.call.end_writes();
  stream.start(*fixture.channel);
  const std::string left(fixture.answer().header("grpc-timeout"));
  stream.call.cancel();
  stream.wait();
  return left.ends_with("u") ? "seconds" : left.ends_with("m") ? "minutes" : left;
}

}  // namespace

TEST_CASE("ClientDeadlines: calls without a deadline get one, others keep theirs") {
  ClientDeadlines deadlines({.by_default = 50s});
  ClientFixture fixture({.interceptors = {&deadlines}});
  CHECK(told(fixture, Duration::max()) == "seconds");
  CHECK(told(fixture, 50min) == "minutes");
  CHECK(told_of_stream(fixture) == "(none)");
}

TEST_CASE("ClientDeadlines: streams have a default of their own") {
  ClientDeadlines deadlines({.by_default = 50s, .by_default_of_streams = 50min});
  ClientFixture fixture({.interceptors = {&deadlines}});
  CHECK(told(fixture, Duration::max()) == "seconds");
  CHECK(told_of_stream(fixture) == "minutes");
}

TEST_CASE("ClientDeadlines: no call runs longer than the longest") {
  ClientDeadlines deadlines({.by_default = 50min, .longest = 50s});
  ClientFixture fixture({.interceptors = {&deadlines}});
  CHECK(told(fixture, Duration::max()) == "seconds");
  CHECK(told(fixture, 50min) == "seconds");
  CHECK(told_of_stream(fixture) == "seconds");
  ClientDeadlines short_ones({.longest = 20ms});
  ClientFixture hurried({.interceptors = {&short_ones}});
  WaitingCall call;
  CHECK(call.start(*hurried.channel).wait() == "DEADLINE_EXCEEDED");
}

TEST_CASE("ClientDeadlines: without rules nothing changes") {
  ClientDeadlines deadlines({});
  ClientFixture fixture({.interceptors = {&deadlines}});
  CHECK(told(fixture, Duration::max()) == "(none)");
  CHECK(told(fixture, 50s) == "seconds");
}

}  // namespace hawser::test
