#include "src/crypto/pem.h"

#include <doctest/doctest.h>

#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <algorithm>
#include <string>

#include "src/crypto/private_key.h"

namespace hawser::test {
namespace {

using crypto::pkcs8_from_pem;
using crypto::PrivateKey;
using crypto::SecretBytes;

SecretBytes secret(std::string_view text) { return SecretBytes::copy_of(text).value(); }

SecretBytes some_key(crypto::KeySpec spec = crypto::KeySpec::kEcP256) {
  return PrivateKey::generate(spec)->to_pkcs8().value();
}

void refused(std::string_view pem, std::string_view words, std::string_view passphrase = "word") {
  CAPTURE(pem);
  const auto key = pkcs8_from_pem(pem, secret(passphrase));
  REQUIRE_FALSE(key);
  CHECK(key.error().scope == ErrorScope::kUsage);
  CHECK_MESSAGE(key.error().detail.find(words) != std::string::npos, key.error().detail);
}

std::string block(const std::string& label, const std::string& base64 = "AAAA") {
  return "-----BEGIN " + label + "-----\n" + base64 + "\n-----END " + label + "-----\n";
}

TEST_CASE("PEM: a private key makes the round trip in the clear, in the lines that others write") {
  for (const auto spec : {crypto::KeySpec::kEcP256, crypto::KeySpec::kEcP521, crypto::KeySpec::kEd25519}) {
    const SecretBytes der = some_key(spec);
    const auto pem = crypto::pkcs8_to_pem(der);
    REQUIRE(pem);
    CHECK_FALSE(crypto::is_encrypted_pem(pem->view()));
    CHECK(pkcs8_from_pem(pem->view(), {})->view() == der.view());
    BIO* memory = BIO_new_mem_buf(pem->data(), static_cast<int>(pem->size()));
    EVP_PKEY* read = PEM_read_bio_PrivateKey(memory, nullptr, nullptr, nullptr);
    REQUIRE(read != nullptr);
    BIO* out = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(out, read, nullptr, nullptr, 0, nullptr, nullptr);
    char* theirs = nullptr;
    const long size = BIO_get_mem_data(out, &theirs);
    CHECK(pem->view() == std::string_view(theirs, static_cast<std::size_t>(size)));
    BIO_free(out);
    EVP_PKEY_free(read);
    BIO_free(memory);
  }
}

TEST_CASE("PEM: an encrypted private key opens with its passphrase and no other") {
  const SecretBytes der = some_key();
  const auto pem = crypto::pkcs8_to_encrypted_pem(der, secret("word"));
  REQUIRE(pem);
  CHECK(crypto::is_encrypted_pem(*pem));
  CHECK(pkcs8_from_pem(*pem, secret("word"))->view() == der.view());
  refused(*pem, "passphrase of this PEM is wrong", "another");
}

TEST_CASE("PEM: text around the key and other line ends don't matter") {
  const SecretBytes der = some_key();
  std::string pem(crypto::pkcs8_to_pem(der)->view());
  CHECK(pkcs8_from_pem("Bag Attributes\n  name: x\n" + pem + "\nsome more\n", {})->view() == der.view());
  std::string windows;
  for (const char c : pem) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  CHECK(pkcs8_from_pem(windows, {})->view() == der.view());
}

TEST_CASE("PEM: older forms, other things and several keys are refused in words that help") {
  refused("", "no PEM");
  refused("-----BEGIN PRIVATE KEY-----", "no PEM");
  refused("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "no PEM");
  refused(block("RSA PRIVATE KEY"), "openssl pkcs8 -topk8");
  refused(block("EC PRIVATE KEY"), "openssl pkcs8 -topk8");
  refused(block("EC PARAMETERS") + block("EC PRIVATE KEY"), "openssl pkcs8 -topk8");
  refused(block("OPENSSH PRIVATE KEY"), "ssh-keygen");
  for (const char* label : {"CMS", "PKCS7", "CERTIFICATE", "PUBLIC KEY", "X509 CRL", ""}) {
    refused(block(label), "no private key");
  }
  refused(block("PRIVATE KEY") + block("PRIVATE KEY"), "more than one");
  refused(block("PRIVATE KEY") + block("CERTIFICATE"), "more than one");
  refused(block("PRIVATE KEY", "AA*A"), "base64");
  refused(block("ENCRYPTED PRIVATE KEY"), "no encrypted PKCS#8");
}

TEST_CASE("PEM: keys that are encrypted the old way are refused with the command that changes it") {
  const SecretBytes der = some_key();
  const unsigned char* begin = der.data();
  PKCS8_PRIV_KEY_INFO* info = d2i_PKCS8_PRIV_KEY_INFO(nullptr, &begin, static_cast<long>(der.size()));
  X509_SIG* sealed =
      PKCS8_encrypt(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, nullptr, "word", 4, nullptr, 0, 2048, info);
  REQUIRE(sealed != nullptr);
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8(out, sealed);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out, &text);
  refused({text, static_cast<std::size_t>(size)}, "-v2 aes-256-cbc");
  BIO_free(out);
  X509_SIG_free(sealed);
  PKCS8_PRIV_KEY_INFO_free(info);
}

}  // namespace
}  // namespace hawser::test
