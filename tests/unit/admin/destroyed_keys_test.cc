// Whole services in one process, so that whatever a destroyed key went through is in the memory that is
// searched: generation or import, the encrypted file, the worker that signed with it, an export.
#include <doctest/doctest.h>

#include <grpcpp/support/status.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "crypto.grpc.pb.h"
#include "src/hardening/wiping_memory.h"
#include "src/signing/signer_cache.h"
#include "src/signing/signing_service.h"
#include "unit/admin/admin_server.h"
#include "unit/admin/private_needles.h"
#include "unit/keys/rsa_keys.h"
#include "unit/keystore/store_fixture.h"

namespace hawser::test {
namespace {

// As a program does it, before anything else uses the library.
const bool kWipesFreedMemory = hardening::wipe_openssl_memory().has_value();

using ::grpc::StatusCode;
using Admin = ::crypto::KeyService::Stub;

struct Services {
  explicit Services(std::size_t workers = 1) {
    REQUIRE(kWipesFreedMemory);
    store = value_of(create_store(directory.file("keys")));
    manager = std::make_unique<keys::KeyManager>(ring, *store, hasher());
    signing::SigningOptions signing_options;
    signing_options.lanes.workers = workers;
    signing_options.policy = &policy;
    signing_service = value_of(signing::SigningService::create(signing_options, ring, hasher()));
    manager->add_users(signing_service->key_users());
    admin::KeyAdministrationOptions options;
    options.operations.allow_export = true;
    options.handler.policy = &policy;
    administration = value_of(admin::KeyAdministration::create(*manager, std::move(options)));
    server = std::make_unique<RunningServer>([this](server::Server& one) -> Result<void> {
      if (auto added = signing_service->add_to(one); !added) return added;
      return administration->add_to(one);
    });
    admin = ::crypto::KeyService::NewStub(server->channel());
    crypto = ::crypto::CryptoService::NewStub(server->channel());
  }
  ~Services() {
    administration->stop();
    signing_service->stop();
    server.reset();
  }

  ::crypto::KeyInfo create(const std::string& id, ::crypto::KeySpec spec) {
    ::crypto::CreateKeyRequest request;
    request.set_key_id(id);
    request.set_spec(spec);
    ::crypto::KeyInfo info;
    const auto status = call(*admin, &Admin::CreateKey, request, &info);
    REQUIRE_MESSAGE(status.ok(), status.error_message());
    return info;
  }

  // From hexadecimal straight into protected memory: this process holds no other copy.
  ::crypto::KeyInfo import(const std::string& id, std::string_view hex) {
    auto pkcs8 = value_of(crypto::SecretBytes::allocate(hex.size() / 2));
    sodium_hex2bin(pkcs8.data(), pkcs8.size(), hex.data(), hex.size(), nullptr, nullptr, nullptr);
    ::crypto::GetSealingKeyResponse key;
    REQUIRE(call(*admin, &Admin::GetSealingKey, ::crypto::GetSealingKeyRequest(), &key).ok());
    ::crypto::ImportKeyRequest request;
    request.set_key_id(id);
    request.set_sealed_pkcs8(value_of(crypto::seal(key.public_key(), pkcs8)));
    ::crypto::KeyInfo info;
    const auto status = call(*admin, &Admin::ImportKey, request, &info);
    REQUIRE_MESSAGE(status.ok(), status.error_message());
    return info;
  }

  StatusCode sign(const ::crypto::KeyInfo& key, ::crypto::SigningAlgorithm algorithm) {
    ::crypto::SignRequest request;
    request.set_key_id(key.key_id());
    request.set_key_version(1);
    request.set_algorithm(algorithm);
    request.set_data("message");
    request.set_key_type(key.spec() <= ::crypto::KEY_SPEC_RSA_4096  ? ::crypto::RSA
                         : key.spec() == ::crypto::KEY_SPEC_ED25519 ? ::crypto::ED25519
                                                                    : ::crypto::ECC);
    ::crypto::SignResponse reply;
    ::grpc::ClientContext context;
    context.set_deadline(in_seconds(60));
    return crypto->Sign(&context, request, &reply).error_code();
  }

  void export_first(const std::string& id) {
    const auto recipient = value_of(crypto::SealedBoxKey::generate());
    ::crypto::ExportKeyVersionRequest request;
    request.set_key_id(id);
    request.set_version(1);
    request.set_recipient_public_key(recipient.public_key());
    ::crypto::ExportKeyVersionResponse reply;
    REQUIRE(call(*admin, &Admin::ExportKeyVersion, request, &reply).ok());
  }

