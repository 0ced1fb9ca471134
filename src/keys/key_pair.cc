#include "src/keys/key_pair.h"

#include <utility>

#include "src/crypto/signer.h"
#include "src/crypto/stack_wipe.h"
#include "src/keys/refusal.h"

namespace hawser::keys {
namespace {

// What the library said stays here: it may name keys and paths.
tl::unexpected<Error> failed(std::string_view what) {
  return refuse(Refusal::kInternal, std::string(what) + " failed");
}

Result<KeyPair> pair_of(crypto::PrivateKey key, const crypto::Hasher& hasher) {
  const auto spki = key.to_spki();
  if (!spki) return failed("writing the public key");
  auto public_key = crypto::PublicKey::from_spki(*spki, hasher);
  if (!public_key) return failed("reading the public key back");
  return KeyPair{std::make_shared<const crypto::PrivateKey>(std::move(key)),
                 std::make_shared<const crypto::PublicKey>(std::move(*public_key))};
}

}  // namespace

Result<KeyPair> generate_pair(crypto::KeySpec spec, std::span<const crypto::Algorithm> algorithms,
                              const crypto::Hasher& hasher, const std::stop_token& stop) {
  auto key = crypto::PrivateKey::generate(spec, stop);
  if (!key && stop.stop_requested()) {
    return refuse(Refusal::kUnavailable, "making the key was stopped; nothing was changed");
  }
  if (!key) return failed("making a key");
  auto pair = pair_of(std::move(*key), hasher);
  if (!pair) return pair;
  if (algorithms.empty()) algorithms = crypto::algorithms_of(spec);
  if (auto tested = test_pair(*pair, algorithms, hasher); !tested) {
    return tl::unexpected<Error>(std::move(tested.error()));
  }
  return pair;
}

Result<KeyPair> read_pair(std::string_view pkcs8, const crypto::Hasher& hasher) {
  auto key = crypto::PrivateKey::from_pkcs8(pkcs8);
  if (!key && key.error().scope == ErrorScope::kUsage) {
    return refuse(Refusal::kInvalidArgument, std::move(key.error().detail));
  }
  if (!key) return failed("reading the private key");
  if (!key->has_usual_exponent()) {
    return refuse(Refusal::kInvalidArgument, "RSA keys have the public exponent 65537 here");
  }
  return pair_of(std::move(*key), hasher);
}

Result<void> test_pair(const KeyPair& pair, std::span<const crypto::Algorithm> algorithms,
                       const crypto::Hasher& hasher) {
  const crypto::StackWipe wipe;
  constexpr std::string_view kMessage = "a new key's first message";
  for (const crypto::Algorithm algorithm : algorithms) {
    auto signer = crypto::Signer::create(*pair.private_key, algorithm, hasher);
    if (!signer) return failed("preparing to sign with the new key");
    const auto signature = signer->sign_message(kMessage);
    if (!signature || !pair.public_key->verify_message(algorithm, kMessage, *signature, hasher)) {
      return failed("the new key's test signature");
    }
  }
  return {};
}

}  // namespace hawser::keys
