#include <doctest/doctest.h>

#include <grpcpp/support/status.h>

#include <string>

#include "src/crypto/sealed_box.h"
#include "unit/admin/admin_server.h"
#include "unit/keys/rsa_keys.h"

namespace hawser::test {
namespace {

using ::grpc::StatusCode;
using Stub = ::crypto::KeyService::Stub;

::grpc::Status import(AdminServer& server, const ::crypto::ImportKeyRequest& request) {
  ::crypto::KeyInfo info;
  return call(server.stub(), &Stub::ImportKey, request, &info);
}

::crypto::ImportKeyRequest import_request(const std::string& id, std::string sealed) {
  ::crypto::ImportKeyRequest request;
  request.set_key_id(id);
  request.set_sealed_pkcs8(std::move(sealed));
  return request;
}

}  // namespace

TEST_CASE("KeyService: a sealed key is imported, and exported sealed when that is allowed") {
  AdminServer server({.operations = {.allow_export = true}});
  const std::string pkcs8 = from_hex_text(kRsa2048);
  auto request = import_request("rsa", server.seal(pkcs8));
  request.add_algorithms(::crypto::RSA_PSS_SHA256);
  REQUIRE(import(server, request).ok());
  CHECK(server.get("rsa").spec() == ::crypto::KEY_SPEC_RSA_2048);
  CHECK(server.get("rsa").algorithms_size() == 1);

  const auto recipient = value_of(crypto::SealedBoxKey::generate());
  ::crypto::ExportKeyVersionRequest wanted;
  wanted.set_key_id("rsa");
  wanted.set_recipient_public_key(recipient.public_key());
  ::crypto::ExportKeyVersionResponse exported;
  REQUIRE(call(server.stub(), &Stub::ExportKeyVersion, wanted, &exported).ok());
  CHECK(exported.version() == 1);
  CHECK(value_of(recipient.open(exported.sealed_pkcs8())).view() == pkcs8);

  wanted.set_recipient_public_key("short");
  CHECK(call(server.stub(), &Stub::ExportKeyVersion, wanted, &exported).error_code() ==
        StatusCode::INVALID_ARGUMENT);
  wanted.set_recipient_public_key(std::string(32, '\0'));
  CHECK(call(server.stub(), &Stub::ExportKeyVersion, wanted, &exported).error_code() ==
        StatusCode::INVALID_ARGUMENT);
  wanted.set_recipient_public_key(recipient.public_key());
  wanted.set_version(2);
  CHECK(call(server.stub(), &Stub::ExportKeyVersion, wanted, &exported).error_code() ==
        StatusCode::NOT_FOUND);
}

TEST_CASE("KeyService: keys don't leave a server that wasn't told to let them") {
  AdminServer server;
  server.create("web");
  const auto recipient = value_of(crypto::SealedBoxKey::generate());
  ::crypto::ExportKeyVersionRequest wanted;
  wanted.set_key_id("web");
  wanted.set_recipient_public_key(recipient.public_key());
  ::crypto::ExportKeyVersionResponse exported;
  const auto status = call(server.stub(), &Stub::ExportKeyVersion, wanted, &exported);
  CHECK(status.error_code() == StatusCode::FAILED_PRECONDITION);
  CHECK(status.error_message().find("--allow-key-export") != std::string::npos);
  CHECK(exported.sealed_pkcs8().empty());
}

TEST_CASE("KeyService: an imported version joins the key that it says") {
  AdminServer server;
  REQUIRE(import(server, import_request("rsa", server.seal(from_hex_text(kRsa2048)))).ok());
  auto next = import_request("rsa", server.seal(from_hex_text(kRsa2048Again)));
  CHECK(import(server, next).error_code() == StatusCode::ALREADY_EXISTS);
  next.set_new_version(true);
  CHECK(import(server, next).ok());
  CHECK(server.get("rsa").primary_version() == 2);
  next.add_algorithms(::crypto::RSA_PSS_SHA256);
  CHECK(import(server, next).error_code() == StatusCode::INVALID_ARGUMENT);
  next.clear_algorithms();
  next.set_key_id("none");
  CHECK(import(server, next).error_code() == StatusCode::NOT_FOUND);
}

TEST_CASE("KeyService: what isn't a key, or wasn't sealed to this server, isn't imported") {
  AdminServer server;
  const std::string sealed = server.seal(from_hex_text(kRsa2048));
  const auto other = value_of(crypto::SealedBoxKey::generate());
  const auto secret = value_of(crypto::SecretBytes::copy_of(from_hex_text(kRsa2048)));
  std::string damaged = sealed;
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  for (const std::string& wrong :
       {std::string(), std::string("short"), from_hex_text(kRsa2048), damaged,
        value_of(crypto::seal(other.public_key(), secret)), server.seal(""), server.seal("junk"),
        server.seal(from_hex_text(kRsa1024)), server.seal(std::string(20'000, 'x'))}) {
    const auto status = import(server, import_request("rsa", wrong));
    CHECK(status.error_code() == StatusCode::INVALID_ARGUMENT);
    CHECK_FALSE(status.error_message().empty());
  }
  CHECK(server.keys().manager.keys()->keys().empty());
}

TEST_CASE("KeyService: the sealing key is another one for each server") {
  AdminServer one;
  AdminServer other;
  const auto status = import(other, import_request("rsa", one.seal(from_hex_text(kRsa2048))));
  CHECK(status.error_code() == StatusCode::INVALID_ARGUMENT);
  CHECK(status.error_message().find("ask for the current one") != std::string::npos);
}

TEST_CASE("KeyService: passphrases come sealed and are changed by the storage") {
  AdminServer server;
  ::crypto::ChangePassphraseRequest request;
  request.set_sealed_old_passphrase(server.seal("old"));
  request.set_sealed_new_passphrase(server.seal("new"));
  ::crypto::ChangePassphraseResponse reply;
  REQUIRE(call(server.stub(), &Stub::ChangePassphrase, request, &reply).ok());
  CHECK(server.keys().storage.passphrases() == std::pair<std::string, std::string>("old", "new"));
  request.set_sealed_new_passphrase("new");
  CHECK(call(server.stub(), &Stub::ChangePassphrase, request, &reply).error_code() ==
        StatusCode::INVALID_ARGUMENT);
  request.set_sealed_new_passphrase(server.seal("new"));
  server.keys().storage.refuse_with(Error{ErrorScope::kStream, 3, "that is not the old passphrase"});
  const auto status = call(server.stub(), &Stub::ChangePassphrase, request, &reply);
  CHECK(status.error_code() == StatusCode::INVALID_ARGUMENT);
  CHECK(status.error_message() == "that is not the old passphrase");
}

}  // namespace hawser::test
