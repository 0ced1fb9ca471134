// The signing service under more work than it can do, and while its keys change.
#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "interop/crypto/crypto_calls.h"
#include "interop/crypto/crypto_server.h"
#include "interop/crypto/pending_call.h"
#include "src/keys/key_id.h"

namespace hawser::test {
namespace {

using crypto::Algorithm;
using crypto::KeySpec;
using ::grpc::StatusCode;
using lanes::Lane;
using lanes::Reason;

// Counts calls by code, and work by whether anybody got it.
class Ledger final : public access::CallObserver {
 public:
  void on_call(const access::CallRecord& record) override {
    const std::lock_guard lock(mutex_);
    ++by_code_[record.code];
    if (record.exec > Duration{} && record.code != StatusCode::OK) ++wasted_;
  }
  std::map<int, int> by_code() {
    const std::lock_guard lock(mutex_);
    return by_code_;
  }
  int wasted() {
    const std::lock_guard lock(mutex_);
    return wasted_;
  }

 private:
  std::mutex mutex_;
  std::map<int, int> by_code_;  // guarded by mutex_, as the next
  int wasted_ = 0;
};

std::uint64_t all_refused(const lanes::LaneStats::OfLane& lane) {
  std::uint64_t all = 0;
  for (const std::uint64_t count : lane.refused) all += count;
  return all;
}

}  // namespace

TEST_CASE(
    "Overload: what is offered is done, shed or dropped; nothing is done for the dead; fast calls go on") {
  Ledger ledger;
  auto options = signing_options();
  options.lanes.max_slow_delay = std::chrono::milliseconds(50);
  options.lanes.workers = 1;
  options.most_jobs_per_connection = 100'000;
  options.observers = {&ledger};
  auto keys = make_default_keys();
  keys[0] = make_key(keys::kDefaultRsa, KeySpec::kRsa4096);
  CryptoServer server(options, keys);
  const auto stub = server.stub();
  const auto fast_stub = server.stub();

  // Some ten times of what 50 ms hold, with no deadline, with one that can be met, with one that may pass on
  // the way, and with one that can't be met. Whoever may die has a connection of its own: grpc++ 1.51 can
  // reset a stream that it hasn't opened yet, which ends the connection (RFC 9113 5.1).
  constexpr int kCalls = 240;
  const std::chrono::microseconds timeouts[] = {std::chrono::seconds(0), std::chrono::seconds(60),
                                                std::chrono::milliseconds(40), std::chrono::milliseconds(1)};
  const auto mortal_stub = server.stub();
  std::vector<std::unique_ptr<PendingCall>> patient;
  std::vector<std::unique_ptr<PendingCall>> mortal;
  for (int i = 0; i < kCalls; ++i) {
    const bool is_patient = i % 4 < 2;
    (is_patient ? patient : mortal)
        .push_back(std::make_unique<PendingCall>(is_patient ? *stub : *mortal_stub,
                                                 sign_request(Algorithm::kRsaPkcs1Sha256), timeouts[i % 4]));
    if (i % 20 == 7) mortal.back()->cancel();
  }
  constexpr int kFastCalls = 50;
  for (int i = 0; i < kFastCalls; ++i) {
    CHECK(sign(*fast_stub, sign_request(Algorithm::kEcdsaP256Sha256)).status.ok());
  }
  std::map<int, int> seen;
  for (const auto& call : patient) ++seen[call->wait().error_code()];
  CHECK(seen[StatusCode::OK] >= 1);
  CHECK(seen[StatusCode::RESOURCE_EXHAUSTED] >= 1);
  CHECK(seen[StatusCode::OK] + seen[StatusCode::RESOURCE_EXHAUSTED] + seen[StatusCode::DEADLINE_EXCEEDED] ==
        static_cast<int>(patient.size()));
  for (const auto& call : mortal) call->wait();

  const auto stats = [&] { return server.service().stats().lanes; };
  CHECK(eventually([&] { return stats().of(Lane::kSlow).jobs == 0 && stats().of(Lane::kFast).jobs == 0; }));
  const lanes::LaneStats::OfLane slow = stats().of(Lane::kSlow);
  CHECK(slow.executed + slow.count(Reason::kExpired) + slow.count(Reason::kCancelled) == slow.submitted);
  CHECK(stats().of(Lane::kFast).executed == kFastCalls);
  CHECK(slow.cost == Duration{});
  // Some may have died before they reached the server. Of those that did there is one record each, and
  // whoever was worked for was answered with a signature.
  std::map<int, int> recorded = ledger.by_code();
  CHECK(recorded[StatusCode::OK] == static_cast<int>(slow.executed) + kFastCalls);
  CHECK(ledger.wasted() == 0);
  CHECK(recorded[StatusCode::RESOURCE_EXHAUSTED] >= seen[StatusCode::RESOURCE_EXHAUSTED]);
  int all_recorded = 0;
  for (const auto& [code, count] : recorded) all_recorded += count;
  CHECK(all_recorded == static_cast<int>(slow.executed + all_refused(slow)) + kFastCalls);
}

TEST_CASE("Rotation: under load every signature verifies under the version that its reply names") {
  CryptoServer server;
  keys::Key key = make_key(keys::kDefaultP256, KeySpec::kEcP256);
  constexpr std::uint32_t kVersions = 12;
  std::map<std::uint32_t, std::shared_ptr<const crypto::PublicKey>> public_keys;
  for (std::uint32_t number = 1; number <= kVersions; ++number) {
    if (number > 1) key.versions.push_back(make_version(number, KeySpec::kEcP256));
    public_keys[number] = key.versions[number - 1].public_key;
  }
  const std::vector<keys::KeyVersion> all = key.versions;
  key.versions = {all[0]};
  publish(server.keyring(), {key});

  std::atomic<bool> is_over{false};
  std::atomic<int> signatures{0};
  std::atomic<int> wrong{0};
  std::atomic<std::uint32_t> latest{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 2; ++i) {
    callers.emplace_back([&] {
      const auto stub = server.stub();
      auto request = sign_request(Algorithm::kEcdsaP256Sha256);
      request.set_key_id(std::string(keys::kDefaultP256));
      while (!is_over) {
        const auto [status, response, pushback] = sign(*stub, request);
        const auto& public_key = public_keys.at(response.key_version());
        const bool is_right = status.ok() && response.spki_sha256() == public_key->spki_sha256() &&
                              public_key->verify_message(Algorithm::kEcdsaP256Sha256, "a message",
                                                         response.signature(), test_hasher());
        if (!is_right) ++wrong;
        ++signatures;
        latest = response.key_version();
      }
    });
  }
  for (std::uint32_t number = 2; number <= kVersions; ++number) {
    key.versions.push_back(all[number - 1]);
    key.primary = number;
    publish(server.keyring(), {key});
    // The one before last goes, as a destroyed one does: nobody signs with it any more.
    if (number > 2) {
      key.versions[number - 3].state = keys::VersionState::kDestroyed;
      publish(server.keyring(), {key});
      key.versions[number - 3].private_key->destroy();
      server.service().key_users().let_go_of_stale_keys();
      CHECK(all[number - 3].private_key->get() == nullptr);
    }
    CHECK(eventually([&] { return latest == number; }));
  }
  is_over = true;
  for (std::thread& caller : callers) caller.join();
  CHECK(wrong == 0);
  CHECK(signatures > static_cast<int>(kVersions));

  auto request = sign_request(Algorithm::kEcdsaP256Sha256);
  request.set_key_version(3);
  CHECK(sign(*server.stub(), request).status.error_code() == StatusCode::FAILED_PRECONDITION);
}

TEST_CASE("Destroying: when it is done nobody holds the private key, though workers had it at hand") {
  CryptoServer server;
  const auto stub = server.stub();
  const auto request = sign_request(Algorithm::kEcdsaP256Sha256);
  for (int i = 0; i < 20; ++i) REQUIRE(sign(*stub, request).status.ok());
  auto keys = server.keyring().snapshot()->keys();
  const auto found =
      std::find_if(keys.begin(), keys.end(), [](const auto& key) { return key.id == keys::kDefaultP256; });
  const auto slot = found->versions[0].private_key;
  // Made for this process and shared with the other tests, which hold it, too.
  const std::weak_ptr<const crypto::PrivateKey> private_key = slot->get();
  found->versions[0].state = keys::VersionState::kDestroyed;
  publish(server.keyring(), keys);
  slot->destroy();
  server.service().key_users().let_go_of_stale_keys();
  CHECK(private_key.use_count() == 1);
  CHECK(sign(*stub, request).status.error_code() == StatusCode::FAILED_PRECONDITION);
}

}  // namespace hawser::test
