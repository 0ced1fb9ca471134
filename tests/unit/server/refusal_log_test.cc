#include "hawser/server/refusal_log.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace hawser::test {
namespace {

using server::RefusalLog;
using std::chrono::seconds;

/// Keeps each record as a line.
class LineSink final : public log::Sink {
 public:
  bool enabled(log::Level) const override { return true; }
  void write(log::Level, std::string_view message, std::initializer_list<log::Field> fields) override {
    std::string line(message);
    for (const log::Field& field : fields) line.append(" ").append(field.key).append("=").append(field.value);
    lines.push_back(line);
  }
  std::vector<std::string> lines;
};

TEST_CASE("RefusalLog: the first of each reason is told at once (V-18, S-23)") {
  LineSink sink;
  RefusalLog one(sink, "one reason");
  RefusalLog other(sink, "another");
  const Instant now{seconds(1)};
  one.turned_away("vsock:3:1024", now);
  other.turned_away("vsock:4:1024", now);
  CHECK(sink.lines == std::vector<std::string>{"one reason peer=vsock:3:1024", "another peer=vsock:4:1024"});
}

TEST_CASE("RefusalLog: who connects all the time doesn't fill the log, and is counted (V-18, S-23)") {
  LineSink sink;
  RefusalLog log(sink, "refused");
  const Instant start{seconds(1)};
  for (int i = 0; i < 1000; ++i) log.turned_away("vsock:3:1024", start + std::chrono::milliseconds(i));
  CHECK(sink.lines.size() == 1);
  log.turned_away("vsock:3:1025", start + RefusalLog::kPause);
  REQUIRE(sink.lines.size() == 2);
  CHECK(sink.lines.back() == "refused peer=vsock:3:1025 not_logged=999");
  log.turned_away("vsock:3:1026", start + 2 * RefusalLog::kPause);
  CHECK(sink.lines.back() == "refused peer=vsock:3:1026");
}

}  // namespace
}  // namespace hawser::test
