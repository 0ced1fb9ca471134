// Where the transport's log records go. The transport formats nothing and owns no logger: programs give
// an implementation (src/ has one on spdlog), tests record.
#pragma once

#include <initializer_list>
#include <string_view>

namespace hawser::log {

/// kNone is no record's level: a sink of that level drops everything.
enum class Level { kTrace, kDebug, kInfo, kWarning, kError, kNone };

/// One key=value pair of a structured record. Values may hold peer-controlled bytes: sinks escape them.
struct Field {
  std::string_view key;
  std::string_view value;
};

/// Called from any thread; implementations are thread-safe and don't throw.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual bool enabled(Level level) const = 0;
  virtual void write(Level level, std::string_view message, std::initializer_list<Field> fields) = 0;
};

/// Drops everything: the default where no sink is given.
Sink& null_sink();

}  // namespace hawser::log
