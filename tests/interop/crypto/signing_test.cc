// A stock stub of today's proto against our server: what each field does.
#include <doctest/doctest.h>

#include <grpcpp/client_context.h>

#include <string>

#include "interop/crypto/crypto_server.h"
#include "src/crypto/crc32c.h"
#include "src/keys/key_id.h"
#include "src/signing/plan.h"

namespace hawser::test {
namespace {

using crypto::Algorithm;

::crypto::SignRequest sign_request(Algorithm algorithm, std::string data) {
  ::crypto::SignRequest request;
  request.set_data(std::move(data));
  request.set_key_type(signing::key_type_of(algorithm));
  request.set_algorithm(signing::wire_number(algorithm));
  request.set_timestamp(4711);
  return request;
}

template <class Method, class Request, class Response>
::grpc::Status call(::crypto::CryptoService::Stub& stub, Method method, const Request& request,
                    Response& response) {
  ::grpc::ClientContext context;
  context.set_deadline(in_seconds(60));
  return (stub.*method)(&context, request, &response);
}

}  // namespace

TEST_CASE("CryptoService: each algorithm's signature verifies under the key that GetPublicKey gives") {
  CryptoServer server;
  const auto stub = server.stub();
  for (std::size_t i = 0; i < crypto::kAlgorithms; ++i) {
    const auto algorithm = static_cast<Algorithm>(i);
    CAPTURE(i);
    ::crypto::SignResponse signed_one;
    REQUIRE(
        call(*stub, &::crypto::CryptoService::Stub::Sign, sign_request(algorithm, "a message"), signed_one)
            .ok());
    ::crypto::PublicKeyRequest key_request;
    key_request.set_key_type(signing::key_type_of(algorithm));
    key_request.set_algorithm(signing::wire_number(algorithm));
    ::crypto::PublicKeyResponse key;
    REQUIRE(call(*stub, &::crypto::CryptoService::Stub::GetPublicKey, key_request, key).ok());
    const auto public_key = value_of(crypto::PublicKey::from_spki(key.public_key_der(), test_hasher()));
    CHECK(public_key.verify_message(algorithm, "a message", signed_one.signature(), test_hasher()));
    CHECK_FALSE(public_key.verify_message(algorithm, "another", signed_one.signature(), test_hasher()));
    CHECK(signed_one.request_timestamp() == 4711);
  }
}

}  // namespace hawser::test
