#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "src/crypto/signer.h"
#include "src/keys/key_manager.h"
#include "src/keys/keyring.h"
#include "unit/keys/managed_keys.h"

namespace hawser::test {
namespace {

using crypto::Algorithm;
using crypto::KeySpec;

// Signs with the primary version as a worker would, again and again, and checks each signature against the
// version that it would name.
class SigningThread final : public keys::KeyUsers {
 public:
  explicit SigningThread(const keys::Keyring& ring)
      : reader_(ring), thread_([this](auto stop) { run(stop); }) {}

  // The version is looked up anew for each signature, so nothing is kept.
  void let_go_of_stale_keys() override {}

  void join() {
    thread_.request_stop();
    thread_.join();
  }
  int signatures() const { return signatures_; }
  int wrong() const { return wrong_; }
  std::uint32_t last_version() const { return last_version_; }

 private:
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested() || signatures_ == 0) {
      const keys::Key* key = reader_.current().find("web");
      if (key == nullptr) continue;
      const keys::KeyVersion& version = *key->find_version(0);
      const auto private_key = version.private_key->get();
      // Destroyed after the lookup: a worker looks again.
      if (private_key == nullptr) continue;
      auto signer = crypto::Signer::create(*private_key, Algorithm::kEd25519, hasher());
      const auto signature = signer->sign_message("m");
      ++signatures_;
      if (!version.public_key->verify_message(Algorithm::kEd25519, "m", *signature, hasher())) ++wrong_;
      if (version.number < last_version_) ++wrong_;
      last_version_ = version.number;
    }
  }

  keys::KeyringReader reader_;
  int signatures_ = 0;
  int wrong_ = 0;
  std::uint32_t last_version_ = 0;
  std::jthread thread_;
};

TEST_CASE("KeyManager: while a key is rotated and destroyed, every signature is of the version it names") {
  ManagedKeys keys;
  SigningThread first(keys.ring);
  SigningThread second(keys.ring);
  REQUIRE(keys.manager.create({"web", {}, 0}, KeySpec::kEd25519));
  for (std::uint32_t version = 1; version <= 30; ++version) {
    REQUIRE(keys.manager.rotate("web"));
    REQUIRE(keys.manager.destroy("web", version));
  }
  for (SigningThread* thread : {&first, &second}) {
    thread->join();
    CHECK(thread->signatures() > 0);
    CHECK(thread->wrong() == 0);
  }
}

TEST_CASE("KeyManager: changes from many threads all happen, one at a time") {
  ManagedKeys keys;
  REQUIRE(keys.manager.create({"web", {}, 0}, KeySpec::kEd25519));
  std::atomic<int> failed = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&keys, &failed, i] {
        if (!keys.manager.create({"own-" + std::to_string(i), {}, 0}, KeySpec::kEd25519)) ++failed;
        for (int round = 0; round < 5; ++round) {
          if (!keys.manager.rotate("web")) ++failed;
        }
      });
    }
  }
  CHECK(failed == 0);
  CHECK(keys.manager.get("web")->versions.size() == 21);
  CHECK(keys.manager.get("web")->primary == 21);
  CHECK(keys.manager.keys()->keys().size() == 5);
  CHECK(keys.storage.saves().size() == 25);
}

}  // namespace
}  // namespace hawser::test
