#include "src/crypto/signer.h"

#include <openssl/rsa.h>

#include <array>

namespace hawser::crypto {

bool configure(EVP_PKEY_CTX& context, Algorithm algorithm, const Hasher& hasher) {
  const AlgorithmFacts& what = facts(algorithm);
  const EVP_MD* hash = hasher.library_digest(what.hash);
  if (what.scheme == Scheme::kRsaPkcs1 && EVP_PKEY_CTX_set_rsa_padding(&context, RSA_PKCS1_PADDING) != 1) {
    return false;
  }
  if (what.scheme == Scheme::kRsaPss &&
      (EVP_PKEY_CTX_set_rsa_padding(&context, RSA_PKCS1_PSS_PADDING) != 1 ||
       EVP_PKEY_CTX_set_rsa_pss_saltlen(&context, RSA_PSS_SALTLEN_DIGEST) != 1 ||
       EVP_PKEY_CTX_set_rsa_mgf1_md(&context, hash) != 1)) {
    return false;
  }
  return EVP_PKEY_CTX_set_signature_md(&context, hash) == 1;
}

Result<Signer> Signer::create(const PrivateKey& key, Algorithm algorithm, const Hasher& hasher) {
  Signer signer(key, algorithm, hasher);
  if (algorithm == Algorithm::kEd25519) return signer;
  signer.context_.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, key.library_key(), nullptr));
  if (signer.context_ == nullptr || EVP_PKEY_sign_init(signer.context_.get()) != 1 ||
      !configure(*signer.context_, algorithm, hasher)) {
    return openssl_failure("preparing to sign");
  }
  signer.most_bytes_ = static_cast<std::size_t>(EVP_PKEY_get_size(key.library_key()));
  return signer;
}

Result<std::string> Signer::sign_message(std::string_view message) {
  std::string signature;
  if (auto done = sign_message(message, signature); !done) return tl::unexpected<Error>(done.error());
  return signature;
}

Result<std::string> Signer::sign_digest(std::string_view digest) {
  std::string signature;
  if (auto done = sign_digest(digest, signature); !done) return tl::unexpected<Error>(done.error());
  return signature;
}

Result<void> Signer::sign_message(std::string_view message, std::string& signature) {
  if (algorithm_ == Algorithm::kEd25519) {
    signature.resize(crypto_sign_BYTES);
    crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr,
                         reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                         key_->ed25519().data());
    return {};
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  const Hash hash = facts(algorithm_).hash;
  if (!hasher_->digest_into(hash, message, digest.data())) return openssl_failure("hashing");
  return sign_digest({reinterpret_cast<const char*>(digest.data()), digest_size(hash)}, signature);
}

Result<void> Signer::sign_digest(std::string_view digest, std::string& signature) {
  signature.resize(most_bytes_);
  std::size_t size = signature.size();
  if (EVP_PKEY_sign(context_.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                    reinterpret_cast<const unsigned char*>(digest.data()), digest.size()) != 1) {
    return openssl_failure("signing");
  }
  signature.resize(size);
  return {};
}

}  // namespace hawser::crypto
