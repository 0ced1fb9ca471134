#include "src/crypto/private_key.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <cerrno>
#include <optional>

#include "src/crypto/stack_wipe.h"

namespace hawser::crypto {
namespace {

using Pkcs8 = std::unique_ptr<PKCS8_PRIV_KEY_INFO, OpensslFree<&PKCS8_PRIV_KEY_INFO_free>>;

const char* curve_of(KeySpec spec) {
  switch (spec) {
    case KeySpec::kEcP256:
      return "P-256";
    case KeySpec::kEcP384:
      return "P-384";
    default:
      return "P-521";
  }
}

// OpenSSL asks between two candidates; 0 ends the search.
int go_on(EVP_PKEY_CTX* context) {
  const auto* stop = static_cast<const std::stop_token*>(EVP_PKEY_CTX_get_app_data(context));
  return stop->stop_requested() ? 0 : 1;
}

EvpKey generate_rsa(int bits, std::stop_token stop) {
  const EvpKeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (context == nullptr || EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), bits) != 1) {
    return nullptr;
  }
  EVP_PKEY_CTX_set_app_data(context.get(), &stop);
  EVP_PKEY_CTX_set_cb(context.get(), &go_on);
  return EvpKey(EVP_PKEY_generate(context.get(), &key) == 1 ? key : nullptr);
}

EvpKey generate_in_library(KeySpec spec, const std::stop_token& stop) {
  switch (spec) {
    case KeySpec::kRsa2048:
      return generate_rsa(2048, stop);
    case KeySpec::kRsa3072:
      return generate_rsa(3072, stop);
    case KeySpec::kRsa4096:
      return generate_rsa(4096, stop);
    case KeySpec::kEd25519:
      return EvpKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    default:
      return EvpKey(EVP_EC_gen(curve_of(spec)));
  }
}

// Whether private and public half, and RSA's primes, belong together. Tens of milliseconds for RSA.
bool is_consistent(EVP_PKEY& key) {
  const EvpKeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, &key, nullptr));
  return context != nullptr && EVP_PKEY_check(context.get()) == 1;
}

std::optional<KeySpec> rsa_spec(int bits) {
  switch (bits) {
    case 2048:
      return KeySpec::kRsa2048;
    case 3072:
      return KeySpec::kRsa3072;
    case 4096:
      return KeySpec::kRsa4096;
    default:
      return std::nullopt;
  }
}

std::optional<KeySpec> ec_spec(const EVP_PKEY& key) {
  std::array<char, 64> name{};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(&key, name.data(), name.size(), &size) != 1) return std::nullopt;
  const std::string_view group(name.data(), size);
  if (group == "prime256v1") return KeySpec::kEcP256;
  if (group == "secp384r1") return KeySpec::kEcP384;
  if (group == "secp521r1") return KeySpec::kEcP521;
  return std::nullopt;
}

// Then decoding fails for want of room, and with no other sign of it. A key's parts take some kilobytes,
// which are free again after the failure.
bool is_secure_heap_full() {
  constexpr std::size_t kRoomForOneKey = 8192;
  if (CRYPTO_secure_malloc_initialized() == 0) return false;
  void* room = OPENSSL_secure_malloc(kRoomForOneKey);
  OPENSSL_secure_free(room);
  return room == nullptr;
}

}  // namespace

std::optional<KeySpec> spec_of(const EVP_PKEY& key) {
  std::optional<KeySpec> spec;
  if (EVP_PKEY_is_a(&key, "RSA") == 1) spec = rsa_spec(EVP_PKEY_get_bits(&key));
  if (EVP_PKEY_is_a(&key, "EC") == 1) spec = ec_spec(key);
  if (EVP_PKEY_is_a(&key, "ED25519") == 1) spec = KeySpec::kEd25519;
  forget_openssl_errors();
  return spec;
}

Result<std::string> spki_of(EVP_PKEY& key) {
  const int size = i2d_PUBKEY(&key, nullptr);
  if (size <= 0) return openssl_failure("writing a public key");
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* end = reinterpret_cast<unsigned char*>(der.data());
  if (i2d_PUBKEY(&key, &end) != size) return openssl_failure("writing a public key");
  return der;
}

Result<PrivateKey> PrivateKey::generate(KeySpec spec, const std::stop_token& stop) {
  const StackWipe wipe;
  EvpKey key = generate_in_library(spec, stop);
  if (key == nullptr) return openssl_failure("making a key");
  return adopt(std::move(key));
}

