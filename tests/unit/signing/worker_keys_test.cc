#include "src/signing/worker_keys.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "src/crypto/crc32c.h"
#include "src/keys/key_id.h"
#include "src/keys/refusal.h"
#include "support/signing_keys.h"

namespace hawser::signing {
namespace {

using crypto::Algorithm;
using crypto::KeySpec;
using keys::Refusal;

// Flips one bit of each signature that it is told to.
class BitFlipper final : public SignatureTamper {
 public:
  void tamper(Algorithm, std::string& signature) override {
    if (is_on) signature[signature.size() / 2] = static_cast<char>(signature[signature.size() / 2] ^ 4);
  }
  bool is_on = false;
};

// One worker and what it needs.
struct Bench {
  Bench() { test::publish(keyring, test::make_default_keys()); }
  KeyChoice choose(const SignPlan& plan) {
    auto choice = choose_to_sign(worker.keys(), nullptr, plan);
    REQUIRE(choice);
    return *choice;
  }
  Result<void> sign(const SignPlan& plan) { return worker.sign(plan, choose(plan), signature); }

  keys::Keyring keyring;
  SigningRules rules{test::test_hasher()};
  WorkerKeys worker{keyring, rules};
  std::string signature;
};

SignPlan plan_of(std::string_view id, Algorithm algorithm, std::string_view input) {
  SignPlan plan;
  plan.key_id = id;
  plan.algorithm = algorithm;
  plan.input = input;
  return plan;
}

struct Row {
  std::string_view id;
  Algorithm algorithm;
};
constexpr Row kRows[] = {
    {keys::kDefaultRsa, Algorithm::kRsaPkcs1Sha256},   {keys::kDefaultRsa, Algorithm::kRsaPssSha256},
    {keys::kDefaultP256, Algorithm::kEcdsaP256Sha256}, {keys::kDefaultP384, Algorithm::kEcdsaP384Sha256},
    {keys::kDefaultRsa, Algorithm::kRsaPkcs1Sha384},   {keys::kDefaultRsa, Algorithm::kRsaPkcs1Sha512},
    {keys::kDefaultRsa, Algorithm::kRsaPssSha384},     {keys::kDefaultRsa, Algorithm::kRsaPssSha512},
    {keys::kDefaultP384, Algorithm::kEcdsaP384Sha384}, {keys::kDefaultP521, Algorithm::kEcdsaP521Sha512},
    {keys::kDefaultEd25519, Algorithm::kEd25519},
};

template <class T>
void check_refused(const Result<T>& result, Refusal code) {
  REQUIRE_FALSE(result);
  CHECK(result.error().scope == ErrorScope::kStream);
  CHECK(result.error().code == static_cast<int>(code));
}

}  // namespace

TEST_CASE("WorkerKeys: signs with each algorithm, messages and digests, and verifies what it signed") {
  Bench bench;
  for (const Row& row : kRows) {
    CAPTURE(static_cast<int>(row.algorithm));
    const crypto::Hash hash = crypto::facts(row.algorithm).hash;
    const std::string digest =
        hash == crypto::Hash::kNone ? "" : test::test_hasher().digest(hash, "the message");
    for (const bool by_digest : {false, true}) {
      if (by_digest && digest.empty()) continue;
      SignPlan plan = plan_of(row.id, row.algorithm, by_digest ? std::string_view(digest) : "the message");
      plan.is_digest = by_digest;
      REQUIRE(bench.sign(plan));
      VerifyPlan verify;
      static_cast<SignPlan&>(verify) = plan_of(row.id, row.algorithm, "the message");
      verify.signature = bench.signature;
      CHECK(bench.worker.verify(verify, bench.choose(plan)) == true);
      if (!digest.empty()) {
        verify.input = digest;
        verify.is_digest = true;
        CHECK(bench.worker.verify(verify, bench.choose(plan)) == true);
      }
      verify.input = verify.is_digest ? std::string_view(digest).substr(1) : "another message";
      if (!verify.is_digest) CHECK(bench.worker.verify(verify, bench.choose(plan)) == false);
    }
  }
}

TEST_CASE("WorkerKeys: P1363 has r and s at full length, and is verified as such") {
  Bench bench;
  const std::pair<Row, std::size_t> rows[] = {
      {kRows[2], 64}, {kRows[3], 96}, {kRows[8], 96}, {kRows[9], 132}};
  for (const auto& [row, size] : rows) {
    SignPlan plan = plan_of(row.id, row.algorithm, "m");
    plan.is_p1363 = true;
    for (int i = 0; i < 8; ++i) {
      REQUIRE(bench.sign(plan));
      CHECK(bench.signature.size() == size);
      VerifyPlan verify;
      static_cast<SignPlan&>(verify) = plan;
      verify.signature = bench.signature;
      CHECK(bench.worker.verify(verify, bench.choose(plan)) == true);
      verify.is_p1363 = false;  // no DER
      CHECK(bench.worker.verify(verify, bench.choose(plan)) == false);
      verify.is_p1363 = true;
      verify.signature.remove_suffix(1);
      CHECK(bench.worker.verify(verify, bench.choose(plan)) == false);
    }
  }
}

TEST_CASE("WorkerKeys: input that its checksum doesn't fit isn't signed") {
  Bench bench;
  SignPlan plan = plan_of(keys::kDefaultEd25519, Algorithm::kEd25519, "the message");
  plan.input_crc32c = crypto::crc32c("the message");
  CHECK(bench.sign(plan));
  plan.input_crc32c = *plan.input_crc32c ^ 1;
  check_refused(bench.sign(plan), Refusal::kInvalidArgument);
  CHECK(bench.signature.empty());

  VerifyPlan verify;
  static_cast<SignPlan&>(verify) = plan;
  check_refused(bench.worker.verify(verify, bench.choose(plan)), Refusal::kInvalidArgument);
  verify.input_crc32c.reset();
  verify.signature = "sig";
  verify.signature_crc32c = crypto::crc32c("gis");
  check_refused(bench.worker.verify(verify, bench.choose(plan)), Refusal::kInvalidArgument);
  verify.signature_crc32c = crypto::crc32c("sig");
  CHECK(bench.worker.verify(verify, bench.choose(plan)) == false);
}

TEST_CASE("WorkerKeys: tells the SHA-256 of every kind of input") {
  Bench bench;
  const std::string expected = test::test_hasher().digest(crypto::Hash::kSha256, "the message");
  for (const Row& row : kRows) {
    std::string told;
    const SignPlan plan = plan_of(row.id, row.algorithm, "the message");
    REQUIRE(bench.worker.sign(plan, bench.choose(plan), bench.signature, &told));
    CHECK(told == expected);
  }
  SignPlan plan = plan_of(keys::kDefaultP256, Algorithm::kEcdsaP256Sha256, expected);
  plan.is_digest = true;
  std::string told;
  REQUIRE(bench.worker.sign(plan, bench.choose(plan), bench.signature, &told));
  CHECK(told == test::test_hasher().digest(crypto::Hash::kSha256, expected));
}

TEST_CASE("WorkerKeys: with verification always, a wrong signature never leaves and its key signs no more") {
  BitFlipper flipper;
  for (const Row& row : kRows) {
    CAPTURE(static_cast<int>(row.algorithm));
    Bench bench;
    bench.rules.verify = {{1}, {1}, {1}};
    bench.rules.tamper = &flipper;
    for (const bool p1363 : {false, true}) {
      SignPlan plan = plan_of(row.id, row.algorithm, "m");
      plan.is_p1363 = p1363 && crypto::facts(row.algorithm).scheme == crypto::Scheme::kEcdsa;
      flipper.is_on = false;
      test::publish(bench.keyring, test::make_default_keys());
      REQUIRE(bench.sign(plan));
      flipper.is_on = true;
      const std::uint64_t before = bench.rules.faults_detected;
      check_refused(bench.sign(plan), Refusal::kInternal);
      CHECK(bench.signature.empty());
      CHECK(bench.rules.faults_detected == before + 1);
      flipper.is_on = false;
      check_refused(choose_to_sign(bench.worker.keys(), nullptr, plan), Refusal::kInternal);
    }
  }
}

TEST_CASE("WorkerKeys: sampling verifies one signature of so many, off none") {
  BitFlipper flipper;
  flipper.is_on = true;
  Bench bench;
  bench.rules.tamper = &flipper;
  bench.rules.verify.ecdsa.every = 5;
  const SignPlan plan = plan_of(keys::kDefaultP256, Algorithm::kEcdsaP256Sha256, "m");
  const KeyChoice choice = bench.choose(plan);
  int kept_back = 0;
  for (int i = 0; i < 20; ++i) kept_back += bench.worker.sign(plan, choice, bench.signature) ? 0 : 1;
  CHECK(kept_back == 4);
  bench.rules.verify.ecdsa.every = 0;
  for (int i = 0; i < 20; ++i) CHECK(bench.worker.sign(plan, choice, bench.signature));
}

TEST_CASE("WorkerKeys: a new map is seen, and keys that it doesn't have enabled are let go of") {
  Bench bench;
  const SignPlan plan = plan_of(keys::kDefaultP256, Algorithm::kEcdsaP256Sha256, "m");
  REQUIRE(bench.sign(plan));
  const std::uint64_t before = bench.worker.epoch();
  std::vector<keys::Key> keys = bench.keyring.snapshot()->keys();
  const std::weak_ptr<const crypto::PrivateKey> private_key = bench.choose(plan).version->private_key->get();
  std::shared_ptr<keys::PrivateSlot> slot = bench.choose(plan).version->private_key;
  for (keys::Key& key : keys) {
    if (key.id == keys::kDefaultP256) key.versions[0].state = keys::VersionState::kDestroyed;
  }
  test::publish(bench.keyring, std::move(keys));
  const long held = private_key.use_count();
  bench.worker.let_go_of_stale_keys();
  CHECK(private_key.use_count() == held - 1);
  CHECK(bench.worker.epoch() != before);
  check_refused(choose_to_sign(bench.worker.keys(), nullptr, plan), Refusal::kFailedPrecondition);
}

TEST_CASE("WorkerKeys: a key that was destroyed under a chosen version signs no more") {
  Bench bench;
  const SignPlan plan = plan_of(keys::kDefaultEd25519, Algorithm::kEd25519, "m");
  const KeyChoice choice = bench.choose(plan);
  choice.version->private_key->destroy();
  check_refused(bench.worker.sign(plan, choice, bench.signature), Refusal::kFailedPrecondition);
  CHECK(bench.signature.empty());
}

}  // namespace hawser::signing
