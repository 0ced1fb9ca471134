#include <cmath>

#include <absl/strings/escaping.h>

// lint: allow include: the transport's own reader of JSON trees.
#include "hawser/codec/json.h"
#include "tools/profile/figures.h"
#include "tools/profile/hdr_encoding.h"
#include "tools/profile/result_json.h"

namespace hawser::profile {
namespace {

using codec::Json;

/// Takes members out of objects; the first one that is wrong is remembered.
class JsonReader final {
 public:
  const Json* member(const Json& object, const char* name, Json::Kind kind) {
    const Json* found = object.find(name);
    if (found != nullptr && found->kind == kind) return found;
    complain(std::string("\"") + name + "\" is missing, or something else");
    return nullptr;
  }
  std::string text(const Json& object, const char* name) {
    const Json* found = member(object, name, Json::Kind::kString);
    return found != nullptr ? found->text : std::string();
  }
  double number(const Json& object, const char* name) {
    const Json* found = member(object, name, Json::Kind::kNumber);
    return found != nullptr ? found->number : 0;
  }
  std::uint64_t count(const Json& object, const char* name) {
    const double value = number(object, name);
    if (value >= 0 && value < 9e18) return static_cast<std::uint64_t>(value);
    complain(std::string("\"") + name + "\" is no count");
    return 0;
  }
  /// A number of `unit`s.
  Duration duration(const Json& object, const char* name, Duration unit) {
    const double nanoseconds = number(object, name) * static_cast<double>(unit.count());
    if (std::abs(nanoseconds) < 9e18) return Duration(std::llround(nanoseconds));
    complain(std::string("\"") + name + "\" is no time");
    return {};
  }
  Histogram histogram(const Json& object) {
    std::string bytes;
    if (!absl::Base64Unescape(text(object, "hdr"), &bytes)) {
      complain("\"hdr\" is not base64");
      return {};
    }
    auto decoded = hdr_decode(bytes);
    if (!decoded) {
      complain("\"hdr\": " + decoded.error().detail);
      return {};
    }
    constexpr Duration kUnit = std::chrono::microseconds(1);
    decoded->set_extremes(duration(object, "min", kUnit), duration(object, "max", kUnit),
                          duration(object, "mean", kUnit));
    return std::move(*decoded);
  }

  void complain(std::string what) {
    if (complaint_.empty()) complaint_ = std::move(what);
  }
  const std::string& complaint() const { return complaint_; }

