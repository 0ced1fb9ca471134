#include "src/signing/worker_keys.h"

#include <openssl/evp.h>

#include <array>
#include <utility>

#include "src/crypto/crc32c.h"
#include "src/crypto/signature_encoding.h"
#include "src/keys/refusal.h"

namespace hawser::signing {
namespace {

using keys::Refusal;

std::string_view text(const std::array<unsigned char, EVP_MAX_MD_SIZE>& bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes.data()), size};
}

Result<void> check_crc32c(std::string_view bytes, std::optional<std::uint32_t> expected,
                          std::string_view what) {
  if (!expected || crypto::crc32c(bytes) == *expected) return {};
  return keys::refuse(
      Refusal::kInvalidArgument,
      "the " + std::string(what) + " is not what its CRC-32C says: it was damaged on the way");
}

tl::unexpected<Error> hashing_failed() { return crypto::openssl_failure("hashing"); }

}  // namespace

const keys::KeyMap& WorkerKeys::keys() {
  const keys::KeyMap& map = reader_.current();
  if (reader_.epoch() != swept_epoch_) {
    signers_.keep_only(map);
    swept_epoch_ = reader_.epoch();
  }
  return map;
}

// The SHA-256 that audit lines have: of the message, or of the digest that was given for one.
Result<void> WorkerKeys::tell_input(const SignPlan& plan, std::string* input_sha256) const {
  if (input_sha256 == nullptr) return {};
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  if (!rules_.hasher.digest_into(crypto::Hash::kSha256, plan.input, digest.data())) return hashing_failed();
  input_sha256->assign(text(digest, crypto::digest_size(crypto::Hash::kSha256)));
  return {};
}

Result<void> WorkerKeys::sign_input(const SignPlan& plan, const KeyChoice& choice, std::string& signature,
                                    std::string* input_sha256) {
  if (auto checked = check_crc32c(plan.input, plan.input_crc32c, plan.is_digest ? "digest" : "data");
      !checked) {
    return checked;
  }
  const Result<crypto::Signer*> signer = signers_.get(*choice.version, plan.algorithm);
  if (!signer) return tl::unexpected<Error>(signer.error());
  const crypto::Hash hash = crypto::facts(plan.algorithm).hash;
  if (plan.is_digest || hash == crypto::Hash::kNone) {
    if (auto told = tell_input(plan, input_sha256); !told) return told;
    return plan.is_digest ? (*signer)->sign_digest(plan.input, signature)
                          : (*signer)->sign_message(plan.input, signature);
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  if (!rules_.hasher.digest_into(hash, plan.input, digest.data())) return hashing_failed();
  const std::string_view hashed = text(digest, crypto::digest_size(hash));
  if (hash == crypto::Hash::kSha256 && input_sha256 != nullptr) {
    input_sha256->assign(hashed);
  } else if (auto told = tell_input(plan, input_sha256); !told) {
    return told;
  }
  return (*signer)->sign_digest(hashed, signature);
}

bool WorkerKeys::is_check_due(crypto::Scheme scheme) {
  const std::uint32_t every = rules_.verify.of(scheme).every;
  if (every == 0) return false;
  std::uint32_t& unchecked = unchecked_[static_cast<std::size_t>(scheme)];
  if (++unchecked < every) return false;
  unchecked = 0;
  return true;
}

Result<void> WorkerKeys::check(const SignPlan& plan, const KeyChoice& choice, std::string& signature) {
  const crypto::PublicKey& key = *choice.version->public_key;
  const bool is_right = plan.is_digest
                            ? key.verify_digest(plan.algorithm, plan.input, signature, rules_.hasher)
                            : key.verify_message(plan.algorithm, plan.input, signature, rules_.hasher);
  if (is_right) return {};
  choice.version->private_key->quarantine();
  rules_.faults_detected.fetch_add(1, std::memory_order_relaxed);
  return keys::refuse(Refusal::kInternal,
                      "the signature was wrong and is kept back; this version of the key is out of service");
}

Result<void> WorkerKeys::sign(const SignPlan& plan, const KeyChoice& choice, std::string& signature,
                              std::string* input_sha256, bool verify_always) {
  Result<void> done = sign_input(plan, choice, signature, input_sha256);
  if (done) {
    if (rules_.tamper != nullptr) rules_.tamper->tamper(plan.algorithm, signature);
    if (is_check_due(crypto::facts(plan.algorithm).scheme) || verify_always) {
      done = check(plan, choice, signature);
    }
  }
  if (done && plan.is_p1363) {
    auto converted = crypto::der_to_p1363(signature, crypto::coordinate_size(choice.key->spec));
    if (converted) {
      signature = std::move(*converted);
    } else {
      done = crypto::openssl_failure("encoding a signature");
    }
  }
  if (!done) {
    OPENSSL_cleanse(signature.data(), signature.size());
    signature.clear();
  }
  return done;
}

Result<bool> WorkerKeys::verify(const VerifyPlan& plan, const KeyChoice& choice, std::string* input_sha256) {
  auto checked = check_crc32c(plan.input, plan.input_crc32c, plan.is_digest ? "digest" : "data");
  if (checked) checked = check_crc32c(plan.signature, plan.signature_crc32c, "signature");
  if (checked) checked = tell_input(plan, input_sha256);
  if (!checked) return tl::unexpected<Error>(std::move(checked.error()));
  const crypto::PublicKey& key = *choice.version->public_key;
  std::string_view signature = plan.signature;
  std::optional<std::string> der;
  if (plan.is_p1363) {
    der = crypto::p1363_to_der(signature, crypto::coordinate_size(key.spec()));
    if (!der) return false;
    signature = *der;
  }
  return plan.is_digest ? key.verify_digest(plan.algorithm, plan.input, signature, rules_.hasher)
                        : key.verify_message(plan.algorithm, plan.input, signature, rules_.hasher);
}

}  // namespace hawser::signing
