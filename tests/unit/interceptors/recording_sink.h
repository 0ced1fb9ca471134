// A log sink that keeps the records named "call".
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "hawser/base/log.h"

namespace hawser::test {

class RecordingSink final : public log::Sink {
 public:
  explicit RecordingSink(log::Level least) : least_(least) {}
  bool enabled(log::Level level) const override { return level >= least_; }
  void write(log::Level level, std::string_view message, std::initializer_list<log::Field> fields) override {
    if (message != "call") return;  // the protocol's own
    levels.push_back(level);
    for (const log::Field& field : fields) last[std::string(field.key)] = field.value;
  }

  std::vector<log::Level> levels;
  std::map<std::string, std::string> last;

 private:
  const log::Level least_;
};

}  // namespace hawser::test
