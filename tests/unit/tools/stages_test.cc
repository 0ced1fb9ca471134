#include "tools/profile/stages.h"

#include <doctest/doctest.h>

namespace hawser::test {
namespace {

using profile::split;
using profile::Stages;
using namespace std::chrono_literals;

Duration sum(const Stages& stages) {
  return stages.client_queue + stages.server_queue + stages.handler + stages.reply_write + stages.wire;
}

TEST_CASE("stages: what nobody names is the wire's") {
  const Stages stages = split(100us, 5us, {10us, 30us, 20us});
  CHECK(stages.client_queue == 5us);
  CHECK(stages.server_queue == 10us);
  CHECK(stages.handler == 30us);
  CHECK(stages.reply_write == 20us);
  CHECK(stages.wire == 35us);
  CHECK(split(100us, 5us, {}).wire == 95us);
}

TEST_CASE("stages: they add up to the round trip, whatever a server says") {
  CHECK(sum(split(100us, 5us, {90us, 90us, 90us})) == 100us);
  CHECK(split(100us, 5us, {90us, 90us, 90us}).server_queue == 90us);
  CHECK(split(100us, 5us, {90us, 90us, 90us}).handler == 5us);
  CHECK(sum(split(100us, 500us, {1us, 1us, 1us})) == 100us);
  CHECK(sum(split(100us, -5us, {-1us, 1us, 1us})) == 100us);
  CHECK(split(100us, -5us, {-1us, 1us, 1us}).wire == 98us);
  CHECK(sum(split({}, 5us, {1us, 1us, 1us})) == Duration{});
}

}  // namespace
}  // namespace hawser::test
