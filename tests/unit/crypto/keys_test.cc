#include <doctest/doctest.h>

#include <openssl/crypto.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "src/crypto/private_key.h"
#include "src/crypto/public_key.h"
#include "src/crypto/signer.h"
#include "unit/crypto/hasher.h"

namespace hawser::test {
namespace {

using crypto::Algorithm;
using crypto::KeySpec;
using crypto::PrivateKey;
using crypto::PublicKey;
using crypto::Signer;

constexpr KeySpec kQuick[] = {KeySpec::kRsa2048, KeySpec::kEcP256, KeySpec::kEcP384, KeySpec::kEcP521,
                              KeySpec::kEd25519};

std::string flipped(std::string bytes, std::size_t bit) {
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
  return bytes;
}

// PKCS#8 of a key that OpenSSL makes and we don't offer.
std::string pkcs8_of(crypto::EvpKey key) {
  unsigned char* bytes = nullptr;
  PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(key.get());
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info, &bytes);
  PKCS8_PRIV_KEY_INFO_free(info);
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

TEST_CASE("Keys: a key of every kind signs with all of its algorithms, and only its own half verifies") {
  for (const KeySpec spec : kQuick) {
    CAPTURE(crypto::name_of(spec));
    const auto key = PrivateKey::generate(spec);
    REQUIRE(key);
    CHECK(key->spec() == spec);
    const auto public_key = PublicKey::from_spki(key->to_spki().value(), hasher());
    REQUIRE(public_key);
    CHECK(public_key->spec() == spec);
    const auto stranger = PublicKey::from_spki(PrivateKey::generate(spec)->to_spki().value(), hasher());
    REQUIRE(stranger);
    for (const Algorithm algorithm : crypto::algorithms_of(spec)) {
      CAPTURE(crypto::facts(algorithm).name);
      auto signer = Signer::create(*key, algorithm, hasher());
      REQUIRE(signer);
      for (const std::string& message : {std::string(), std::string("message"), std::string(100'000, 'm')}) {
        const auto signature = signer->sign_message(message);
        REQUIRE(signature);
        CHECK(public_key->verify_message(algorithm, message, *signature, hasher()));
        CHECK_FALSE(public_key->verify_message(algorithm, message + "!", *signature, hasher()));
        CHECK_FALSE(public_key->verify_message(algorithm, message, flipped(*signature, 77), hasher()));
        CHECK_FALSE(public_key->verify_message(algorithm, message, "", hasher()));
        CHECK_FALSE(stranger->verify_message(algorithm, message, *signature, hasher()));
      }
    }
  }
}

TEST_CASE("Keys: a digest signs as its message does") {
  for (const KeySpec spec : kQuick) {
    if (spec == KeySpec::kEd25519) continue;
    const auto key = PrivateKey::generate(spec);
    REQUIRE(key);
    const auto public_key = PublicKey::from_spki(key->to_spki().value(), hasher());
    REQUIRE(public_key);
    for (const Algorithm algorithm : crypto::algorithms_of(spec)) {
      CAPTURE(crypto::facts(algorithm).name);
      auto signer = Signer::create(*key, algorithm, hasher());
      REQUIRE(signer);
      const std::string digest = hasher().digest(crypto::facts(algorithm).hash, "message");
      REQUIRE(digest.size() == crypto::digest_size(crypto::facts(algorithm).hash));
      CHECK(public_key->verify_message(algorithm, "message", signer->sign_digest(digest).value(), hasher()));
      CHECK(public_key->verify_digest(algorithm, digest, signer->sign_message("message").value(), hasher()));
    }
  }
}

TEST_CASE("Keys: PKCS#8 makes the round trip") {
  for (const KeySpec spec : kQuick) {
    CAPTURE(crypto::name_of(spec));
    const auto key = PrivateKey::generate(spec);
    REQUIRE(key);
    const auto der = key->to_pkcs8();
    REQUIRE(der);
    const auto again = PrivateKey::from_pkcs8(der->view());
    REQUIRE(again);
    CHECK(again->spec() == spec);
    CHECK(again->to_pkcs8()->view() == der->view());
    CHECK(again->to_spki().value() == key->to_spki().value());
  }
}

TEST_CASE("Keys: what is no PKCS#8 is refused in words that say nothing of it") {
  const auto key = PrivateKey::generate(KeySpec::kEcP256);
  const std::string der(key->to_pkcs8()->view());
  for (const std::string& wrong : {std::string(), std::string("-----BEGIN PRIVATE KEY-----"), der + '\0',
                                   der.substr(0, der.size() - 1), key->to_spki().value()}) {
    const auto refused = PrivateKey::from_pkcs8(wrong);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().scope == ErrorScope::kUsage);
    CHECK(refused.error().detail == "this is no unencrypted PKCS#8 private key in DER");
  }
}

TEST_CASE("Keys: kinds that are not offered are refused with those that are") {
  for (const std::string& der :
       {pkcs8_of(crypto::EvpKey(EVP_RSA_gen(1024))), pkcs8_of(crypto::EvpKey(EVP_EC_gen("secp256k1"))),
        pkcs8_of(crypto::EvpKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519")))}) {
    const auto refused = PrivateKey::from_pkcs8(der);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().detail.find("P-521") != std::string::npos);
  }
}

TEST_CASE("Keys: a private key whose halves don't belong together is refused") {
  const std::string one(PrivateKey::generate(KeySpec::kEcP256)->to_pkcs8()->view());
  const std::string other(PrivateKey::generate(KeySpec::kEcP256)->to_pkcs8()->view());
  REQUIRE(one.size() == other.size());
  // The public point stands at the end.
  const std::string mixed = one.substr(0, one.size() - 64) + other.substr(other.size() - 64);
  const auto refused = PrivateKey::from_pkcs8(mixed);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail == "the parts of this private key do not belong together");
}

// DER has bits that decoders don't look at, which is why the keystore does not rely on PKCS#8 to notice
// damage.
TEST_CASE("Keys: with any one bit flipped a PKCS#8 key is refused, or is a key that works") {
  for (const KeySpec spec : {KeySpec::kEcP256, KeySpec::kEd25519}) {
    const std::string der(PrivateKey::generate(spec)->to_pkcs8()->view());
    int refused = 0;
    for (std::size_t bit = 0; bit < 8 * der.size(); ++bit) {
      const auto damaged = PrivateKey::from_pkcs8(flipped(der, bit));
      if (!damaged) {
        ++refused;
        continue;
      }
      const Algorithm algorithm = crypto::algorithms_of(damaged->spec())[0];
      auto signer = Signer::create(*damaged, algorithm, hasher());
      REQUIRE(signer);
      const auto public_key = PublicKey::from_spki(damaged->to_spki().value(), hasher());
      REQUIRE(public_key);
      CHECK(public_key->verify_message(algorithm, "x", signer->sign_message("x").value(), hasher()));
    }
    CHECK(refused > 0);
  }
}

// The secure heap is a process's, once: so in another one. The code is what went wrong.
TEST_CASE("Keys: a full secure heap is told from a malformed key") {
  const std::string der(PrivateKey::generate(KeySpec::kEcP256)->to_pkcs8()->view());
  const pid_t child = fork();
  if (child == 0) {
    if (CRYPTO_secure_malloc_init(65536, 32) == 0) _exit(1);
    if (!PrivateKey::from_pkcs8(der)) _exit(2);
    while (OPENSSL_secure_malloc(32) != nullptr) {
    }
    const auto full = PrivateKey::from_pkcs8(der);
    if (full || full.error().scope != ErrorScope::kIo) _exit(3);
    _exit(full.error().detail.find("secure heap") == std::string::npos ? 4 : 0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("Keys: what is no public key is refused") {
  const std::string spki = PrivateKey::generate(KeySpec::kEd25519)->to_spki().value();
  for (const std::string& wrong :
       {std::string(), spki + "x", spki.substr(1), std::string("ssh-ed25519 AAAA")}) {
    CHECK_FALSE(PublicKey::from_spki(wrong, hasher()));
  }
  const auto key = PublicKey::from_spki(spki, hasher());
  REQUIRE(key);
  CHECK(key->spki_sha256() == hasher().digest(crypto::Hash::kSha256, spki));
}

}  // namespace
}  // namespace hawser::test
