#include "src/signing/plan.h"

#include <string>
#include <utility>

#include "src/keys/key_id.h"
#include "src/keys/refusal.h"

namespace hawser::signing {
namespace {

using crypto::Algorithm;
using crypto::KeySpec;
using keys::Refusal;

tl::unexpected<Error> wrong(std::string why) {
  return keys::refuse(Refusal::kInvalidArgument, std::move(why));
}

std::string_view default_key_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kEcdsaP256Sha256:
      return keys::kDefaultP256;
    case Algorithm::kEcdsaP384Sha256:
    case Algorithm::kEcdsaP384Sha384:
      return keys::kDefaultP384;
    case Algorithm::kEcdsaP521Sha512:
      return keys::kDefaultP521;
    case Algorithm::kEd25519:
      return keys::kDefaultEd25519;
    default:
      return keys::kDefaultRsa;
  }
}

std::string_view default_key_of(::crypto::KeyType type) {
  switch (type) {
    case ::crypto::ECC:
      return keys::kDefaultP256;
    case ::crypto::ED25519:
      return keys::kDefaultEd25519;
    default:
      return keys::kDefaultRsa;
  }
}

Result<Algorithm> read_algorithm(::crypto::KeyType type, int number) {
  if (!::crypto::KeyType_IsValid(type)) {
    return wrong("key_type " + std::to_string(static_cast<int>(type)) + " is not known");
  }
  const std::optional<Algorithm> algorithm = crypto::algorithm_of(number);
  if (!algorithm) return wrong("algorithm " + std::to_string(number) + " is not known");
  if (key_type_of(*algorithm) != type) {
    return wrong("algorithm " + std::string(crypto::facts(*algorithm).name) + " does not go with key_type " +
                 ::crypto::KeyType_Name(type));
  }
  return *algorithm;
}

Result<void> check_key_id(std::string_view id) {
  if (id.empty() || keys::is_key_id(id)) return {};
  return wrong(
      "key_id is malformed: lower-case letters, digits, '.', '_' and '-', up to 63, the first and the last a "
      "letter or digit, without \"..\"");
}

Result<void> check_digest(Algorithm algorithm, std::string_view digest) {
  const crypto::AlgorithmFacts& facts = crypto::facts(algorithm);
  const std::size_t right = crypto::digest_size(facts.hash);
  if (right == 0) {
    return wrong("Ed25519 signs messages, not digests of them: give data");
  }
  if (digest.size() == right) return {};
  return wrong("digest has " + std::to_string(digest.size()) + " bytes, that of " + std::string(facts.name) +
               " has " + std::to_string(right));
}

// What requests to sign and to verify have in common.
template <class Request>
Result<void> plan_input(const Request& request, SignPlan& plan) {
  const Result<Algorithm> algorithm = read_algorithm(request.key_type(), request.algorithm());
  if (!algorithm) return tl::unexpected<Error>(algorithm.error());
  if (auto checked = check_key_id(request.key_id()); !checked) return checked;
  if (!::crypto::SignatureEncoding_IsValid(request.signature_encoding())) {
    return wrong("signature_encoding " + std::to_string(static_cast<int>(request.signature_encoding())) +
                 " is not known");
  }
  const bool is_ecdsa = crypto::facts(*algorithm).scheme == crypto::Scheme::kEcdsa;
  if (request.signature_encoding() == ::crypto::P1363 && !is_ecdsa) {
    return wrong("signature_encoding P1363 is of ECDSA: signatures of " +
                 std::string(crypto::facts(*algorithm).name) + " have one form");
  }
  plan.is_digest = !request.digest().empty();
  if (plan.is_digest) {
    if (!request.data().empty()) return wrong("data and digest are both set: give one of them");
    if (auto checked = check_digest(*algorithm, request.digest()); !checked) return checked;
  }
  plan.algorithm = *algorithm;
  plan.key_id = request.key_id().empty() ? default_key_of(*algorithm) : std::string_view(request.key_id());
  plan.key_version = request.key_version();
  plan.input = plan.is_digest ? request.digest() : request.data();
  plan.is_p1363 = request.signature_encoding() == ::crypto::P1363;
  if (request.has_input_crc32c()) plan.input_crc32c = request.input_crc32c();
  plan.is_extended = !request.key_id().empty() || request.key_version() != 0 || plan.is_digest ||
                     request.has_input_crc32c() || request.signature_encoding() != ::crypto::DER;
  return {};
}

}  // namespace

