// The signatures that RFC 8032 and RFC 6979 print.
#include <doctest/doctest.h>

#include "src/crypto/private_key.h"
#include "src/crypto/public_key.h"
#include "src/crypto/signature_encoding.h"
#include "src/crypto/signer.h"
#include "unit/crypto/hasher.h"
#include "unit/crypto/vector_file.h"

namespace hawser::test {
namespace {

using crypto::Algorithm;
using crypto::PrivateKey;
using crypto::PublicKey;
using crypto::Signer;

TEST_CASE("RFC 8032: Ed25519 signatures are the RFC's, byte for byte") {
  int vectors = 0;
  const JsonObject file = read_vectors("rfc8032_ed25519");
  for (const auto& value : list_of(file, "tests").values()) {
    const JsonObject& test = value.struct_value();
    CAPTURE(text_of(test, "name"));
    const auto key = PrivateKey::from_pkcs8(bytes_of(test, "private_pkcs8"));
    REQUIRE(key);
    CHECK(key->to_pkcs8()->view() == bytes_of(test, "private_pkcs8"));
    CHECK(key->to_spki() == bytes_of(test, "public_spki"));
    auto signer = Signer::create(*key, Algorithm::kEd25519, hasher());
    REQUIRE(signer);
    CHECK(signer->sign_message(bytes_of(test, "msg")) == bytes_of(test, "sig"));
    const auto public_key = PublicKey::from_spki(bytes_of(test, "public_spki"), hasher());
    REQUIRE(public_key);
    CHECK(public_key->verify_message(Algorithm::kEd25519, bytes_of(test, "msg"), bytes_of(test, "sig"),
                                     hasher()));
    ++vectors;
  }
  CHECK(vectors == 5);
}

// OpenSSL's nonces are random: these can be verified, never reproduced.
TEST_CASE("RFC 6979: its ECDSA signatures verify, in DER and in P1363") {
  int vectors = 0;
  const JsonObject file = read_vectors("rfc6979_ecdsa");
  for (const auto& value : list_of(file, "tests").values()) {
    const JsonObject& test = value.struct_value();
    CAPTURE(text_of(test, "curve"));
    const auto key = PrivateKey::from_pkcs8(bytes_of(test, "private_pkcs8"));
    REQUIRE(key);
    const std::string spki = key->to_spki().value();
    CHECK(spki == bytes_of(test, "public_spki"));
    const auto public_key = PublicKey::from_spki(spki, hasher());
    REQUIRE(public_key);
    const Algorithm algorithm = crypto::algorithms_of(key->spec())[0];
    const std::string message = bytes_of(test, "msg");
    const std::string der = bytes_of(test, "sig_der");
    CHECK(public_key->verify_message(algorithm, message, der, hasher()));
    const std::size_t coordinate = crypto::coordinate_size(key->spec());
    const auto p1363 = crypto::der_to_p1363(der, coordinate);
    REQUIRE(p1363);
    CHECK(crypto::p1363_to_der(*p1363, coordinate) == der);
    ++vectors;
  }
  CHECK(vectors == 5);
}

}  // namespace
}  // namespace hawser::test
