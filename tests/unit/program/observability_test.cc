#include "src/program/observability.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "src/keys/key_storage.h"
#include "src/program/service_stats_of.h"
#include "support/sockets.h"

namespace hawser::test {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(path);
  return (std::stringstream() << file.rdbuf()).str();
}

bool mentions(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string scrape(const std::string& where) {
  const UniqueFd fd = value_of(net::start_connect(address_of(where)));
  if (!wait_for(fd.get(), POLLOUT)) throw std::runtime_error("can't connect to " + where);
  write_some(fd.get(), "GET /metrics HTTP/1.0\r\n\r\n");
  std::string answer;
  while (wait_for(fd.get(), POLLIN)) {
    const Read read = read_some(fd.get());
    answer += read.bytes;
    if (read.end || read.error != 0) return answer;
  }
  throw std::runtime_error("no answer from " + where);
}

access::CallRecord sign_record() {
  access::CallRecord record;
  record.service = "crypto.CryptoService";
  record.method = "Sign";
  record.peer = "unix:";
  record.key_id = "payments";
  record.key_version = 1;
  record.lane = "fast";
  return record;
}

}  // namespace

TEST_CASE("observability: without flags nobody hears of calls") {
  const auto nothing = value_of(Observability::create({}, log::null_sink()));
  CHECK(nothing->observers().empty());
  CHECK(nothing->storage_meter() == nullptr);
  CHECK(value_of(nothing->start({})).empty());
}

TEST_CASE("observability: a call is in the audit log, in the traces and in the metrics") {
  const ScratchFolder folder;
  ObservabilityConfig config;
  config.audit = access::AuditMode::kRequired;
  config.audit_file = folder.file("audit");
  config.trace_file = folder.file("traces");
  config.metrics_listen = value_of(net::Address::parse("127.0.0.1:0"));
  config.metrics_key_ids = 1;
  {
    const auto all = value_of(Observability::create(config, log::null_sink()));
    CHECK(all->observers().size() == 3);
    REQUIRE(all->storage_meter() != nullptr);
    const std::string line = value_of(all->start([] {
      metrics::ServiceStats stats;
      stats.connections = metrics::ServiceStats::Connections{7, 0};
      return stats;
    }));
    REQUIRE(line.starts_with("metrics on 127.0.0.1:"));
    for (access::CallObserver* observer : all->observers()) {
      REQUIRE(observer->reserve(sign_record()));
      observer->on_call(sign_record());
    }
    const std::string text = scrape(line.substr(11, line.size() - 12));
    CHECK(mentions(text, "crypto_requests_total{method=\"Sign\",alg=\"none\",code=\"OK\"} 1\n"));
    CHECK(mentions(text, "crypto_key_requests_total{key_id=\"payments\"} 1\n"));
    CHECK(mentions(text, "hawser_open_connections 7\n"));
    CHECK(mentions(text, "crypto_audit_lost_total 0\n"));
    CHECK(mentions(text, "crypto_traces_lost_total 0\n"));
  }
  CHECK(mentions(read(config.audit_file), "\"method\":\"Sign\""));
  CHECK(mentions(read(config.trace_file), "crypto.CryptoService/Sign"));
}

TEST_CASE("observability: what can't be opened is named with its flag, and leaves no files behind") {
  const auto complaint = [](const ObservabilityConfig& config) {
    const auto made = Observability::create(config, log::null_sink());
    return made ? std::string() : made.error().detail;
  };
  ObservabilityConfig config;
  config.audit = access::AuditMode::kBestEffort;
  config.audit_file = "/no/such/folder/audit";
  CHECK(mentions(complaint(config), "--audit-file: can't open /no/such/folder/audit: No such file"));
  config = {};
  config.trace_file = "/no/such/folder/traces";
  CHECK(mentions(complaint(config), "--trace-file: can't open /no/such/folder/traces"));
  const TcpListener taken = tcp_listener();
  config = {};
  config.metrics_listen = value_of(net::Address::parse(taken.address.to_string()));
  const auto made = value_of(Observability::create(config, log::null_sink()));
  const auto started = made->start({});
  REQUIRE_FALSE(started);
  CHECK(mentions(started.error().detail,
                 "--metrics-listen: can't serve metrics on " + taken.address.to_string()));
}

TEST_CASE("observability: the figures of lanes, keys and storage have their names") {
  signing::SigningService::Stats signing;
  signing.lanes.lanes[1].jobs = 3;
  signing.lanes.lanes[1].cost = std::chrono::milliseconds(4);
  signing.lanes.lanes[1].refused[static_cast<std::size_t>(lanes::Reason::kExpired)] = 5;
  signing.lanes.workers = 2;
  signing.lanes.busy_workers = 1;
  signing.faults_detected = 6;
  signing.is_self_test_passing = true;
  keys::Keyring keyring;
  keys::EphemeralStorage storage;
  const metrics::ServiceStats stats = service_stats_of(signing, keyring, storage);
  REQUIRE(stats.lanes.size() == 2);
  CHECK(stats.lanes[0].name == "fast");
  CHECK(stats.lanes[1].name == "slow");
  CHECK(stats.lanes[1].depth == 3);
  CHECK(stats.lanes[1].cost == std::chrono::milliseconds(4));
  bool found = false;
  for (const auto& dropped : stats.lanes[1].dropped) {
    if (dropped.reason != "expired") continue;
    CHECK(dropped.jobs == 5);
    found = true;
  }
  CHECK(found);
  CHECK(stats.workers == 2);
  CHECK(stats.busy_workers == 1);
  CHECK(stats.faults_detected == 6);
  CHECK(stats.selftest_ok == true);
  CHECK(stats.keys != nullptr);
  CHECK(stats.keystore->ephemeral);
}

}  // namespace hawser::test
