// legacy_client TARGET FILE: a stock grpc++ client of the first contract. It asks for each kind of signature,
// verifies what it gets with OpenSSL alone, and sees that replies hold nothing that its contract doesn't
// know. FILE holds the P-384 public key (DER), which that contract can't ask for.
//
// Exits with 1 and a sentence for each thing that isn't as it should be. A program of its own, because two
// contracts of one package can't be in one process.
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "crypto_original.grpc.pb.h"

namespace {

using Stub = crypto::CryptoService::Stub;

int wrong = 0;

void expect(bool is_right, const std::string& what) {
  if (is_right) return;
  std::cerr << "legacy_client: " << what << '\n';
  ++wrong;
}

const unsigned char* bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// With nothing of the project's.
bool verifies(const std::string& key_der, bool is_pss, const std::string& message,
              const std::string& signature) {
  const unsigned char* begin = bytes(key_der);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      d2i_PUBKEY(nullptr, &begin, static_cast<long>(key_der.size())), &EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  EVP_PKEY_CTX* settings = nullptr;
  if (key == nullptr ||
      EVP_DigestVerifyInit(context.get(), &settings, EVP_sha256(), nullptr, key.get()) != 1) {
    return false;
  }
  if (is_pss && (EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) != 1 ||
                 EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return false;
  }
  return EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(message),
                          message.size()) == 1;
}

template <class Message>
bool has_unknown_fields(const Message& message) {
  return message.GetReflection()->GetUnknownFields(message).field_count() > 0;
}

bool is_recent(std::int64_t unix_ms) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  return unix_ms > now_ms - 600'000 && unix_ms < now_ms + 600'000;
}

std::string public_key(Stub& stub, crypto::KeyType type) {
  crypto::PublicKeyRequest request;
  request.set_key_type(type);
  request.set_timestamp(99);
  crypto::PublicKeyResponse response;
  grpc::ClientContext context;
  const grpc::Status status = stub.GetPublicKey(&context, request, &response);
  const std::string what = "GetPublicKey(" + crypto::KeyType_Name(type) + ")";
  expect(status.ok(), what + ": " + status.error_message());
  expect(response.key_type() == type, what + ": key_type");
  expect(response.request_timestamp() == 99, what + ": request_timestamp");
  expect(is_recent(response.response_timestamp()), what + ": response_timestamp");
  expect(!has_unknown_fields(response), what + ": fields that this client doesn't know");
  return response.public_key_der();
}

void sign(Stub& stub, crypto::KeyType type, crypto::SigningAlgorithm algorithm, const std::string& message,
          const std::string& key_der) {
  crypto::SignRequest request;
  request.set_data(message);
  request.set_key_type(type);
  request.set_algorithm(algorithm);
  request.set_timestamp(1234);
  crypto::SignResponse response;
  grpc::ClientContext context;
  const grpc::Status status = stub.Sign(&context, request, &response);
  const std::string what =
      crypto::SigningAlgorithm_Name(algorithm) + " of " + std::to_string(message.size()) + " bytes";
  expect(status.ok(), what + ": " + status.error_message());
  expect(response.key_type() == type, what + ": key_type");
  expect(response.algorithm() == algorithm, what + ": algorithm");
  expect(response.request_timestamp() == 1234, what + ": request_timestamp");
  expect(is_recent(response.response_timestamp()), what + ": response_timestamp");
  expect(!has_unknown_fields(response), what + ": fields that this client doesn't know");
  const bool is_pss = algorithm == crypto::RSA_PSS_SHA256;
  expect(verifies(key_der, is_pss, message, response.signature()), what + ": the signature is wrong");
  expect(!verifies(key_der, is_pss, message + "x", response.signature()), what + ": fits another message");
}

void mismatch(Stub& stub) {
  crypto::SignRequest request;
  request.set_key_type(crypto::ECC);
  request.set_algorithm(crypto::RSA_PKCS1_SHA256);
  crypto::SignResponse response;
  grpc::ClientContext context;
  const grpc::Status status = stub.Sign(&context, request, &response);
  expect(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT, "a mismatch isn't INVALID_ARGUMENT");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "legacy_client TARGET FILE\n";
    return 2;
  }
  std::ifstream file(argv[2], std::ios::binary);
  const std::string p384{std::istreambuf_iterator<char>(file), {}};
  const auto stub =
      crypto::CryptoService::NewStub(grpc::CreateChannel(argv[1], grpc::InsecureChannelCredentials()));
  const std::string rsa = public_key(*stub, crypto::RSA);
  const std::string p256 = public_key(*stub, crypto::ECC);
  for (const std::string& message : {std::string(), std::string("hello"), std::string(100'000, 'm')}) {
    sign(*stub, crypto::RSA, crypto::RSA_PKCS1_SHA256, message, rsa);
    sign(*stub, crypto::RSA, crypto::RSA_PSS_SHA256, message, rsa);
    sign(*stub, crypto::ECC, crypto::ECDSA_P256_SHA256, message, p256);
    sign(*stub, crypto::ECC, crypto::ECDSA_P384_SHA256, message, p384);
  }
  mismatch(*stub);
  return wrong == 0 ? 0 : 1;
}
