// A stock stub of today's proto against our server: what each field does.
#include <doctest/doctest.h>

#include <string>

#include "interop/crypto/crypto_calls.h"
#include "interop/crypto/crypto_server.h"
#include "src/crypto/crc32c.h"
#include "src/keys/key_id.h"

namespace hawser::test {
namespace {

using crypto::Algorithm;

}  // namespace

TEST_CASE("CryptoService: each algorithm's signature verifies under the key that GetPublicKey gives") {
  CryptoServer server;
  const auto stub = server.stub();
  for (std::size_t i = 0; i < crypto::kAlgorithms; ++i) {
    const auto algorithm = static_cast<Algorithm>(i);
    CAPTURE(i);
    const auto request = sign_request(algorithm);
    const auto signature = sign(*stub, request);
    REQUIRE(signature.status.ok());
    CHECK(signature.response.key_type() == request.key_type());
    CHECK(signature.response.algorithm() == request.algorithm());
    CHECK(signature.response.request_timestamp() == 4711);
    CHECK(signature.response.key_id().empty());

    ::crypto::PublicKeyRequest key_request;
    key_request.set_key_type(request.key_type());
    key_request.set_algorithm(request.algorithm());
    const auto key = public_key(*stub, key_request);
    REQUIRE(key.status.ok());
    const auto public_key =
        value_of(crypto::PublicKey::from_spki(key.response.public_key_der(), test_hasher()));
    CHECK(public_key.verify_message(algorithm, "a message", signature.response.signature(), test_hasher()));
    CHECK_FALSE(
        public_key.verify_message(algorithm, "another", signature.response.signature(), test_hasher()));
    CHECK(verify(*stub, verify_request(request, signature.response.signature())).response.valid());
  }
}

TEST_CASE("CryptoService: a request with newer fields is told everything about its signature") {
  CryptoServer server;
  const auto stub = server.stub();
  auto request = sign_request(Algorithm::kEcdsaP384Sha384);
  request.set_key_id("default-ec-p384");
  request.set_key_version(1);
  request.set_input_crc32c(crypto::crc32c("a message"));
  const auto [status, response, pushback] = sign(*stub, request);
  REQUIRE(status.ok());
  CHECK(response.key_id() == "default-ec-p384");
  CHECK(response.key_version() == 1);
  CHECK(response.verified_input_crc32c());
  CHECK(response.has_signature_crc32c());
  CHECK(response.signature_crc32c() == crypto::crc32c(response.signature()));
  const auto* key = server.keyring().snapshot()->find("default-ec-p384");
  CHECK(response.spki_sha256() == key->versions[0].public_key->spki_sha256());

  // Without the checksum there is none to confirm.
  request.clear_input_crc32c();
  CHECK_FALSE(sign(*stub, request).response.verified_input_crc32c());
}

TEST_CASE("CryptoService: a digest is signed as its message is") {
  CryptoServer server;
  const auto stub = server.stub();
  for (const Algorithm algorithm : {Algorithm::kRsaPkcs1Sha512, Algorithm::kRsaPssSha384,
                                    Algorithm::kEcdsaP256Sha256, Algorithm::kEcdsaP384Sha256}) {
    auto request = sign_request(algorithm, "");
    request.set_digest(test_hasher().digest(crypto::facts(algorithm).hash, "a message"));
    const auto signature = sign(*stub, request);
    REQUIRE(signature.status.ok());
    CHECK(verify(*stub, verify_request(sign_request(algorithm), signature.response.signature()))
              .response.valid());
    CHECK(verify(*stub, verify_request(request, signature.response.signature())).response.valid());
  }
}

TEST_CASE("CryptoService: P1363 signatures") {
  CryptoServer server;
  const auto stub = server.stub();
  auto request = sign_request(Algorithm::kEcdsaP521Sha512);
  request.set_signature_encoding(::crypto::P1363);
  const auto signature = sign(*stub, request);
  REQUIRE(signature.status.ok());
  CHECK(signature.response.signature().size() == 132);
  auto check = verify_request(request, signature.response.signature());
  CHECK(verify(*stub, check).response.valid());
  check.set_signature_encoding(::crypto::DER);
  const auto wrong_form = verify(*stub, check);
  CHECK(wrong_form.status.ok());
  CHECK_FALSE(wrong_form.response.valid());
}

TEST_CASE("CryptoService: a wrong signature is an answer, with the key that it was held against") {
  CryptoServer server;
  const auto stub = server.stub();
  auto request = verify_request(sign_request(Algorithm::kEd25519), "not a signature");
  request.set_timestamp(7);
  request.set_input_crc32c(crypto::crc32c("a message"));
  request.set_signature_crc32c(crypto::crc32c("not a signature"));
  const auto [status, response, pushback] = verify(*stub, request);
  REQUIRE(status.ok());
  CHECK_FALSE(response.valid());
  CHECK(response.key_id() == keys::kDefaultEd25519);
  CHECK(response.key_version() == 1);
  CHECK(response.spki_sha256().size() == 32);
  CHECK(response.verified_input_crc32c());
  CHECK(response.verified_signature_crc32c());
  CHECK(response.request_timestamp() == 7);
  CHECK(response.response_timestamp() > 0);
}

TEST_CASE(
    "CryptoService: a public key that is asked for with newer fields comes with all that is known of it") {
  CryptoServer server;
  const auto stub = server.stub();
  ::crypto::PublicKeyRequest request;
  request.set_key_id("default-ec-p384");
  const auto [status, response, pushback] = public_key(*stub, request);
  REQUIRE(status.ok());
  CHECK(response.key_type() == ::crypto::ECC);
  CHECK(response.key_id() == "default-ec-p384");
  CHECK(response.key_version() == 1);
  REQUIRE(response.algorithms_size() == 2);
  CHECK(response.algorithms(0) + response.algorithms(1) == 3 + 8);
  CHECK(response.spki_sha256() == test_hasher().digest(crypto::Hash::kSha256, response.public_key_der()));
  CHECK(response.public_key_crc32c() == crypto::crc32c(response.public_key_der()));
}

TEST_CASE("CryptoService: a batch keeps its order, and each item succeeds or fails alone") {
  CryptoServer server;
  const auto stub = server.stub();
  ::crypto::BatchSignRequest request;
  for (int i = 0; i < 64; ++i) {
    auto item = sign_request(static_cast<Algorithm>(i % 11), "message " + std::to_string(i));
    if (i % 7 == 3) item.set_key_type(item.key_type() == ::crypto::RSA ? ::crypto::ECC : ::crypto::RSA);
    if (i == 50) item.set_key_id("default-ec-p256");
    *request.add_items() = item;
  }
  const auto [status, response, pushback] = batch_sign(*stub, request);
  REQUIRE(status.ok());
  REQUIRE(response.results_size() == 64);
  for (int i = 0; i < 64; ++i) {
    CAPTURE(i);
    const auto& result = response.results(i);
    if (i % 7 == 3) {
      CHECK(result.code() == ::grpc::StatusCode::INVALID_ARGUMENT);
      CHECK(result.message().find("does not go with") != std::string::npos);
      CHECK_FALSE(result.has_response());
    } else if (i == 50) {  // RSA_PSS_SHA384
      CHECK(result.code() == ::grpc::StatusCode::FAILED_PRECONDITION);
    } else {
      CHECK(result.code() == 0);
      CHECK(result.message().empty());
      CHECK(verify(*stub, verify_request(request.items(i), result.response().signature())).response.valid());
    }
  }
  CHECK(batch_sign(*stub, {}).status.ok());
  request.add_items();
  CHECK(batch_sign(*stub, request).status.error_code() == ::grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("CryptoService: large messages are signed, in the slow lane") {
  CryptoServer server;
  const auto stub = server.stub();
  const auto request = sign_request(Algorithm::kEcdsaP256Sha256, std::string(4 * 1024 * 1024 - 100, 'x'));
  const auto signature = sign(*stub, request);
  REQUIRE(signature.status.ok());
  CHECK(eventually([&] { return server.service().stats().lanes.of(lanes::Lane::kSlow).executed == 1; }));
}

}  // namespace hawser::test
