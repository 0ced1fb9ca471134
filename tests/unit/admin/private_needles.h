// What of a private key would give it away if it were left in memory.
#pragma once

#include <openssl/core_names.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "src/crypto/openssl.h"
#include "src/crypto/private_key.h"
#include "support/memory_scan.h"

namespace hawser::test {

/// A number as files have it, and as OpenSSL's BIGNUM has it on this kind of machine: lowest byte first.
inline void add_number(std::vector<Needle>& needles, const crypto::PrivateKey& key, const char* parameter) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key.library_key(), parameter, &number) != 1) return;
  const crypto::BigNumber owned(number);
  std::array<unsigned char, 512> bytes{};
  const auto size = static_cast<std::size_t>(BN_bn2bin(number, bytes.data()));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), size);
  needles.emplace_back(std::string(parameter) + ", highest byte first", text);
  std::reverse(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  needles.emplace_back(std::string(parameter) + ", lowest byte first", text);
  sodium_memzero(bytes.data(), bytes.size());
}

inline std::vector<Needle> needles_of(const crypto::PrivateKey& key) {
  std::vector<Needle> needles;
  if (key.spec() == crypto::KeySpec::kEd25519) {
    needles.emplace_back("seed", key.ed25519().view().substr(0, crypto_sign_SEEDBYTES));
    std::array<unsigned char, crypto_hash_sha512_BYTES> expanded{};
    crypto_hash_sha512(expanded.data(), key.ed25519().data(), crypto_sign_SEEDBYTES);
    const std::string_view text(reinterpret_cast<const char*>(expanded.data()), expanded.size());
    needles.emplace_back("scalar", text.substr(0, 32));
    needles.emplace_back("nonce prefix", text.substr(32));
    sodium_memzero(expanded.data(), expanded.size());
    return needles;
  }
  for (const char* parameter : {OSSL_PKEY_PARAM_PRIV_KEY, OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1,
                                OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1,
                                OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1}) {
    add_number(needles, key, parameter);
  }
  return needles;
}

}  // namespace hawser::test
