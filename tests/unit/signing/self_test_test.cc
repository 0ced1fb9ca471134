#include "src/signing/self_test.h"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <string>

#include "src/keys/key_id.h"
#include "src/signing/costs.h"
#include "src/signing/worker_keys.h"
#include "support/eventually.h"
#include "support/signing_keys.h"

namespace hawser::signing {
namespace {

using crypto::Algorithm;

// A fault that only one algorithm meets.
class FaultyUnit final : public SignatureTamper {
 public:
  void tamper(Algorithm algorithm, std::string& signature) override {
    if (is_on && algorithm == Algorithm::kEcdsaP256Sha256)
      signature[10] = static_cast<char>(signature[10] ^ 1);
  }
  std::atomic<bool> is_on{false};
};

struct Rig {
  Rig() {
    rules.tamper = &fault;
    lanes::LaneOptions options;
    options.workers = 1;
    options.nice = 0;
    options.costs = first_guesses();
    auto made = lanes::Lanes::create(
        options, [this](std::size_t) { return std::make_unique<WorkerKeys>(keyring, rules); });
    REQUIRE(made);
    workers = std::move(*made);
  }

  keys::Keyring keyring;
  SigningRules rules{test::test_hasher()};
  FaultyUnit fault;
  std::unique_ptr<lanes::Lanes> workers;
};

}  // namespace

TEST_CASE("SelfTest: passes with all default keys, with some, and with none") {
  Rig rig;
  SelfTest self_test(*rig.workers, {}, {}, log::null_sink());
  CHECK_FALSE(self_test.is_passing());
  CHECK(self_test.run());
  CHECK(self_test.is_passing());
  auto keys = test::make_default_keys();
  test::publish(rig.keyring, keys);
  CHECK(self_test.run());
  CHECK(test::eventually([&] { return rig.workers->stats().of(lanes::Lane::kSlow).executed == 10; }));
  keys[1].versions[0].state = keys::VersionState::kDisabled;
  keys.erase(keys.begin());
  test::publish(rig.keyring, keys);
  CHECK(self_test.run());
}

TEST_CASE("SelfTest: a wrong signature fails it until there is another version of the key") {
  Rig rig;
  auto keys = test::make_default_keys();
  test::publish(rig.keyring, keys);
  SelfTest self_test(*rig.workers, {}, {}, log::null_sink());
  rig.fault.is_on = true;
  CHECK_FALSE(self_test.run());
  CHECK_FALSE(self_test.is_passing());
  CHECK(rig.rules.faults_detected == 1);
  rig.fault.is_on = false;
  CHECK_FALSE(self_test.run());
  for (keys::Key& key : keys) {
    if (key.id != keys::kDefaultP256) continue;
    key.versions.push_back(test::make_version(2, crypto::KeySpec::kEcP256));
    key.primary = 2;
  }
  test::publish(rig.keyring, keys);
  CHECK(self_test.run());
}

TEST_CASE("SelfTest: tests at its start and again after each interval, and tells each result") {
  Rig rig;
  test::publish(rig.keyring, test::make_default_keys());
  std::atomic<int> passed{0};
  std::atomic<int> failed{0};
  SelfTest self_test(
      *rig.workers, {std::chrono::hours(1), std::chrono::milliseconds(1)},
      [&](bool ok) { ++(ok ? passed : failed); }, log::null_sink());
  rig.fault.is_on = true;
  REQUIRE(self_test.start());
  // After a failure the short interval counts, after a success the long one.
  CHECK(test::eventually([&] { return failed >= 3; }));
  test::publish(rig.keyring, {});
  CHECK(test::eventually([&] { return passed == 1; }));
  self_test.stop();
  CHECK(passed == 1);
}

TEST_CASE("SelfTest: lanes that have ended are no failure, and nothing waits for them") {
  Rig rig;
  test::publish(rig.keyring, test::make_default_keys());
  SelfTest self_test(*rig.workers, {}, {}, log::null_sink());
  rig.workers->stop();
  CHECK(self_test.run());
}

}  // namespace hawser::signing
