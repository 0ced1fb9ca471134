#include <absl/strings/escaping.h>

#include "tools/profile/figures.h"
#include "tools/profile/hdr_encoding.h"
#include "tools/profile/json_writer.h"
#include "tools/profile/result_json.h"
#include "tools/profile/stock/report.h"

namespace hawser::profile {
namespace {

constexpr int kDigits = 3;
constexpr const char* kKeys[kServers] = {"stock", "hawser"};

void write_value(JsonWriter& json, const char* name, const std::optional<double>& value) {
  if (value) {
    json.number(name, *value, kDigits);
  } else {
    json.nothing(name);
  }
}

void write_ratio(JsonWriter& json, const StockRatio& row) {
  json.open_object(row.metric->key);
  for (std::size_t i = 0; i < kServers; ++i) write_value(json, kKeys[i], row.values[i]);
  if (row.ratio) {
    json.number("ratio", *row.ratio, 2 * kDigits);
  } else {
    json.nothing("ratio");
  }
  if (row.range) {
    json.number("ratio_least", row.range->least, 2 * kDigits);
    json.number("ratio_greatest", row.range->greatest, 2 * kDigits);
  }
  json.flag("enough_calls", row.is_sure());
  json.close_object();
}

void write_sample(JsonWriter& json, const char* name, const StockSample& sample) {
  const LoadResult& load = sample.run.parts.front().load;
  json.open_object(name);
  json.count("calls", load.calls());
  json.count("failed", load.failed());
  json.number("elapsed_s", seconds(sample.run.elapsed), 9);
  for (const StockMetric& metric : stock_metrics()) {
    write_value(json, metric.key, metric.value(sample, metric.percent));
  }
  json.close_object();
}

void write_load(JsonWriter& json, const StockLoad& load, const std::vector<StockRatio>& table) {
  const RunResult& run = load.rounds.front()[kStock].run;
  const RunResult::Part& part = run.parts.front();
  json.open_object();
  json.text("title", load.title);
  json.text("loop", part.is_open ? "open" : "closed");
  json.count("connections", part.width.connections);
  if (part.is_open) {
    json.text("arrivals", run.facts.arrivals);
    json.text("schedule", run.facts.schedule);
  } else {
    json.count("concurrency", part.width.concurrency);
  }
  json.open_object("numbers");
  for (const StockRatio& row : table) write_ratio(json, row);
  json.close_object();
  json.open_list("rounds");
  for (const StockRound& round : load.rounds) {
    json.open_object();
    for (std::size_t i = 0; i < kServers; ++i) write_sample(json, kKeys[i], round[i]);
    json.close_object();
  }
  json.close_list();
  json.open_object("latency");
  for (std::size_t i = 0; i < kServers; ++i) {
    const RunResult all = merged(load, i).run;
    json.open_object(kKeys[i]);
    json.text("hdr", absl::Base64Escape(hdr_encode(all.parts.front().headline())));
    if (part.is_open) json.flag("lagging", all.is_lagging());
    json.close_object();
  }
  json.close_object();
  json.close_object();
}

void write_core(JsonWriter& json, const char* name, const std::optional<int>& core) {
  if (core) {
    json.count(name, static_cast<std::uint64_t>(*core));
  } else {
    json.nothing(name);
  }
}

void write_facts(JsonWriter& json, const RunFacts& facts) {
  json.open_object("facts");
  write_common_facts(json, facts);
  json.close_object();
}

}  // namespace

std::string json_stock(const StockResult& result, const StockTables& tables) {
  const RunFacts& facts = result.loads.front().rounds.front()[kStock].run.facts;
  JsonWriter json;
  json.open_object();
  json.open_object("servers");
  for (std::size_t i = 0; i < kServers; ++i) {
    json.open_object(kKeys[i]);
    json.text("name", result.names[i]);
    json.text("command", result.commands[i]);
    json.close_object();
  }
  json.close_object();
  write_core(json, "server_core", result.server_core);
  write_core(json, "load_core", result.load_core);
  json.text("load_generator", "hawser-profile");
  json.count("payload_bytes", facts.payload_bytes);
  json.open_list("loads");
  for (std::size_t i = 0; i < result.loads.size(); ++i) write_load(json, result.loads[i], tables[i]);
  json.close_list();
  json.open_list("warnings");
  for (const std::string& warning : all_warnings(result)) json.text({}, warning);
  json.close_list();
  write_facts(json, facts);
  json.close_object();
  return json.str() + '\n';
}

}  // namespace hawser::profile