  void rotate(const std::string& id) {
    ::crypto::RotateKeyRequest request;
    request.set_key_id(id);
    ::crypto::KeyInfo info;
    REQUIRE(call(*admin, &Admin::RotateKey, request, &info).ok());
  }

  void destroy_first(const std::string& id) {
    ::crypto::DestroyKeyVersionRequest request;
    request.set_key_id(id);
    request.set_version(1);
    ::crypto::KeyInfo info;
    REQUIRE(call(*admin, &Admin::DestroyKeyVersion, request, &info).ok());
  }

  std::vector<Needle> needles(const std::string& id) const {
    return needles_of(*ring.snapshot()->find(id)->find_version(1)->private_key->get());
  }

  TemporaryDirectory directory;
  keys::Keyring ring;
  access::Policy policy = value_of(access::parse_policy(
      "[[rule]]\nprincipal = \"anyone\"\nkeys = [\"*\"]\nallow = [\"admin\", \"sign\"]\n", "policy"));
  std::unique_ptr<keystore::Keystore> store;
  std::unique_ptr<keys::KeyManager> manager;
  std::unique_ptr<signing::SigningService> signing_service;
  std::unique_ptr<admin::KeyAdministration> administration;
  std::unique_ptr<RunningServer> server;
  std::unique_ptr<Admin> admin;
  std::unique_ptr<::crypto::CryptoService::Stub> crypto;
};

// Signs, exports, rotates and destroys version 1. Before, its key is in memory; afterwards nothing signs with
// it and nothing has it.
void destroy_and_search(Services& services, const ::crypto::KeyInfo& key) {
  for (const int algorithm : key.algorithms()) {
    REQUIRE(services.sign(key, static_cast<::crypto::SigningAlgorithm>(algorithm)) == StatusCode::OK);
  }
  services.export_first(key.key_id());
  REQUIRE(services.store->verify());
  services.rotate(key.key_id());
  const std::vector<Needle> needles = services.needles(key.key_id());
  CHECK_FALSE(find_in_memory(needles).empty());
  services.destroy_first(key.key_id());
  for (const std::string& left : find_in_memory(needles)) FAIL_CHECK(left);
  for (const int algorithm : key.algorithms()) {
    CHECK(services.sign(key, static_cast<::crypto::SigningAlgorithm>(algorithm)) ==
          StatusCode::FAILED_PRECONDITION);
  }
}

}  // namespace

TEST_CASE("Destroyed keys: a created EC or Ed25519 key is nowhere in memory, and nothing signs with it") {
  Services services;
  for (const auto spec : {::crypto::KEY_SPEC_ED25519, ::crypto::KEY_SPEC_EC_P256, ::crypto::KEY_SPEC_EC_P384,
                          ::crypto::KEY_SPEC_EC_P521}) {
    CAPTURE(spec);
    destroy_and_search(services, services.create("key-" + std::to_string(spec), spec));
  }
}

TEST_CASE("Destroyed keys: a created RSA key is nowhere in memory, and nothing signs with it") {
  Services services;
  destroy_and_search(services, services.create("rsa", ::crypto::KEY_SPEC_RSA_2048));
}

TEST_CASE("Destroyed keys: an imported RSA key is nowhere in memory, and nothing signs with it") {
  Services services;
  destroy_and_search(services, services.import("rsa", kRsa2048));
}

TEST_CASE("Destroyed keys: the search finds what was freed and not wiped, and nothing that was") {
  for (const bool wiped : {false, true}) {
    auto secret = std::make_unique<std::string>(1000, '\0');
    randombytes_buf(secret->data(), secret->size());
    const std::vector<Needle> needles{Needle("secret", *secret)};
    if (wiped) sodium_memzero(secret->data(), secret->size());
    secret.reset();
    CHECK(find_in_memory(needles).empty() == wiped);
  }
}

TEST_CASE("Destroyed keys: the copies that many workers have of an RSA key go with it") {
  Services services(signing::SignerCache::kWorkersForCopies);
  const auto key = services.create("copied", ::crypto::KEY_SPEC_RSA_2048);
  std::vector<std::thread> callers;
  std::atomic<int> signed_ones{0};
  for (int caller = 0; caller < 6; ++caller) {
    callers.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        signed_ones += services.sign(key, ::crypto::RSA_PKCS1_SHA256) == StatusCode::OK ? 1 : 0;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(signed_ones > 0);
  destroy_and_search(services, key);
}

}  // namespace hawser::test