 private:
  std::string complaint_;
};

Timeline read_timeline(JsonReader& reader, const Json& object) {
  const Duration width = reader.duration(object, "interval_s", std::chrono::seconds(1));
  if (width <= Duration{}) reader.complain("\"interval_s\" is no time");
  std::vector<Interval> intervals;
  if (const Json* list = reader.member(object, "intervals", Json::Kind::kList)) {
    for (const Json& one : list->items) {
      Interval interval{reader.count(one, "ok"), reader.count(one, "failed"), {}};
      if (one.find("hdr") != nullptr) interval.latency = SparseHistogram(reader.histogram(one));
      intervals.push_back(std::move(interval));
    }
  }
  return {width, std::move(intervals)};
}

void read_statuses(JsonReader& reader, const Json& statuses, LoadResult& load) {
  for (std::size_t code = 0; code < LoadResult::kStatuses; ++code) {
    const std::string name(to_string(static_cast<grpc::StatusCode>(code)));
    if (statuses.find(name) != nullptr) load.by_status[code] = reader.count(statuses, name.c_str());
  }
}

RunResult::Part read_part(JsonReader& reader, const Json& object, std::string name) {
  RunResult::Part part;
  part.name = std::move(name);
  part.method = reader.text(object, "method");
  part.width = {reader.count(object, "connections"), reader.count(object, "concurrency")};
  part.is_open = reader.text(object, "loop") == "open";
  if (part.name == kCryptoName) {
    part.operation = reader.text(object, "operation");
    part.algorithm = reader.text(object, "algorithm");
  }
  LoadResult& load = part.load;
  if (const Json* statuses = reader.member(object, "statuses", Json::Kind::kObject)) {
    read_statuses(reader, *statuses, load);
  }
  load.bytes_sent = reader.count(object, "bytes_sent");
  load.bytes_received = reader.count(object, "bytes_received");
  if (object.find("payload_bytes_sent") != nullptr) {
    load.payload_bytes = reader.count(object, "payload_bytes_sent");
  }
  for (const Measure& measure : measures()) {
    const Json* found = object.find(measure.key);
    if (found != nullptr) load.*measure.histogram = reader.histogram(*found);
  }
  if (part.is_open) load.waited_for_room = reader.count(object, "waited_for_room");
  if (object.find("first_failure") != nullptr) load.first_failure = reader.text(object, "first_failure");
  if (const Json* timeline = reader.member(object, "timeline", Json::Kind::kObject)) {
    load.timeline = read_timeline(reader, *timeline);
  }
  return part;
}

void read_facts(JsonReader& reader, const Json& object, RunFacts& facts) {
  facts.version = reader.text(object, "version");
  if (object.find("commit") != nullptr) facts.commit = reader.text(object, "commit");
  facts.command = reader.text(object, "command");
  facts.kernel = reader.text(object, "kernel");
  facts.processor = reader.text(object, "processor");
  facts.processors = reader.count(object, "processors");
  facts.threads = reader.count(object, "threads");
  facts.began_at_s = reader.number(object, "began_at_s");
  if (const Json* asks = object.find("asks_timing")) facts.asks_timing = asks->boolean;
  if (object.find("schedule") == nullptr) return;
  facts.arrivals = reader.text(object, "arrivals");
  facts.schedule = reader.text(object, "schedule");
  facts.lag_limit = reader.duration(object, "lag_limit_us", std::chrono::microseconds(1));
}

void read_noise(JsonReader& reader, const Json& object, MachineNoise& noise) {
  noise.clock_resolution = reader.duration(object, "clock_resolution_ns", Duration(1));
  noise.clock_cost = reader.duration(object, "clock_cost_ns", Duration(1));
  if (const Json* hiccups = reader.member(object, "hiccups_us", Json::Kind::kObject)) {
    noise.hiccups = reader.histogram(*hiccups);
  }
}

void read_parts(JsonReader& reader, const Json& object, RunResult& run) {
  const std::string service = reader.text(object, "service");
  if (service != "both") {
    run.parts.push_back(read_part(reader, object, service));
    return;
  }
  for (const std::string_view name : {kEchoName, kCryptoName}) {
    const std::string key(name);
    if (const Json* part = reader.member(object, key.c_str(), Json::Kind::kObject)) {
      run.parts.push_back(read_part(reader, *part, key));
    }
  }
}

}  // namespace

Result<RunResult> read_json_report(std::string_view text) {
  const auto object = codec::parse_json_object(text);
  if (!object) return tl::unexpected<Error>(object.error());
  constexpr Duration kSecond = std::chrono::seconds(1);
  JsonReader reader;
  RunResult run;
  run.facts.target = reader.text(*object, "target");
  if (object->find("payload_sizes") != nullptr) {
    run.facts.payload_sizes = reader.text(*object, "payload_sizes");
  } else {
    run.facts.payload_bytes = reader.count(*object, "payload_bytes");
  }
  run.elapsed = reader.duration(*object, "elapsed_s", kSecond);
  run.cpu = reader.duration(*object, "client_cpu_s", kSecond);
  if (object->find("server_pid") != nullptr) {
    run.server = {static_cast<int>(reader.count(*object, "server_pid")),
                  reader.duration(*object, "server_cpu_s", kSecond)};
  }
  read_parts(reader, *object, run);
  if (const Json* facts = reader.member(*object, "facts", Json::Kind::kObject)) {
    read_facts(reader, *facts, run.facts);
  }
  if (const Json* noise = reader.member(*object, "machine", Json::Kind::kObject)) {
    read_noise(reader, *noise, run.noise);
  }
  if (!reader.complaint().empty()) return usage_error("not a run of hawser-profile: " + reader.complaint());
  return run;
}

}  // namespace hawser::profile
