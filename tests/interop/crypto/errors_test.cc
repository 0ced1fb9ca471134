// Every way in which a call to the signing service fails, with its status.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "interop/crypto/crypto_calls.h"
#include "interop/crypto/crypto_server.h"
#include "interop/crypto/gate_tamper.h"
#include "interop/crypto/pending_call.h"
#include "src/crypto/crc32c.h"
#include "support/test_family.h"

namespace hawser::test {
namespace {

using crypto::Algorithm;
using crypto::KeySpec;
using ::grpc::StatusCode;
using keys::VersionState;

class BitFlipper final : public signing::SignatureTamper {
 public:
  void tamper(Algorithm, std::string& signature) override {
    signature[20] = static_cast<char>(signature[20] ^ 1);
  }
};

// Default keys, and "states": version 1 enabled and primary, 2 disabled, 3 to be destroyed, 4 destroyed.
std::vector<keys::Key> keys_in_all_states() {
  std::vector<keys::Key> keys = make_default_keys();
  keys::Key states = make_key("states", KeySpec::kEcP256);
  for (std::uint32_t number = 2; number <= 4; ++number) {
    states.versions.push_back(make_version(number, KeySpec::kEcP256));
    states.versions.back().state = static_cast<VersionState>(number);
  }
  states.versions.back().private_key->destroy();
  keys.push_back(states);
  return keys;
}

void check_words(const std::string& text) {
  CHECK_FALSE(text.empty());
  for (const char* word : {"OpenSSL", "openssl", "libsodium", "/", "error:", "0x"}) {
    CAPTURE(text);
    CHECK(text.find(word) == std::string::npos);
  }
}

}  // namespace

TEST_CASE("CryptoService errors: each wrong request has its status") {
  const access::Policy everything = policy_for("anyone", {"*"});
  auto options = signing_options();
  options.policy = &everything;
  CryptoServer server(options, keys_in_all_states());
  const auto stub = server.stub();

  struct Row {
    const char* what;
    StatusCode code;
    std::function<void(::crypto::SignRequest&)> change;
  };
  const auto version = [](std::uint32_t number) {
    return [number](::crypto::SignRequest& request) {
      request.set_key_id("states");
      request.set_key_version(number);
    };
  };
  const Row rows[] = {
      {"nothing wrong", StatusCode::OK, [](auto&) {}},
      {"unknown key_type", StatusCode::INVALID_ARGUMENT,
       [](auto& r) { r.set_key_type(static_cast<::crypto::KeyType>(9)); }},
      {"unknown algorithm", StatusCode::INVALID_ARGUMENT,
       [](auto& r) { r.set_algorithm(static_cast<::crypto::SigningAlgorithm>(31)); }},
      {"unknown encoding", StatusCode::INVALID_ARGUMENT,
       [](auto& r) { r.set_signature_encoding(static_cast<::crypto::SignatureEncoding>(5)); }},
      {"an encoding that Ed25519 hasn't", StatusCode::INVALID_ARGUMENT,
       [](auto& r) {
         r = sign_request(Algorithm::kEd25519);
         r.set_signature_encoding(::crypto::P1363);
       }},
      {"key_type and algorithm don't go together", StatusCode::INVALID_ARGUMENT,
       [](auto& r) { r.set_key_type(::crypto::RSA); }},
      {"digest of a wrong length", StatusCode::INVALID_ARGUMENT,
       [](auto& r) {
         r.clear_data();
         r.set_digest(std::string(20, 'd'));
       }},
      {"data and digest", StatusCode::INVALID_ARGUMENT, [](auto& r) { r.set_digest(std::string(32, 'd')); }},
      {"digest for Ed25519", StatusCode::INVALID_ARGUMENT,
       [](auto& r) {
         r = sign_request(Algorithm::kEd25519, "");
         r.set_digest(std::string(64, 'd'));
       }},
      {"malformed key_id", StatusCode::INVALID_ARGUMENT, [](auto& r) { r.set_key_id("../etc"); }},
      {"checksum of other data", StatusCode::INVALID_ARGUMENT,
       [](auto& r) { r.set_input_crc32c(crypto::crc32c("other data")); }},
      {"no such key", StatusCode::NOT_FOUND, [](auto& r) { r.set_key_id("nobody"); }},
      {"no such version", StatusCode::NOT_FOUND, version(9)},
      {"algorithm that the key is not for", StatusCode::FAILED_PRECONDITION,
       [](auto& r) { r.set_key_id("default-ec-p384"); }},
      {"enabled version", StatusCode::OK, version(1)},
      {"disabled version", StatusCode::FAILED_PRECONDITION, version(2)},
      {"version to be destroyed", StatusCode::FAILED_PRECONDITION, version(3)},
      {"destroyed version", StatusCode::FAILED_PRECONDITION, version(4)},
      {"message over the transport's limit", StatusCode::RESOURCE_EXHAUSTED,
       [](auto& r) { r.set_data(std::string(5 * 1024 * 1024, 'x')); }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    auto request = sign_request(Algorithm::kEcdsaP256Sha256);
    row.change(request);
    const auto outcome = sign(*stub, request);
    CHECK(outcome.status.error_code() == row.code);
    if (row.code == StatusCode::OK) continue;
    check_words(outcome.status.error_message());
    CHECK(outcome.pushback.empty());
    CHECK(outcome.response.signature().empty());
    if (row.code == StatusCode::INVALID_ARGUMENT || row.code == StatusCode::NOT_FOUND) {
      CHECK(verify(*stub, verify_request(request, "s")).status.error_code() == row.code);
      ::crypto::BatchSignRequest batch;
      *batch.add_items() = request;
      CHECK(batch_sign(*stub, batch).response.results(0).code() == row.code);
    }
  }
}

TEST_CASE("CryptoService errors: versions that sign no more still verify, and give their public key") {
  const access::Policy everything = policy_for("anyone", {"*"});
  auto options = signing_options();
  options.policy = &everything;
  CryptoServer server(options, keys_in_all_states());
  const auto stub = server.stub();
  for (std::uint32_t number = 1; number <= 4; ++number) {
    ::crypto::PublicKeyRequest request;
    request.set_key_id("states");
    request.set_key_version(number);
    CHECK(public_key(*stub, request).response.key_version() == number);
    auto check = verify_request(sign_request(Algorithm::kEcdsaP256Sha256), "s");
    check.set_key_id("states");
    check.set_key_version(number);
    CHECK(verify(*stub, check).status.ok());
  }
  ::crypto::PublicKeyRequest request;
  request.set_key_id("nobody");
  CHECK(public_key(*stub, request).status.error_code() == StatusCode::NOT_FOUND);
  request.set_key_id("states");
  request.set_key_type(::crypto::ED25519);
  CHECK(public_key(*stub, request).status.error_code() == StatusCode::INVALID_ARGUMENT);
  request.clear_key_type();
  request.set_algorithm(::crypto::ED25519_PURE);
  CHECK(public_key(*stub, request).status.error_code() == StatusCode::FAILED_PRECONDITION);
  request.set_algorithm(static_cast<::crypto::SigningAlgorithm>(77));
  CHECK(public_key(*stub, request).status.error_code() == StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("CryptoService errors: bytes that are no request") {
  CryptoServer server;
  for (const char* method : {"Sign", "GetPublicKey", "Verify", "BatchSign"}) {
    std::string reply;
    CHECK(raw_status(server, method, "\xff\xff\xff", reply).error_code() == StatusCode::INTERNAL);
  }
  std::string reply;
  CHECK(raw_status(server, "NoMethod", "", reply).error_code() == StatusCode::UNIMPLEMENTED);
}

TEST_CASE("CryptoService errors: without a policy the default keys are everybody's, and no other exists") {
  CryptoServer server(signing_options(), keys_in_all_states());
  const auto stub = server.stub();
  std::vector<std::string> texts;
  for (const char* id : {"states", "nobody"}) {
    auto request = sign_request(Algorithm::kEcdsaP256Sha256);
    request.set_key_id(id);
    ::crypto::PublicKeyRequest key_request;
    key_request.set_key_id(id);
    ::crypto::BatchSignRequest batch;
    *batch.add_items() = request;
    const auto statuses = {sign(*stub, request).status, verify(*stub, verify_request(request, "s")).status,
                           public_key(*stub, key_request).status};
    for (const ::grpc::Status& status : statuses) {
      CHECK(status.error_code() == StatusCode::PERMISSION_DENIED);
      texts.push_back(status.error_message());
    }
    CHECK(batch_sign(*stub, batch).response.results(0).code() == StatusCode::PERMISSION_DENIED);
  }
  for (const std::string& text : texts) CHECK(text == texts.front());
  auto request = sign_request(Algorithm::kEcdsaP256Sha256);
  request.set_key_id("default-ec-p256");
  CHECK(sign(*stub, request).status.ok());
}

TEST_CASE("CryptoService errors: a policy that wants to know who calls") {
  const access::Policy users = policy_for("uid:*", {"default-*"});
  auto options = signing_options();
  options.policy = &users;
  CryptoServer server(options);
  const auto request = sign_request(Algorithm::kEcdsaP256Sha256);
  // Over VSOCK it is known, and not one of those.
  CHECK(sign(*server.stub(), request).status.error_code() ==
        (over_vsock() ? StatusCode::PERMISSION_DENIED : StatusCode::UNAUTHENTICATED));
  const auto stub = ::crypto::CryptoService::NewStub(server->unix_channel());
  CHECK(sign(*stub, request).status.ok());
}

TEST_CASE("CryptoService errors: more work than there may be is refused at once, with a time to come back") {
  const auto request = sign_request(Algorithm::kRsaPkcs1Sha256);
  auto options = signing_options();
  lanes::Reason reason = lanes::Reason::kDelay;
  SUBCASE("it would wait for too long") { options.lanes.max_slow_delay = Duration(-1); }
  SUBCASE("there are too many") {
    options.lanes.max_jobs = 0;
    reason = lanes::Reason::kCount;
  }
  SUBCASE("the connection has too many") {
    options.most_jobs_per_connection = 0;
    reason = lanes::Reason::kConnection;
  }
  CryptoServer server(options);
  const auto stub = server.stub();
  const auto outcome = sign(*stub, request);
  CHECK(outcome.status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
  check_words(outcome.status.error_message());
  CHECK(std::stoi(outcome.pushback) >= 1);
  ::crypto::BatchSignRequest batch;
  *batch.add_items() = request;
  CHECK(batch_sign(*stub, batch).response.results(0).code() == StatusCode::RESOURCE_EXHAUSTED);
  const auto stats = server.service().stats().lanes;
  CHECK(stats.of(lanes::Lane::kSlow).count(reason) == 2);
  CHECK(stats.of(lanes::Lane::kSlow).executed == 0);
}

TEST_CASE("CryptoService errors: a connection's share is its own, and comes back when its calls are over") {
  GateTamper gate;
  auto options = signing_options();
  options.tamper = &gate;
  options.most_jobs_per_connection = 3;
  options.lanes.workers = 1;
  CryptoServer server(options);
  const auto stub = server.stub();
  const auto request = sign_request(Algorithm::kEcdsaP256Sha256);
  {
    std::vector<std::unique_ptr<PendingCall>> calls;
    for (int i = 0; i < 3; ++i) calls.push_back(std::make_unique<PendingCall>(*stub, request));
    CHECK(eventually([&] { return server.service().stats().lanes.of(lanes::Lane::kFast).jobs == 3; }));
    CHECK(sign(*stub, request).status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
    PendingCall other(*server.stub(), request);
    CHECK(eventually([&] { return server.service().stats().lanes.of(lanes::Lane::kFast).jobs == 4; }));
    gate.open();
    for (const auto& call : calls) CHECK(call->wait().ok());
    CHECK(other.wait().ok());
  }
  for (int i = 0; i < 10; ++i) CHECK(sign(*stub, request).status.ok());
}

TEST_CASE("CryptoService errors: a deadline that can't be met is refused, one that passes is dropped") {
  GateTamper gate;
  auto options = signing_options();
  options.tamper = &gate;
  options.lanes.workers = 1;
  CryptoServer server(options);
  const auto stub = server.stub();
  const auto& fast = [&] { return server.service().stats().lanes.of(lanes::Lane::kFast); };
  PendingCall first(*stub, sign_request(Algorithm::kEcdsaP256Sha256));
  gate.wait_for(1);
  PendingCall second(*stub, sign_request(Algorithm::kEcdsaP256Sha256), std::chrono::milliseconds(200));
  CHECK(second.wait().error_code() == StatusCode::DEADLINE_EXCEEDED);
  // The client's clock began earlier than the server's. Behind its reset comes a call that doesn't sign.
  CHECK(public_key(*stub, {}).status.ok());
  gate.open();
  CHECK(first.wait().ok());
  // Client and server watch the deadline both: the worker finds it passed, or the call cancelled.
  CHECK(eventually([&] {
    return fast().count(lanes::Reason::kExpired) + fast().count(lanes::Reason::kCancelled) +
               fast().count(lanes::Reason::kHopeless) ==
           1;
  }));
  CHECK(fast().executed == 1);
}

TEST_CASE("CryptoService errors: nobody signs for a caller who has gone") {
  GateTamper gate;
  auto options = signing_options();
  options.tamper = &gate;
  options.lanes.workers = 1;
  CryptoServer server(options);
  const auto stub = server.stub();
  const auto& fast = [&] { return server.service().stats().lanes.of(lanes::Lane::kFast); };
  PendingCall first(*stub, sign_request(Algorithm::kEcdsaP256Sha256));
  gate.wait_for(1);
  PendingCall second(*stub, sign_request(Algorithm::kEcdsaP256Sha256));
  {
    const auto leaver = server.stub();
    PendingCall third(*leaver, sign_request(Algorithm::kEcdsaP256Sha256));
    CHECK(eventually([&] { return fast().jobs == 3; }));
    second.cancel();
    CHECK(second.wait().error_code() == StatusCode::CANCELLED);
  }
  // Both resets have been read when a later call on both connections was answered; the gate holds signing, so
  // by one that doesn't sign.
  CHECK(public_key(*stub, {}).status.ok());
  gate.open();
  CHECK(first.wait().ok());
  CHECK(eventually([&] { return fast().jobs == 0; }));
  CHECK(fast().count(lanes::Reason::kCancelled) + fast().executed == 3);
  CHECK(fast().count(lanes::Reason::kCancelled) >= 1);
}

TEST_CASE("CryptoService errors: a service that ends is worth another try") {
  CryptoServer server;
  const auto stub = server.stub();
  const auto request = sign_request(Algorithm::kRsaPssSha256);
  CHECK(sign(*stub, request).status.ok());
  server.service().stop();
  const auto outcome = sign(*stub, request);
  CHECK(outcome.status.error_code() == StatusCode::UNAVAILABLE);
  CHECK(outcome.pushback == "1000");
  check_words(outcome.status.error_message());
}

TEST_CASE("CryptoService errors: a wrong signature doesn't leave, and its key version signs no more") {
  BitFlipper flipper;
  auto options = signing_options();
  options.tamper = &flipper;
  options.verify = {{1}, {1}, {1}};
  CryptoServer server(options);
  const auto stub = server.stub();
  for (const Algorithm algorithm :
       {Algorithm::kEcdsaP256Sha256, Algorithm::kEd25519, Algorithm::kRsaPkcs1Sha256}) {
    const auto request = sign_request(algorithm);
    for (int i = 0; i < 2; ++i) {
      const auto outcome = sign(*stub, request);
      CHECK(outcome.status.error_code() == StatusCode::INTERNAL);
      CHECK(outcome.response.signature().empty());
      check_words(outcome.status.error_message());
    }
    ::crypto::BatchSignRequest batch;
    *batch.add_items() = request;
    const auto result = batch_sign(*stub, batch).response.results(0);
    CHECK(result.code() == StatusCode::INTERNAL);
    CHECK_FALSE(result.has_response());
  }
  CHECK(server.service().stats().faults_detected == 3);
}

}  // namespace hawser::test
