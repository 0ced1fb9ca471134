#include "src/logging/spdlog_sink.h"

#include <array>
#include <string>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace hawser::logging {
namespace {

struct LevelName {
  std::string_view name;
  log::Level level;
  spdlog::level::level_enum spdlog_level;
};
constexpr std::array<LevelName, 6> kLevels = {{{"trace", log::Level::kTrace, spdlog::level::trace},
                                               {"debug", log::Level::kDebug, spdlog::level::debug},
                                               {"info", log::Level::kInfo, spdlog::level::info},
                                               {"warning", log::Level::kWarning, spdlog::level::warn},
                                               {"error", log::Level::kError, spdlog::level::err},
                                               {"none", log::Level::kNone, spdlog::level::off}}};

spdlog::level::level_enum to_spdlog(log::Level level) {
  for (const LevelName& entry : kLevels) {
    if (entry.level == level) return entry.spdlog_level;
  }
  return spdlog::level::info;
}

// Quoted when it has a blank or a quote; control and non-ASCII bytes as \xNN.
std::string escaped(std::string_view value) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  bool quoted = value.empty();
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e) {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 0xf];
    } else {
      if (c == '"' || c == '\\') out += '\\';
      quoted = quoted || c == ' ' || c == '"' || c == '=';
      out += c;
    }
  }
  return quoted ? '"' + out + '"' : out;
}

class SpdlogSink final : public log::Sink {
 public:
  explicit SpdlogSink(log::Level level)
      : logger_("hawser", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()) {
    logger_.set_level(to_spdlog(level));
    logger_.set_pattern("%Y-%m-%dT%H:%M:%S.%f%z %^%l%$ %v");
  }
  bool enabled(log::Level level) const override { return logger_.should_log(to_spdlog(level)); }
  void write(log::Level level, std::string_view message, std::initializer_list<log::Field> fields) override {
    if (!enabled(level)) return;
    std::string line(message);
    for (const log::Field& field : fields) {
      line += ' ';
      line += field.key;
      line += '=';
      line += escaped(field.value);
    }
    logger_.log(to_spdlog(level), line);
  }

 private:
  spdlog::logger logger_;
};

}  // namespace

Result<log::Level> parse_level(std::string_view name) {
  std::string known;
  for (const LevelName& entry : kLevels) {
    if (entry.name == name) return entry.level;
    known += known.empty() ? "" : ", ";
    known += entry.name;
  }
  return usage_error("unknown log level \"" + std::string(name) + "\"; one of " + known);
}

std::unique_ptr<log::Sink> make_spdlog_sink(log::Level level) { return std::make_unique<SpdlogSink>(level); }

}  // namespace hawser::logging
