// Calls for a key that is still being made: the test is who makes it.
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "interop/crypto/crypto_calls.h"
#include "interop/crypto/crypto_server.h"
#include "interop/crypto/pending_call.h"
#include "support/eventually.h"

namespace hawser::test {
namespace {

using crypto::Algorithm;
using ::grpc::StatusCode;

constexpr std::string_view kRsa = "default-rsa";

class LastRecord final : public access::CallObserver {
 public:
  void on_call(const access::CallRecord& record) override {
    if (record.method == "GetPublicKey" && record.code == 0) version = record.key_version;
    ++calls;
  }
  std::atomic<std::uint32_t> version{0};
  std::atomic<int> calls{0};
};

// Serves all default keys but the RSA key, which is the test's to publish.
struct Rig {
  explicit Rig(const signing::SigningOptions& options = signing_options()) : server(options, others()) {
    server.service().pending_keys().add(kRsa);
  }
  static std::vector<keys::Key> others() {
    std::vector<keys::Key> keys = make_default_keys();
    std::erase_if(keys, [](const keys::Key& key) { return key.id == kRsa; });
    return keys;
  }
  void publish_key() {
    publish(server.keyring(), make_default_keys());
    server.service().pending_keys().remove(kRsa);
  }
  bool waits(std::size_t calls) {
    return eventually([&] { return server.service().pending_keys().waiting() == calls; });
  }
  lanes::LaneStats::OfLane slow() const { return server.service().stats().lanes.of(lanes::Lane::kSlow); }

