#include "src/metrics/crypto_metrics.h"

#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <prometheus/text_serializer.h>

#include "src/keys/keyring.h"
#include "support/allocation_counter.h"

namespace hawser::test {
namespace {

using access::CallRecord;
using metrics::CryptoMetrics;
using metrics::ServiceStats;

std::string scraped(const CryptoMetrics& metrics) {
  return prometheus::TextSerializer().Serialize(metrics.Collect());
}

bool has_line(const std::string& text, const std::string& line) {
  return ('\n' + text).find('\n' + line + '\n') != std::string::npos;
}

CallRecord sign_record() {
  CallRecord record;
  record.service = "crypto.CryptoService";
  record.method = "Sign";
  record.key_id = "payments";
  record.key_version = 1;
  record.algorithm = crypto::Algorithm::kEcdsaP256Sha256;
  record.lane = "fast";
  record.queue = std::chrono::microseconds(5);
  record.exec = std::chrono::microseconds(31);
  record.total = std::chrono::microseconds(60);
  return record;
}

keys::Key key_of(std::string id, crypto::KeySpec spec, std::initializer_list<keys::VersionState> states) {
  keys::Key key;
  key.id = std::move(id);
  key.spec = spec;
  for (const keys::VersionState state : states) {
    keys::KeyVersion version;
    version.number = static_cast<std::uint32_t>(key.versions.size() + 1);
    version.state = state;
    key.versions.push_back(version);
  }
  return key;
}

}  // namespace

TEST_CASE("metrics: calls are counted by method, algorithm and code") {
  CryptoMetrics metrics({});
  metrics.on_call(sign_record());
  metrics.on_call(sign_record());
  CallRecord denied = sign_record();
  denied.code = 7;
  denied.lane = {};
  metrics.on_call(denied);
  CallRecord listed;
  listed.service = "crypto.KeyService";
  listed.method = "ListKeys";
  metrics.on_call(listed);
  CallRecord odd;
  odd.method = "Unheard";
  odd.code = 99;
  metrics.on_call(odd);
  const std::string text = scraped(metrics);
  CHECK(has_line(text, "# TYPE crypto_requests_total counter"));
  CHECK(has_line(text, R"(crypto_requests_total{method="Sign",alg="ECDSA_P256_SHA256",code="OK"} 2)"));
  CHECK(has_line(
      text, R"(crypto_requests_total{method="Sign",alg="ECDSA_P256_SHA256",code="PERMISSION_DENIED"} 1)"));
  CHECK(has_line(text, R"(crypto_requests_total{method="ListKeys",alg="none",code="OK"} 1)"));
  CHECK(has_line(text, R"(crypto_requests_total{method="other",alg="none",code="UNKNOWN"} 1)"));
}

TEST_CASE("metrics: every method, algorithm and code has a place of its own") {
  CryptoMetrics metrics({});
  std::size_t expected = 0;
  for (const std::string_view method :
       {"Sign", "GetPublicKey", "Verify", "BatchSign", "CreateKey", "VerifyKeystore"}) {
    for (int algorithm = -1; algorithm < static_cast<int>(crypto::kAlgorithms); ++algorithm) {
      for (int code = 0; code < static_cast<int>(access::kCodes); ++code) {
        CallRecord record;
        record.method = method;
        if (algorithm >= 0) record.algorithm = static_cast<crypto::Algorithm>(algorithm);
        record.code = code;
        metrics.on_call(record);
        ++expected;
      }
    }
  }
  const auto families = metrics.Collect();
  CHECK(families[0].metric.size() == expected);
  for (const auto& metric : families[0].metric) CHECK(metric.counter.value == 1);
}

TEST_CASE("metrics: times on workers are by algorithm, times in queues by lane") {
  CryptoMetrics metrics({});
  metrics.on_call(sign_record());
  CallRecord slow = sign_record();
  slow.lane = "slow";
  slow.algorithm = crypto::Algorithm::kRsaPkcs1Sha256;
  slow.queue = std::chrono::milliseconds(2);
  slow.exec = std::chrono::microseconds(700);
  metrics.on_call(slow);
  CallRecord dropped = slow;
  dropped.exec = {};
  metrics.on_call(dropped);
  CallRecord refused = slow;
  refused.lane = {};
  metrics.on_call(refused);
  const std::string text = scraped(metrics);
  CHECK(has_line(text, "# TYPE crypto_exec_seconds histogram"));
  CHECK(has_line(text, R"(crypto_exec_seconds_bucket{alg="ECDSA_P256_SHA256",le="2e-05"} 0)"));
  CHECK(has_line(text, R"(crypto_exec_seconds_bucket{alg="ECDSA_P256_SHA256",le="4e-05"} 1)"));
  CHECK(has_line(text, R"(crypto_exec_seconds_bucket{alg="ECDSA_P256_SHA256",le="+Inf"} 1)"));
  CHECK(has_line(text, R"(crypto_exec_seconds_count{alg="RSA_PKCS1_SHA256"} 1)"));
  CHECK(has_line(text, R"(crypto_queue_seconds_bucket{lane="fast",le="1e-05"} 1)"));
  CHECK(has_line(text, R"(crypto_queue_seconds_count{lane="slow"} 2)"));
  CHECK(has_line(text, R"(crypto_queue_seconds_sum{lane="slow"} 0.004)"));
}

TEST_CASE("metrics: how things stand is asked for when it is scraped") {
  ServiceStats stats;
  stats.lanes = {{"fast", 3, std::chrono::milliseconds(250), {{"expired", 4}}}, {"slow", 0, {}, {}}};
  stats.workers = 2;
  stats.busy_workers = 1;
  using enum keys::VersionState;
  stats.keys = std::make_shared<const keys::KeyMap>(
      std::vector<keys::Key>{key_of("a", crypto::KeySpec::kEcP256, {kDestroyed, kDisabled, kEnabled}),
                             key_of("b", crypto::KeySpec::kEcP256, {kEnabled, kDestroyScheduled}),
                             key_of("c", crypto::KeySpec::kRsa2048, {kEnabled})});
  stats.keystore = ServiceStats::Keystore{12, false};
  stats.selftest_ok = true;
  stats.faults_detected = 1;
  stats.connections = ServiceStats::Connections{5, 9};
  stats.audit_lost = 6;
  stats.audit_failing = true;
  stats.traces_lost = 8;
  CryptoMetrics metrics({[&] { return stats; }, 0});
  metrics.storage_meter().writes.observe(std::chrono::milliseconds(3));
  metrics.storage_meter().errors = 2;
  const std::string text = scraped(metrics);
  for (const char* line :
       {R"(crypto_queue_depth{lane="fast"} 3)", R"(crypto_queue_depth{lane="slow"} 0)",
        R"(crypto_queue_cost_seconds{lane="fast"} 0.25)",
        R"(crypto_dropped_total{lane="fast",reason="expired"} 4)", "crypto_workers 2",
        "crypto_workers_busy 1", "crypto_keystore_generation 12", "crypto_keystore_ephemeral 0",
        "crypto_keystore_write_seconds_count 1", "crypto_keystore_write_errors_total 2",
        "crypto_selftest_ok 1", "crypto_fault_detected_total 1", "crypto_audit_lost_total 6",
        "crypto_audit_failing 1", "crypto_traces_lost_total 8", "hawser_open_connections 5",
        "hawser_refused_by_cid_total 9"}) {
    CHECK_MESSAGE(has_line(text, line), std::string(line));
  }
  const std::string p256(crypto::name_of(crypto::KeySpec::kEcP256));
  CHECK(has_line(text, "crypto_keys{type=\"" + p256 + "\",state=\"enabled\"} 2"));
  CHECK(has_line(text, "crypto_keys{type=\"" + p256 + "\",state=\"disabled\"} 1"));
  CHECK(has_line(text, "crypto_keys{type=\"" + p256 + "\",state=\"destroy_scheduled\"} 1"));
  CHECK(has_line(text, "crypto_keys{type=\"" + p256 + "\",state=\"destroyed\"} 1"));
  stats.selftest_ok = false;
  CHECK(has_line(scraped(metrics), "crypto_selftest_ok 0"));
  stats.selftest_ok.reset();
  CHECK(scraped(metrics).find("selftest") == std::string::npos);
}

TEST_CASE("metrics: keys are counted by name only when that is asked for, and only keys that were used") {
  CryptoMetrics without({});
  without.on_call(sign_record());
  CHECK(scraped(without).find("payments") == std::string::npos);
  CryptoMetrics with({[] { return ServiceStats(); }, 1});
  CallRecord made_up = sign_record();
  made_up.key_id = "made-up";
  made_up.key_version = 0;
  made_up.code = 5;
  with.on_call(made_up);
  with.on_call(sign_record());
  CallRecord second = sign_record();
  second.key_id = "second";
  with.on_call(second);
  const std::string text = scraped(with);
  CHECK(has_line(text, R"(crypto_key_requests_total{key_id="payments"} 1)"));
  CHECK(has_line(text, R"(crypto_key_requests_total{key_id="other keys"} 1)"));
  CHECK(text.find("made-up") == std::string::npos);
}

TEST_CASE("metrics: counting a call allocates nothing" * doctest::skip(!AllocationCounter::kAvailable)) {
  CryptoMetrics metrics({});
  const CallRecord record = sign_record();
  const AllocationCounter counter;
  metrics.on_call(record);
  CHECK(counter.calls() == 0);
}

TEST_CASE("metrics: calls are counted while they are scraped") {
  CryptoMetrics metrics({[] { return ServiceStats(); }, 10});
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) metrics.on_call(sign_record());
    });
  }
  for (int i = 0; i < 20; ++i) CHECK_FALSE(scraped(metrics).empty());
  for (std::thread& thread : threads) thread.join();
  CHECK(has_line(scraped(metrics),
                 R"(crypto_requests_total{method="Sign",alg="ECDSA_P256_SHA256",code="OK"} 1500)"));
}

}  // namespace hawser::test
