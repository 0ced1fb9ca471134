// Requests to the signing service, and calls of it by a stock stub.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include "crypto.grpc.pb.h"
#include "interop/crypto/crypto_server.h"
#include "src/access/policy.h"
#include "src/signing/plan.h"

namespace hawser::test {

using CryptoStub = ::crypto::CryptoService::Stub;

inline ::crypto::SignRequest sign_request(crypto::Algorithm algorithm, std::string data = "a message") {
  ::crypto::SignRequest request;
  request.set_data(std::move(data));
  request.set_key_type(signing::key_type_of(algorithm));
  request.set_algorithm(signing::wire_number(algorithm));
  request.set_timestamp(4711);
  return request;
}

/// What `reply` says, to be verified under the key of `request`.
inline ::crypto::VerifyRequest verify_request(const ::crypto::SignRequest& request, std::string signature) {
  ::crypto::VerifyRequest verify;
  verify.set_data(request.data());
  verify.set_digest(request.digest());
  verify.set_key_type(request.key_type());
  verify.set_algorithm(request.algorithm());
  verify.set_key_id(request.key_id());
  verify.set_key_version(request.key_version());
  verify.set_signature_encoding(request.signature_encoding());
  if (request.has_input_crc32c()) verify.set_input_crc32c(request.input_crc32c());
  verify.set_signature(std::move(signature));
  return verify;
}

template <class Response>
struct Outcome {
  ::grpc::Status status;
  Response response;
  std::string pushback;  ///< grpc-retry-pushback-ms; empty: none.
};

template <class Request, class Response>
Outcome<Response> call(CryptoStub& stub,
                       ::grpc::Status (CryptoStub::*method)(::grpc::ClientContext*, const Request&,
                                                            Response*),
                       const Request& request) {
  Outcome<Response> outcome;
  ::grpc::ClientContext context;
  context.set_deadline(in_seconds(120));
  outcome.status = (stub.*method)(&context, request, &outcome.response);
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto found = trailers.find("grpc-retry-pushback-ms");
  if (found != trailers.end()) outcome.pushback.assign(found->second.data(), found->second.size());
  return outcome;
}

inline Outcome<::crypto::SignResponse> sign(CryptoStub& stub, const ::crypto::SignRequest& request) {
  return call(stub, &CryptoStub::Sign, request);
}
inline Outcome<::crypto::VerifyResponse> verify(CryptoStub& stub, const ::crypto::VerifyRequest& request) {
  return call(stub, &CryptoStub::Verify, request);
}
inline Outcome<::crypto::PublicKeyResponse> public_key(CryptoStub& stub,
                                                       const ::crypto::PublicKeyRequest& request) {
  return call(stub, &CryptoStub::GetPublicKey, request);
}
inline Outcome<::crypto::BatchSignResponse> batch_sign(CryptoStub& stub,
                                                       const ::crypto::BatchSignRequest& request) {
  return call(stub, &CryptoStub::BatchSign, request);
}

/// The bytes of a reply to a request of these bytes. Throws when the call fails.
std::string raw_call(CryptoServer& server, const std::string& method, const std::string& request);
::grpc::Status raw_status(CryptoServer& server, const std::string& method, const std::string& request,
                          std::string& reply);

/// A policy under which `who` ("anyone", "uid:*") may sign, verify and get keys that match the globs.
access::Policy policy_for(std::string_view who, std::vector<std::string> keys);

}  // namespace hawser::test
