#include <doctest/doctest.h>

#include <grpcpp/support/status.h>

#include <unistd.h>

#include <string>

#include "unit/admin/admin_server.h"

namespace hawser::test {
namespace {

using ::grpc::StatusCode;
using Stub = ::crypto::KeyService::Stub;

StatusCode get_key(Stub& stub, const std::string& id) {
  ::crypto::GetKeyRequest request;
  request.set_key_id(id);
  ::crypto::KeyInfo info;
  return call(stub, &Stub::GetKey, request, &info).error_code();
}

StatusCode list_keys(Stub& stub) {
  ::crypto::ListKeysResponse reply;
  return call(stub, &Stub::ListKeys, ::crypto::ListKeysRequest(), &reply).error_code();
}

StatusCode get_sealing_key(Stub& stub) {
  ::crypto::GetSealingKeyResponse reply;
  return call(stub, &Stub::GetSealingKey, ::crypto::GetSealingKeyRequest(), &reply).error_code();
}

}  // namespace

TEST_CASE("KeyService: without a policy only the server's own user administers, over a UNIX socket") {
  AdminServer server({.policy = ""});
  CHECK(get_key(server.stub(), "web") == StatusCode::PERMISSION_DENIED);
  CHECK(list_keys(server.stub()) == StatusCode::PERMISSION_DENIED);
  CHECK(get_key(server.unix_stub(), "web") == StatusCode::NOT_FOUND);
  CHECK(list_keys(server.unix_stub()) == StatusCode::OK);
}

TEST_CASE("KeyService: whoever may administer some keys is refused the others, existing or not") {
  AdminServer server(
      {.policy = "[[rule]]\nprincipal = \"anyone\"\nkeys = [\"web-*\"]\nallow = [\"admin\"]\n"});
  server.create("web-1");
  REQUIRE(server.keys().manager.create({"other", {}, 0}, crypto::KeySpec::kEd25519));
  CHECK(get_key(server.stub(), "web-1") == StatusCode::OK);
  CHECK(get_key(server.stub(), "web-2") == StatusCode::NOT_FOUND);
  CHECK(get_key(server.stub(), "other") == StatusCode::PERMISSION_DENIED);
  CHECK(get_key(server.stub(), "none") == StatusCode::PERMISSION_DENIED);
  CHECK(list_keys(server.stub()) == StatusCode::PERMISSION_DENIED);
  CHECK(get_sealing_key(server.stub()) == StatusCode::OK);
  ::crypto::ChangePassphraseResponse changed;
  CHECK(call(server.stub(), &Stub::ChangePassphrase, ::crypto::ChangePassphraseRequest(), &changed)
            .error_code() == StatusCode::PERMISSION_DENIED);
}

TEST_CASE("KeyService: each call is recorded with what it was about and how it ended") {
  AdminServer server;
  ::crypto::GetKeyRequest request;
  request.set_key_id("web");
  ::crypto::KeyInfo info;
  ::grpc::ClientContext context;
  context.AddMetadata("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  CHECK(server.unix_stub().GetKey(&context, request, &info).error_code() == StatusCode::NOT_FOUND);
  server.create("web");
  server.rotate("web");
  for (RecordingObserver* observer : {&server.first_observer(), &server.second_observer()}) {
    CHECK(observer->open_reservations() == 0);
    const auto records = observer->records();
    REQUIRE(records.size() == 3);
    CHECK(records[0].service == "crypto.KeyService");
    CHECK(records[0].method == "GetKey");
    CHECK(records[0].peer == "unix:");
    CHECK(records[0].principal == "uid:" + std::to_string(::geteuid()));
    CHECK(records[0].key_id == "web");
    CHECK(records[0].key_version == 0);
    CHECK(records[0].code == StatusCode::NOT_FOUND);
    CHECK(records[0].traceparent == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    CHECK(records[0].unix_us > 1'600'000'000'000'000);
    CHECK(records[1].method == "CreateKey");
    CHECK(records[1].principal == "anonymous");
    CHECK(records[1].key_version == 1);
    CHECK(records[1].code == StatusCode::OK);
    CHECK(records[1].exec > Duration::zero());
    CHECK(records[1].total >= records[1].exec);
    CHECK(records[2].method == "RotateKey");
    CHECK(records[2].key_version == 2);
  }
}

TEST_CASE("KeyService: refused callers are recorded, too") {
  AdminServer server({.policy = ""});
  CHECK(get_key(server.stub(), "web") == StatusCode::PERMISSION_DENIED);
  const auto records = server.first_observer().records();
  REQUIRE(records.size() == 1);
  CHECK(records[0].code == StatusCode::PERMISSION_DENIED);
  CHECK(records[0].key_id == "web");
}

TEST_CASE("KeyService: what can't be recorded isn't done, and those who can record it hear so") {
  AdminServer server;
  server.second_observer().refuse(true);
  ::crypto::CreateKeyRequest request;
  request.set_key_id("web");
  request.set_spec(::crypto::KEY_SPEC_ED25519);
  ::crypto::KeyInfo info;
  CHECK(call(server.stub(), &Stub::CreateKey, request, &info).error_code() == StatusCode::UNAVAILABLE);
  CHECK(server.keys().storage.saves().empty());
  REQUIRE(server.first_observer().records().size() == 1);
  CHECK(server.first_observer().records()[0].code == StatusCode::UNAVAILABLE);
  CHECK(server.first_observer().open_reservations() == 0);
  CHECK(server.second_observer().records().empty());
  server.second_observer().refuse(false);
  CHECK(call(server.stub(), &Stub::CreateKey, request, &info).ok());
}

}  // namespace hawser::test