Result<EvpKey> PrivateKey::decode(std::string_view der) {
  const auto* begin = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* end = begin;
  const Pkcs8 info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &end, static_cast<long>(der.size())));
  EvpKey key(info == nullptr ? nullptr : EVP_PKCS82PKEY(info.get()));
  forget_openssl_errors();
  if (key == nullptr && is_secure_heap_full()) {
    return io_error(ENOMEM,
                    "there is no room for another private key in the secure heap (--secure-heap-mib)");
  }
  if (key == nullptr || end != begin + der.size()) {
    return usage_error("this is no unencrypted PKCS#8 private key in DER");
  }
  if (!spec_of(*key)) {
    return usage_error(
        "keys of this kind are not offered: RSA of 2048, 3072 or 4096 bits, P-256, P-384, P-521 and Ed25519 "
        "are");
  }
  return key;
}

Result<PrivateKey> PrivateKey::from_pkcs8(std::string_view der) {
  const StackWipe wipe;
  auto key = decode(der);
  if (!key) return tl::unexpected<Error>(std::move(key.error()));
  const bool consistent = is_consistent(**key);
  forget_openssl_errors();
  if (!consistent) return usage_error("the parts of this private key do not belong together");
  return adopt(std::move(*key));
}

Result<PrivateKey> PrivateKey::from_trusted_pkcs8(std::string_view der) {
  auto key = decode(der);
  if (!key) return tl::unexpected<Error>(std::move(key.error()));
  return adopt(std::move(*key));
}

bool PrivateKey::has_usual_exponent() const {
  if (!is_rsa(spec_)) return true;
  BIGNUM* exponent = nullptr;
  if (EVP_PKEY_get_bn_param(key_.get(), OSSL_PKEY_PARAM_RSA_E, &exponent) != 1) return false;
  const BigNumber owned(exponent);
  return BN_is_word(exponent, RSA_F4) == 1;
}

Result<PrivateKey> PrivateKey::adopt(EvpKey key) {
  const std::optional<KeySpec> spec = spec_of(*key);
  if (!spec) return openssl_failure("telling the kind of a key");
  PrivateKey made;
  made.spec_ = *spec;
  if (*spec == KeySpec::kEd25519) {
    if (auto taken = made.take_seed(*key); !taken) return tl::unexpected<Error>(taken.error());
  } else {
    made.key_ = std::move(key);
  }
  return made;
}

Result<void> PrivateKey::take_seed(EVP_PKEY& key) {
  auto seed = SecretBytes::allocate(crypto_sign_SEEDBYTES);
  auto pair = SecretBytes::allocate(crypto_sign_SECRETKEYBYTES);
  if (!seed) return tl::unexpected<Error>(seed.error());
  if (!pair) return tl::unexpected<Error>(pair.error());
  std::size_t size = seed->size();
  if (EVP_PKEY_get_raw_private_key(&key, seed->data(), &size) != 1 || size != crypto_sign_SEEDBYTES) {
    return openssl_failure("reading an Ed25519 seed");
  }
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> public_key{};
  crypto_sign_seed_keypair(public_key.data(), pair->data(), seed->data());
  ed25519_ = std::move(*pair);
  return {};
}

namespace {

// OpenSSL's form of an Ed25519 key, for what it writes.
EvpKey library_form(const SecretBytes& ed25519) {
  return EvpKey(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, ed25519.data(), crypto_sign_SEEDBYTES));
}

Result<SecretBytes> pkcs8_of(EVP_PKEY& key) {
  const Pkcs8 info(EVP_PKEY2PKCS8(&key));
  const int size = info == nullptr ? 0 : i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr);
  if (size <= 0) return openssl_failure("writing a private key");
  auto der = SecretBytes::allocate(static_cast<std::size_t>(size));
  if (!der) return der;
  unsigned char* end = der->data();
  if (i2d_PKCS8_PRIV_KEY_INFO(info.get(), &end) != size) return openssl_failure("writing a private key");
  return der;
}

}  // namespace

Result<SecretBytes> PrivateKey::to_pkcs8() const {
  const StackWipe wipe;
  if (key_ != nullptr) return pkcs8_of(*key_);
  const EvpKey key = library_form(ed25519_);
  if (key == nullptr) return openssl_failure("writing an Ed25519 key");
  return pkcs8_of(*key);
}

Result<std::string> PrivateKey::to_spki() const {
  if (key_ != nullptr) return spki_of(*key_);
  const EvpKey key = library_form(ed25519_);
  if (key == nullptr) return openssl_failure("writing an Ed25519 key");
  return spki_of(*key);
}

}  // namespace hawser::crypto
