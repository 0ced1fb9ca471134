#include "src/signing/operations.h"

#include <chrono>

#include "src/crypto/crc32c.h"

namespace hawser::signing {

std::int64_t unix_milliseconds() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
}

Result<void> SignOperation::execute(WorkerKeys& keys, const Plan& plan, const KeyChoice& choice,
                                    const Request& request, Response& response, std::string* input_sha256) {
  if (auto done = keys.sign(plan, choice, *response.mutable_signature(), input_sha256); !done) return done;
  response.set_key_type(request.key_type());
  response.set_algorithm(request.algorithm());
  response.set_request_timestamp(request.timestamp());
  if (plan.is_extended) {
    response.set_key_id(choice.key->id);
    response.set_key_version(choice.version->number);
    response.set_spki_sha256(choice.version->public_key->spki_sha256());
    response.set_signature_crc32c(crypto::crc32c(response.signature()));
    response.set_verified_input_crc32c(plan.input_crc32c.has_value());
  }
  response.set_response_timestamp(unix_milliseconds());
  return {};
}

Result<void> VerifyOperation::execute(WorkerKeys& keys, const Plan& plan, const KeyChoice& choice,
                                      const Request& request, Response& response, std::string* input_sha256) {
  const Result<bool> valid = keys.verify(plan, choice, input_sha256);
  if (!valid) return tl::unexpected<Error>(valid.error());
  response.set_valid(*valid);
  response.set_key_type(request.key_type());
  response.set_algorithm(request.algorithm());
  response.set_request_timestamp(request.timestamp());
  response.set_key_id(choice.key->id);
  response.set_key_version(choice.version->number);
  response.set_spki_sha256(choice.version->public_key->spki_sha256());
  response.set_verified_input_crc32c(plan.input_crc32c.has_value());
  response.set_verified_signature_crc32c(plan.signature_crc32c.has_value());
  response.set_response_timestamp(unix_milliseconds());
  return {};
}

void fill_public_key(const PublicKeyPlan& plan, const KeyChoice& choice,
                     const ::crypto::PublicKeyRequest& request, ::crypto::PublicKeyResponse& response) {
  const crypto::PublicKey& key = *choice.version->public_key;
  response.set_public_key_der(key.spki());
  response.set_key_type(key_type_of(key.spec()));
  response.set_request_timestamp(request.timestamp());
  if (plan.is_extended) {
    response.set_key_id(choice.key->id);
    response.set_key_version(choice.version->number);
    for (const crypto::Algorithm algorithm : choice.key->algorithms) {
      response.add_algorithms(wire_number(algorithm));
    }
    response.set_spki_sha256(key.spki_sha256());
    response.set_public_key_crc32c(crypto::crc32c(key.spki()));
  }
  response.set_response_timestamp(unix_milliseconds());
}

}  // namespace hawser::signing
