#include "src/config/observability_config.h"

#include <vector>

#include <doctest/doctest.h>

#include "src/config/access_config.h"
#include "src/config/hardening_config.h"
#include "src/keys/key_id.h"
#include "support/sockets.h"

namespace hawser::test {
namespace {

tools::Flags flags(std::span<const tools::FlagSpec> specs, std::vector<const char*> args) {
  return value_of(tools::Flags::parse("hawser-server", "", specs, args));
}

Result<ObservabilityConfig> observability(std::vector<const char*> args) {
  return read_observability_flags(flags(observability_flags(), std::move(args)));
}

template <class T>
std::string complaint(const Result<T>& result) {
  if (result) return "";
  CHECK(result.error().scope == ErrorScope::kUsage);
  return result.error().detail;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("observability flags: nothing is recorded unless it is asked for") {
  const ObservabilityConfig config = value_of(observability({}));
  CHECK_FALSE(config.audit);
  CHECK_FALSE(config.metrics_listen);
  CHECK(config.metrics_key_ids == 0);
  CHECK(config.trace_file.empty());
}

TEST_CASE("observability flags: what is asked for") {
  const ObservabilityConfig config =
      value_of(observability({"--audit", "required", "--audit-file", "/a", "--metrics-listen", "127.0.0.1:0",
                              "--metrics-key-ids", "10", "--trace-file", "-", "--trace-sample", "100"}));
  CHECK(config.audit == access::AuditMode::kRequired);
  CHECK(config.audit_file == "/a");
  CHECK(config.metrics_listen->text() == "127.0.0.1:0");
  CHECK(config.metrics_key_ids == 10);
  CHECK(config.trace_file == "-");
  CHECK(config.trace_sample == 100);
  CHECK(value_of(observability({"--audit-file", "/a"})).audit == access::AuditMode::kBestEffort);
  CHECK_FALSE(value_of(observability({"--audit-file", "/a", "--audit", "off"})).audit);
}

TEST_CASE("observability flags: each mistake names its flag") {
  CHECK(has(complaint(observability({"--audit", "always"})), "--audit: \"always\" is not off, best_effort"));
  CHECK(has(complaint(observability({"--audit", "required"})), "--audit: required needs --audit-file"));
  CHECK(has(complaint(observability({"--audit-file", ""})), "--audit-file: it needs"));
  CHECK(has(complaint(observability({"--metrics-listen", "nonsense"})), "--metrics-listen"));
  CHECK(has(complaint(observability({"--metrics-listen", "unix:/x"})),
            "--metrics-listen: \"unix:/x\" is not host:port"));
  CHECK(has(complaint(observability({"--metrics-key-ids", "many"})), "--metrics-key-ids"));
  CHECK(has(complaint(observability({"--trace-sample", "-1"})), "--trace-sample"));
  CHECK(has(complaint(observability({"--trace-file", ""})), "--trace-file: it needs"));
}

TEST_CASE("access flags: without a policy the default keys are everybody's, and a bad one is an error") {
  const auto read = [](std::vector<const char*> args) {
    return read_access_flags(flags(access_flags(), std::move(args)));
  };
  const auto allowed = [](const access::Policy& policy) {
    return policy.decide({}, access::Operation::kSign, keys::kDefaultRsa) == access::Decision::kAllowed;
  };
  CHECK(allowed(value_of(read({}))));
  CHECK(has(complaint(read({"--policy", "/no/such/file"})), "--policy: can't read the policy /no/such/file"));
}

TEST_CASE("hardening flags: everything is on unless it is switched off") {
  const auto read = [](std::vector<const char*> args) {
    return read_hardening_flags(flags(hardening_flags(), std::move(args)));
  };
  const auto usual = value_of(read({}));
  CHECK_FALSE(usual.process.allow_profiling);
  CHECK_FALSE(usual.require_mlock);
  CHECK(usual.secure_heap_mib == hardening::kDefaultSecureHeapMib);
  const auto other = value_of(read({"--allow-profiling", "--require-mlock", "--secure-heap-mib", "16"}));
  CHECK(other.process.allow_profiling);
  CHECK(other.require_mlock);
  CHECK(other.secure_heap_mib == 16);
  CHECK(has(complaint(read({"--secure-heap-mib", "0"})), "--secure-heap-mib"));
  CHECK(has(complaint(read({"--secure-heap-mib", "1025"})), "--secure-heap-mib"));
}

}  // namespace hawser::test