::crypto::KeyType key_type_of(Algorithm algorithm) {
  switch (crypto::facts(algorithm).scheme) {
    case crypto::Scheme::kEcdsa:
      return ::crypto::ECC;
    case crypto::Scheme::kEd25519:
      return ::crypto::ED25519;
    default:
      return ::crypto::RSA;
  }
}

::crypto::KeyType key_type_of(KeySpec spec) { return key_type_of(crypto::algorithms_of(spec).front()); }

::crypto::SigningAlgorithm wire_number(Algorithm algorithm) {
  return static_cast<::crypto::SigningAlgorithm>(algorithm);
}

Result<SignPlan> plan_sign(const ::crypto::SignRequest& request) {
  SignPlan plan;
  if (auto done = plan_input(request, plan); !done) return tl::unexpected<Error>(std::move(done.error()));
  return plan;
}

Result<VerifyPlan> plan_verify(const ::crypto::VerifyRequest& request) {
  VerifyPlan plan;
  if (auto done = plan_input(request, plan); !done) return tl::unexpected<Error>(std::move(done.error()));
  plan.signature = request.signature();
  if (request.has_signature_crc32c()) plan.signature_crc32c = request.signature_crc32c();
  return plan;
}

Result<PublicKeyPlan> plan_public_key(const ::crypto::PublicKeyRequest& request) {
  PublicKeyPlan plan;
  const ::crypto::KeyType type = request.key_type();
  if (!::crypto::KeyType_IsValid(type)) {
    return wrong("key_type " + std::to_string(static_cast<int>(type)) + " is not known");
  }
  if (auto checked = check_key_id(request.key_id()); !checked) {
    return tl::unexpected<Error>(std::move(checked.error()));
  }
  const bool is_named = !request.key_id().empty();
  const bool has_type = !is_named || type != ::crypto::RSA;
  if (request.has_algorithm()) {
    const std::optional<Algorithm> algorithm = crypto::algorithm_of(request.algorithm());
    // A key that is named has its kind by itself.
    const ::crypto::KeyType wanted = has_type || !algorithm ? type : key_type_of(*algorithm);
    const Result<Algorithm> read = read_algorithm(wanted, request.algorithm());
    if (!read) return tl::unexpected<Error>(read.error());
    plan.algorithm = *read;
  }
  if (has_type) plan.key_type = type;
  plan.key_id = is_named         ? std::string_view(request.key_id())
                : plan.algorithm ? default_key_of(*plan.algorithm)
                                 : default_key_of(type);
  plan.key_version = request.key_version();
  plan.is_extended = is_named || request.key_version() != 0 || request.has_algorithm();
  return plan;
}

Result<void> check_batch(const ::crypto::BatchSignRequest& request) {
  if (request.items_size() > kMostItems) {
    return wrong(std::to_string(request.items_size()) + " items are more than the " +
                 std::to_string(kMostItems) + " that one call may have");
  }
  std::size_t bytes = 0;
  for (const ::crypto::SignRequest& item : request.items())
    bytes += item.data().size() + item.digest().size();
  if (bytes > kMostBatchBytes) {
    return wrong("the items hold " + std::to_string(bytes) + " bytes, more than the " +
                 std::to_string(kMostBatchBytes) + " that one call may have");
  }
  return {};
}

}  // namespace hawser::signing
