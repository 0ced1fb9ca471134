#include "src/lanes/cost_model.h"

#include <doctest/doctest.h>

#include <vector>

namespace hawser::lanes {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

}  // namespace

TEST_CASE("CostModel: begins with its guesses, each class with its own") {
  const std::vector<Duration> guesses{microseconds(30), milliseconds(5)};
  const CostModel model(guesses);
  CHECK(model.expected(0) == microseconds(30));
  CHECK(model.expected(1) == milliseconds(5));
}

TEST_CASE("CostModel: comes to what jobs really take, from above and from below") {
  const std::vector<Duration> guesses{microseconds(30), milliseconds(5)};
  CostModel model(guesses);
  for (int i = 0; i < 200; ++i) {
    model.learn(0, microseconds(60));
    model.learn(1, milliseconds(1));
  }
  CHECK(model.expected(0) > microseconds(58));
  CHECK(model.expected(0) <= microseconds(60));
  CHECK(model.expected(1) >= milliseconds(1));
  CHECK(model.expected(1) < microseconds(1050));
}

TEST_CASE("CostModel: one job whose thread was interrupted changes little") {
  const std::vector<Duration> guesses{microseconds(32)};
  CostModel model(guesses);
  model.learn(0, std::chrono::seconds(1));
  CHECK(model.expected(0) <= microseconds(38));
}

TEST_CASE("CostModel: nothing is free, or anything would be admitted") {
  const std::vector<Duration> guesses{microseconds(0)};
  CostModel model(guesses);
  for (int i = 0; i < 1000; ++i) model.learn(0, Duration(0));
  model.learn(0, Duration(-5));
  CHECK(model.expected(0) >= microseconds(1));
}

TEST_CASE("CostModel: what grew over the first guess is stale when none has run for a second") {
  const std::vector<Duration> guesses{microseconds(32)};
  CostModel model(guesses);
  const Instant start{std::chrono::hours(1)};
  CHECK_FALSE(model.is_stale(0, start));
  model.note_try(0, start);
  model.learn(0, milliseconds(1));
  CHECK_FALSE(model.is_stale(0, start + std::chrono::seconds(1)));
  CHECK(model.is_stale(0, start + std::chrono::seconds(1) + milliseconds(1)));
}

}  // namespace hawser::lanes
