#include "hawser/base/log.h"

#include <doctest/doctest.h>

namespace hawser::log {
namespace {

TEST_CASE("log: the null sink wants nothing and takes everything") {
  Sink& sink = null_sink();
  for (const Level level : {Level::kTrace, Level::kDebug, Level::kInfo, Level::kWarning, Level::kError}) {
    CHECK_FALSE(sink.enabled(level));
    sink.write(level, "message", {{"key", "value"}});
  }
  CHECK(&null_sink() == &sink);
}

}  // namespace
}  // namespace hawser::log
