#include <doctest/doctest.h>

#include <grpcpp/support/status.h>

#include <string>

#include "src/keys/refusal.h"
#include "unit/admin/admin_server.h"

namespace hawser::test {
namespace {

using ::grpc::StatusCode;
using Stub = ::crypto::KeyService::Stub;

StatusCode create(AdminServer& server, const ::crypto::CreateKeyRequest& request) {
  ::crypto::KeyInfo info;
  return call(server.stub(), &Stub::CreateKey, request, &info).error_code();
}

::crypto::CreateKeyRequest key_request(const std::string& id, ::crypto::KeySpec spec) {
  ::crypto::CreateKeyRequest request;
  request.set_key_id(id);
  request.set_spec(spec);
  return request;
}

StatusCode set_primary(AdminServer& server, const std::string& id, std::uint32_t version) {
  ::crypto::SetPrimaryVersionRequest request;
  request.set_key_id(id);
  request.set_version(version);
  ::crypto::KeyInfo info;
  return call(server.stub(), &Stub::SetPrimaryVersion, request, &info).error_code();
}

StatusCode set_state(AdminServer& server, std::uint32_t version, ::crypto::KeyVersionState state,
                     std::int64_t destroy_ms = 0) {
  ::crypto::SetVersionStateRequest request;
  request.set_key_id("web");
  request.set_version(version);
  request.set_state(state);
  request.set_destroy_ms(destroy_ms);
  ::crypto::KeyInfo info;
  return call(server.stub(), &Stub::SetVersionState, request, &info).error_code();
}

StatusCode destroy(AdminServer& server, const std::string& id, std::uint32_t version) {
  ::crypto::DestroyKeyVersionRequest request;
  request.set_key_id(id);
  request.set_version(version);
  ::crypto::KeyInfo info;
  return call(server.stub(), &Stub::DestroyKeyVersion, request, &info).error_code();
}

}  // namespace

TEST_CASE("KeyService: a key is created with what was asked for") {
  AdminServer server;
  auto request = key_request("web", ::crypto::KEY_SPEC_EC_P384);
  request.add_algorithms(::crypto::ECDSA_P384_SHA384);
  request.set_rotate_after_ms(86'400'000);
  ::crypto::KeyInfo info;
  REQUIRE(call(server.stub(), &Stub::CreateKey, request, &info).ok());
  CHECK(info.key_id() == "web");
  CHECK(info.spec() == ::crypto::KEY_SPEC_EC_P384);
  REQUIRE(info.algorithms_size() == 1);
  CHECK(info.algorithms(0) == ::crypto::ECDSA_P384_SHA384);
  CHECK(info.rotate_after_ms() == 86'400'000);
  CHECK(info.primary_version() == 1);
  CHECK(server.get("web").SerializeAsString() == info.SerializeAsString());
}

TEST_CASE("KeyService: what can't be created is refused with the reason's code") {
  AdminServer server;
  server.create("web");
  CHECK(create(server, key_request("web", ::crypto::KEY_SPEC_ED25519)) == StatusCode::ALREADY_EXISTS);
  CHECK(create(server, key_request("Web", ::crypto::KEY_SPEC_ED25519)) == StatusCode::INVALID_ARGUMENT);
  CHECK(create(server, key_request("", ::crypto::KEY_SPEC_ED25519)) == StatusCode::INVALID_ARGUMENT);
  CHECK(create(server, key_request("a", ::crypto::KEY_SPEC_UNSPECIFIED)) == StatusCode::INVALID_ARGUMENT);
  CHECK(create(server, key_request("a", static_cast<::crypto::KeySpec>(99))) == StatusCode::INVALID_ARGUMENT);
  auto request = key_request("a", ::crypto::KEY_SPEC_ED25519);
  request.add_algorithms(::crypto::ECDSA_P256_SHA256);
  CHECK(create(server, request) == StatusCode::INVALID_ARGUMENT);
  request.set_algorithms(0, static_cast<::crypto::SigningAlgorithm>(31));
  CHECK(create(server, request) == StatusCode::INVALID_ARGUMENT);
  request = key_request("a", ::crypto::KEY_SPEC_ED25519);
  request.set_rotate_after_ms(1);
  CHECK(create(server, request) == StatusCode::INVALID_ARGUMENT);
  CHECK(server.keys().manager.keys()->keys().size() == 1);
}

TEST_CASE("KeyService: a rotated key has a new primary version, and the old one can be primary again") {
  AdminServer server;
  server.create("web");
  const auto rotated = server.rotate("web");
  CHECK(rotated.primary_version() == 2);
  CHECK(rotated.versions_size() == 2);
  CHECK(set_primary(server, "web", 1) == StatusCode::OK);
  CHECK(server.get("web").primary_version() == 1);
  CHECK(set_primary(server, "web", 3) == StatusCode::NOT_FOUND);
  CHECK(set_primary(server, "web", 0) == StatusCode::INVALID_ARGUMENT);
  CHECK(set_primary(server, "none", 1) == StatusCode::NOT_FOUND);
}

TEST_CASE("KeyService: a version is disabled, enabled, given up and taken back") {
  AdminServer server;
  server.create("web");
  server.rotate("web");
  CHECK(set_state(server, 1, ::crypto::DISABLED) == StatusCode::OK);
  CHECK(server.get("web").versions(0).state() == ::crypto::DISABLED);
  CHECK(set_primary(server, "web", 1) == StatusCode::FAILED_PRECONDITION);
  CHECK(set_state(server, 1, ::crypto::ENABLED) == StatusCode::OK);
  const std::int64_t later = server.keys().now_ms + 1000;
  CHECK(set_state(server, 1, ::crypto::DESTROY_SCHEDULED, later) == StatusCode::OK);
  CHECK(server.get("web").versions(0).destroy_ms() == later);
  CHECK(set_state(server, 1, ::crypto::ENABLED) == StatusCode::FAILED_PRECONDITION);
  CHECK(set_state(server, 1, ::crypto::DISABLED) == StatusCode::OK);
  CHECK(server.get("web").versions(0).destroy_ms() == 0);

  CHECK(set_state(server, 2, ::crypto::DISABLED) == StatusCode::FAILED_PRECONDITION);
  CHECK(set_state(server, 1, ::crypto::DESTROYED) == StatusCode::INVALID_ARGUMENT);
  CHECK(set_state(server, 1, ::crypto::KEY_VERSION_STATE_UNSPECIFIED) == StatusCode::INVALID_ARGUMENT);
  CHECK(set_state(server, 1, ::crypto::DESTROY_SCHEDULED, 1) == StatusCode::INVALID_ARGUMENT);
  CHECK(set_state(server, 3, ::crypto::DISABLED) == StatusCode::NOT_FOUND);
}

TEST_CASE("KeyService: a destroyed version is that for good and keeps its public key") {
  AdminServer server;
  server.create("web");
  const auto before = server.rotate("web");
  CHECK(destroy(server, "web", 2) == StatusCode::FAILED_PRECONDITION);
  CHECK(destroy(server, "web", 1) == StatusCode::OK);
  const auto after = server.get("web");
  CHECK(after.versions(0).state() == ::crypto::DESTROYED);
  CHECK(after.versions(0).public_key_der() == before.versions(0).public_key_der());
  CHECK(destroy(server, "web", 1) == StatusCode::FAILED_PRECONDITION);
  CHECK(set_state(server, 1, ::crypto::ENABLED) == StatusCode::FAILED_PRECONDITION);
  CHECK(destroy(server, "web", 9) == StatusCode::NOT_FOUND);
  CHECK(destroy(server, "none", 1) == StatusCode::NOT_FOUND);
}

TEST_CASE("KeyService: what is scheduled happens without anybody asking") {
  AdminServer server;
  server.create("web");
  server.rotate("web");
  const std::int64_t due = server.keys().now_ms + 5;
  REQUIRE(set_state(server, 1, ::crypto::DESTROY_SCHEDULED, due) == StatusCode::OK);
  CHECK(server.get("web").versions(0).state() == ::crypto::DESTROY_SCHEDULED);
  server.keys().now_ms = due;
  CHECK(eventually([&] { return server.get("web").versions(0).state() == ::crypto::DESTROYED; }));

  auto request = key_request("aging", ::crypto::KEY_SPEC_ED25519);
  request.set_rotate_after_ms(60'000);
  REQUIRE(create(server, request) == StatusCode::OK);
  server.keys().now_ms += 60'000;
  // The thread that makes keys looks after each call of its own.
  server.rotate("web");
  CHECK(eventually([&] { return server.get("aging").primary_version() == 2; }));
}

TEST_CASE("KeyService: a disk that refuses is UNAVAILABLE, a lost store DATA_LOSS") {
  AdminServer server;
  server.create("web");
  ::crypto::VerifyKeystoreResponse verified;
  REQUIRE(call(server.stub(), &Stub::VerifyKeystore, ::crypto::VerifyKeystoreRequest(), &verified).ok());
  CHECK(verified.generation() == 1);
  CHECK(verified.keys() == 1);
  CHECK(verified.versions() == 1);
  server.keys().storage.refuse_with(Error{ErrorScope::kIo, ENOSPC, "write /var/lib/keys: no space"});
  ::crypto::KeyInfo info;
  const auto status =
      call(server.stub(), &Stub::CreateKey, key_request("new", ::crypto::KEY_SPEC_EC_P256), &info);
  CHECK(status.error_code() == StatusCode::UNAVAILABLE);
  CHECK(status.error_message().find("/var") == std::string::npos);
  server.keys().storage.refuse_with(
      Error{ErrorScope::kStream, static_cast<int>(keys::Refusal::kDataLoss), "unreadable"});
  CHECK(
      call(server.stub(), &Stub::VerifyKeystore, ::crypto::VerifyKeystoreRequest(), &verified).error_code() ==
      StatusCode::DATA_LOSS);
}

}  // namespace hawser::test