  mutable CryptoServer server;
};

}  // namespace

TEST_CASE("Pending keys: calls for one wait on no thread, and are answered when it is there") {
  LastRecord record;
  auto options = signing_options();
  options.lanes.workers = 1;
  options.observers = {&record};
  Rig rig(options);
  const auto stub = rig.server.stub();
  const auto request = sign_request(Algorithm::kRsaPssSha256);
  PendingCall signing(*stub, request);
  auto verifying =
      std::async(std::launch::async, [&] { return verify(*stub, verify_request(request, "s")); });
  auto key = std::async(std::launch::async, [&] { return public_key(*stub, {}); });
  auto batch = std::async(std::launch::async, [&] {
    ::crypto::BatchSignRequest items;
    *items.add_items() = request;
    *items.add_items() = sign_request(Algorithm::kEd25519);
    return batch_sign(*stub, items);
  });
  REQUIRE(rig.waits(4));
  // Neither the loop nor the only worker is held up.
  CHECK(sign(*stub, sign_request(Algorithm::kEcdsaP256Sha256)).status.ok());
  ::crypto::PublicKeyRequest other;
  other.set_key_type(::crypto::ECC);
  CHECK(public_key(*stub, other).status.ok());

  rig.publish_key();
  CHECK(signing.wait().ok());
  const auto spki = key.get();
  REQUIRE(spki.status.ok());
  CHECK(record.version == 1);
  const auto checked = verify(*stub, verify_request(request, signing.response().signature()));
  CHECK(checked.response.valid());
  CHECK(verifying.get().status.ok());
  const auto results = batch.get();
  REQUIRE(results.status.ok());
  for (const auto& result : results.response.results()) CHECK(result.code() == StatusCode::OK);
  CHECK(rig.waits(0));
  CHECK(eventually([&] { return record.calls == 8; }));
}

TEST_CASE("Pending keys: one that could not be made is not there") {
  Rig rig;
  const auto stub = rig.server.stub();
  PendingCall signing(*stub, sign_request(Algorithm::kRsaPssSha256));
  auto key = std::async(std::launch::async, [&] { return public_key(*stub, {}); });
  REQUIRE(rig.waits(2));
  rig.server.service().pending_keys().remove(kRsa);
  CHECK(signing.wait().error_code() == StatusCode::NOT_FOUND);
  CHECK(key.get().status.error_code() == StatusCode::NOT_FOUND);
}

TEST_CASE("Pending keys: a wait ends at the call's deadline, and nothing is signed afterwards") {
  Rig rig;
  const auto stub = rig.server.stub();
  PendingCall signing(*stub, sign_request(Algorithm::kRsaPssSha256), std::chrono::seconds(1));
  ::grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
  ::crypto::PublicKeyResponse response;
  CHECK(stub->GetPublicKey(&context, {}, &response).error_code() == StatusCode::DEADLINE_EXCEEDED);
  CHECK(signing.wait().error_code() == StatusCode::DEADLINE_EXCEEDED);
  CHECK(rig.waits(0));
  rig.publish_key();
  CHECK(sign(*stub, sign_request(Algorithm::kRsaPssSha256)).status.ok());
  CHECK(rig.slow().submitted == 1);
  // Client and server watch the deadline both.
  CHECK(rig.slow().count(lanes::Reason::kExpired) + rig.slow().count(lanes::Reason::kCancelled) == 1);
}

TEST_CASE("Pending keys: who cancels, or goes, waits no more") {
  Rig rig;
  const auto stub = rig.server.stub();
  PendingCall first(*stub, sign_request(Algorithm::kRsaPssSha256));
  {
    const auto leaver = rig.server.stub();
    PendingCall second(*leaver, sign_request(Algorithm::kRsaPssSha256));
    ::crypto::BatchSignRequest items;
    *items.add_items() = sign_request(Algorithm::kRsaPssSha256);
    *items.add_items() = sign_request(Algorithm::kRsaPssSha256);
    ::grpc::ClientContext context;
    auto batch = std::async(std::launch::async, [&] {
      ::crypto::BatchSignResponse response;
      return leaver->BatchSign(&context, items, &response);
    });
    ::grpc::ClientContext key_context;
    auto key = std::async(std::launch::async, [&] {
      ::crypto::PublicKeyResponse response;
      return leaver->GetPublicKey(&key_context, {}, &response);
    });
    REQUIRE(rig.waits(5));
    context.TryCancel();
    key_context.TryCancel();
    CHECK(batch.get().error_code() == StatusCode::CANCELLED);
    CHECK(key.get().error_code() == StatusCode::CANCELLED);
    CHECK(rig.waits(2));
  }
  CHECK(rig.waits(1));
  rig.publish_key();
  CHECK(first.wait().ok());
  CHECK(eventually([&] { return rig.slow().executed == 1; }));
  CHECK(rig.slow().count(lanes::Reason::kCancelled) == 3);
}

TEST_CASE("Pending keys: no more wait than may in all, and those that have are not refused for the load") {
  constexpr std::size_t kConnections = 8;
  constexpr std::size_t kOfEach = 32;
  auto options = signing_options();
  options.lanes.max_slow_delay = std::chrono::milliseconds(1);
  Rig rig(options);
  const auto request = sign_request(Algorithm::kRsaPssSha256);
  std::vector<std::unique_ptr<CryptoStub>> stubs;
  std::vector<std::unique_ptr<PendingCall>> calls;
  for (std::size_t i = 0; i < kConnections; ++i) stubs.push_back(rig.server.stub());
  for (std::size_t i = 0; i < kConnections * kOfEach; ++i) {
    calls.push_back(std::make_unique<PendingCall>(*stubs[i % kConnections], request));
  }
  REQUIRE(rig.waits(kConnections * kOfEach));
  const auto refused = sign(*stubs[0], request);
  CHECK(refused.status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
  CHECK(refused.pushback == "1000");
  CHECK(public_key(*stubs[0], {}).status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
  rig.publish_key();
  for (const auto& call : calls) CHECK(call->wait().ok());
}

TEST_CASE("Pending keys: those that wait count for their connection") {
  auto options = signing_options();
  options.most_jobs_per_connection = 2;
  Rig rig(options);
  const auto stub = rig.server.stub();
  const auto request = sign_request(Algorithm::kRsaPssSha256);
  PendingCall first(*stub, request);
  auto second = std::async(std::launch::async, [&] { return public_key(*stub, {}); });
  REQUIRE(rig.waits(2));
  CHECK(sign(*stub, request).status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
  CHECK(public_key(*stub, {}).status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
  const auto other_stub = rig.server.stub();
  PendingCall other(*other_stub, request);
  CHECK(rig.waits(3));
  rig.publish_key();
  CHECK(first.wait().ok());
  CHECK(second.get().status.ok());
  CHECK(other.wait().ok());
  for (int i = 0; i < 3; ++i) CHECK(sign(*stub, request).status.ok());
}

TEST_CASE("Pending keys: a service that ends tells who waits") {
  Rig rig;
  const auto stub = rig.server.stub();
  PendingCall signing(*stub, sign_request(Algorithm::kRsaPssSha256));
  auto key = std::async(std::launch::async, [&] { return public_key(*stub, {}); });
  REQUIRE(rig.waits(2));
  rig.server.service().stop();
  CHECK(signing.wait().error_code() == StatusCode::UNAVAILABLE);
  CHECK(key.get().status.error_code() == StatusCode::UNAVAILABLE);
  const auto refused = sign(*stub, sign_request(Algorithm::kRsaPssSha256));
  CHECK(refused.status.error_code() == StatusCode::UNAVAILABLE);
  CHECK(public_key(*stub, {}).status.error_code() == StatusCode::UNAVAILABLE);
}

}  // namespace hawser::test
