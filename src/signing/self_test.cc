#include "src/signing/self_test.h"

#include <array>
#include <string>
#include <system_error>
#include <utility>

#include "src/keys/key_id.h"
#include "src/keys/refusal.h"
#include "src/signing/worker_keys.h"

namespace hawser::signing {
namespace {

using crypto::Algorithm;

struct DefaultKey {
  std::string_view id;
  Algorithm algorithm;
};
constexpr DefaultKey kDefaultKeys[] = {
    {keys::kDefaultRsa, Algorithm::kRsaPkcs1Sha256},   {keys::kDefaultP256, Algorithm::kEcdsaP256Sha256},
    {keys::kDefaultP384, Algorithm::kEcdsaP384Sha384}, {keys::kDefaultP521, Algorithm::kEcdsaP521Sha512},
    {keys::kDefaultEd25519, Algorithm::kEd25519},
};
constexpr std::string_view kMessage = "the signing service tests itself";

// Waits for jobs on other threads.
class Countdown final {
 public:
  explicit Countdown(std::size_t count) : left_(count) {}
  void end_one() {
    const std::lock_guard lock(mutex_);
    if (--left_ == 0) done_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return left_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  std::size_t left_;
};

class Probe final : public lanes::Job {
 public:
  void set(const DefaultKey& key, Countdown& countdown) {
    plan_.algorithm = key.algorithm;
    plan_.key_id = key.id;
    plan_.input = kMessage;
    countdown_ = &countdown;
  }
  std::string_view key_id() const { return plan_.key_id; }
  bool has_failed() const { return failed_; }
  // After submit() refused it.
  void end() { countdown_->end_one(); }

 private:
  bool run(lanes::WorkerState& worker) override {
    auto& keys = static_cast<WorkerKeys&>(worker);
    const Result<KeyChoice> choice = choose_to_sign(keys.keys(), nullptr, plan_);
    if (choice) {
      std::string signature;
      failed_ = !keys.sign(plan_, *choice, signature, nullptr, true);
    } else {
      // Quarantined. Whatever else forbids it was somebody's wish.
      failed_ = choice.error().code == static_cast<int>(keys::Refusal::kInternal);
    }
    countdown_->end_one();
    return false;
  }
  void on_dropped(lanes::Reason) override { countdown_->end_one(); }

  SignPlan plan_;
  Countdown* countdown_ = nullptr;
  bool failed_ = false;
};

}  // namespace

SelfTest::SelfTest(lanes::Lanes& lanes, const SelfTestOptions& options, OnResult on_result, log::Sink& log)
    : lanes_(lanes), options_(options), on_result_(std::move(on_result)), log_(log) {}

Result<void> SelfTest::start() {
  try {
    thread_ = std::thread([this] { work(); });
  } catch (const std::system_error& error) {
    return io_error(error.code().value(), "starting the self-test of the signing service");
  }
  return {};
}

void SelfTest::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool SelfTest::run() {
  std::array<Probe, std::size(kDefaultKeys)> probes;
  Countdown countdown(probes.size());
  lanes::JobTerms terms;
  terms.lane = lanes::Lane::kSlow;
  terms.forced = true;
  for (std::size_t i = 0; i < probes.size(); ++i) {
    probes[i].set(kDefaultKeys[i], countdown);
    if (!lanes_.submit(probes[i], terms).accepted()) probes[i].end();
  }
  countdown.wait();
  bool passed = true;
  for (const Probe& probe : probes) {
    if (!probe.has_failed()) continue;
    passed = false;
    log_.write(log::Level::kError, "a self-test of signing failed: rotate the key, or restart the server",
               {{"key_id", probe.key_id()}});
  }
  passing_.store(passed, std::memory_order_relaxed);
  return passed;
}

void SelfTest::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const bool passed = run();
    if (on_result_) on_result_(passed);
    lock.lock();
    const Duration pause = passed ? options_.interval : options_.interval_after_failure;
    wake_.wait_for(lock, pause, [&] { return stopping_; });
  }
}

}  // namespace hawser::signing
