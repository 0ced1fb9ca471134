// How fast this machine signs when nothing else is to be done: one thread, one key, a context that is set up
// once, and no line of Hawser's. What the signing service is measured against.
//
//   bare-loop --algorithm ecdsa-p256-sha256|rsa-pkcs1-sha256|ed25519 [--milliseconds 1000]
//
// Each signature is of another message of 32 bytes, which is hashed (but for Ed25519, which signs it whole).
// ECDSA and RSA-2048 are OpenSSL's, Ed25519 is libsodium's. Prints one JSON object.
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "bench/flags.h"

namespace {

using Message = std::array<unsigned char, 32>;
using Sign = std::function<bool(const Message&)>;

double seconds_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// Both live until the process ends.
std::optional<Sign> openssl_signer(EVP_PKEY* key) {
  const EVP_MD* sha256 = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  EVP_PKEY_CTX* context = key == nullptr ? nullptr : EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr);
  const bool is_rsa = key != nullptr && EVP_PKEY_is_a(key, "RSA") == 1;
  if (sha256 == nullptr || context == nullptr || EVP_PKEY_sign_init(context) != 1 ||
      EVP_PKEY_CTX_set_signature_md(context, sha256) != 1 ||
      (is_rsa && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) != 1)) {
    return std::nullopt;
  }
  return [sha256, context](const Message& message) {
    std::array<unsigned char, 32> digest;
    std::array<unsigned char, 512> signature;
    std::size_t size = signature.size();
    return EVP_Digest(message.data(), message.size(), digest.data(), nullptr, sha256, nullptr) == 1 &&
           EVP_PKEY_sign(context, signature.data(), &size, digest.data(), digest.size()) == 1;
  };
}

std::optional<Sign> ed25519_signer() {
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> public_key;
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret_key;
  if (sodium_init() < 0 || crypto_sign_keypair(public_key.data(), secret_key.data()) != 0)
    return std::nullopt;
  return [secret_key](const Message& message) {
    std::array<unsigned char, crypto_sign_BYTES> signature;
    return crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(),
                                secret_key.data()) == 0;
  };
}

std::optional<Sign> signer(std::string_view algorithm) {
  if (algorithm == "ecdsa-p256-sha256") return openssl_signer(EVP_EC_gen("P-256"));
  if (algorithm == "rsa-pkcs1-sha256") return openssl_signer(EVP_RSA_gen(2048));
  if (algorithm == "ed25519") return ed25519_signer();
  return std::nullopt;
}

// False: a signature failed.
bool run(const Sign& sign, std::string_view algorithm, double seconds) {
  Message message{};
  std::uint64_t count = 0;
  const double start = seconds_of(CLOCK_MONOTONIC);
  const double cpu_start = seconds_of(CLOCK_THREAD_CPUTIME_ID);
  double elapsed = 0;
  while (elapsed < seconds) {
    // The clock is looked at seldom enough to cost nothing.
    for (int i = 0; i < 16; ++i, ++count) {
      std::memcpy(message.data(), &count, sizeof(count));
      if (!sign(message)) return false;
    }
    elapsed = seconds_of(CLOCK_MONOTONIC) - start;
  }
  const double cpu = seconds_of(CLOCK_THREAD_CPUTIME_ID) - cpu_start;
  std::printf("{\"algorithm\":\"%.*s\",\"signatures\":%llu,\"per_s\":%.1f,\"cpu_us\":%.3f}\n",
              static_cast<int>(algorithm.size()), algorithm.data(), static_cast<unsigned long long>(count),
              static_cast<double>(count) / elapsed, cpu * 1e6 / static_cast<double>(count));
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Flags flags(argc, argv);
  const std::string algorithm = flags.text("algorithm", "ecdsa-p256-sha256");
  const std::optional<Sign> sign = signer(algorithm);
  if (!sign) {
    std::fprintf(stderr, "bare-loop: there is no \"%s\", or its library fails\n", algorithm.c_str());
    return 2;
  }
  return run(*sign, algorithm, static_cast<double>(flags.number("milliseconds", 1000)) / 1e3) ? 0 : 1;
}
