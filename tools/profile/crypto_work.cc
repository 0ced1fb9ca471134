#include "tools/profile/crypto_work.h"

#include <string>
#include <utility>

#include "crypto.pb.h"
#include "hawser/client/channel.h"
#include "hawser/client/unary_call.h"
#include "tools/signing/signing.h"

namespace hawser::profile {
namespace {

using Operation = SigningConfig::Operation;

constexpr std::string_view kSignPath = "/crypto.CryptoService/Sign";
constexpr std::string_view kVerifyPath = "/crypto.CryptoService/Verify";
constexpr std::string_view kPublicKeyPath = "/crypto.CryptoService/GetPublicKey";

template <class Response>
bool parse(Response& response, std::string_view bytes) {
  return response.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

class SignWork final : public Work {
 public:
  explicit SignWork(const ::crypto::SignRequest& request) : request_(request.SerializeAsString()) {}
  std::string_view path() const override { return kSignPath; }
  std::string_view request() const override { return request_; }
  const char* complaint(std::string_view bytes) override {
    return parse(response_, bytes) && !response_.signature().empty() ? nullptr
                                                                     : "the response has no signature";
  }

 private:
  std::string request_;
  ::crypto::SignResponse response_;
};

class VerifyWork final : public Work {
 public:
  explicit VerifyWork(const ::crypto::VerifyRequest& request) : request_(request.SerializeAsString()) {}
  std::string_view path() const override { return kVerifyPath; }
  std::string_view request() const override { return request_; }
  const char* complaint(std::string_view bytes) override {
    return parse(response_, bytes) && response_.valid() ? nullptr : "the signature is said not to be valid";
  }

 private:
  std::string request_;
  ::crypto::VerifyResponse response_;
};

class PublicKeyWork final : public Work {
 public:
  explicit PublicKeyWork(const ::crypto::PublicKeyRequest& request) : request_(request.SerializeAsString()) {}
  std::string_view path() const override { return kPublicKeyPath; }
  std::string_view request() const override { return request_; }
  // Not parsed, as Echo's responses: the two are compared.
  const char* complaint(std::string_view bytes) override {
    return bytes.empty() ? "the response has no key" : nullptr;
  }

 private:
  std::string request_;
};

template <class Request>
Request common(const LoadConfig& config, crypto::Algorithm algorithm) {
  Request request;
  request.set_key_type(tools::key_type_of(algorithm));
  request.set_algorithm(tools::on_wire(algorithm));
  request.set_key_id(config.signing.key_id);
  return request;
}

::crypto::SignRequest sign_request(const LoadConfig& config, crypto::Algorithm algorithm) {
  auto request = common<::crypto::SignRequest>(config, algorithm);
  request.set_data(std::string(config.payload_bytes, 'x'));
  return request;
}

// One signature of the server's, in a call before the load.
Result<::crypto::VerifyRequest> verify_request(const LoadConfig& config, crypto::Algorithm algorithm) {
  constexpr client::UnaryMethod<::crypto::SignRequest, ::crypto::SignResponse> kSign{kSignPath};
  constexpr Duration kPatience = std::chrono::seconds(10);
  auto channel = client::Channel::create(config.target, {.tls = config.tls});
  if (!channel) return tl::unexpected<Error>(std::move(channel.error()));
  const auto sign = sign_request(config, algorithm);
  const auto reply = client::call(**channel, kSign, sign, {.timeout = kPatience});
  if (!reply.ok()) {
    Error error = tools::call_error(reply.status);
    error.detail =
        "the signature to verify: " + std::string(to_string(reply.status.code)) + ": " + error.detail;
    return tl::unexpected<Error>(std::move(error));
  }
  auto request = common<::crypto::VerifyRequest>(config, algorithm);
  request.set_data(sign.data());
  request.set_signature(reply.response.signature());
  return request;
}

}  // namespace

Result<std::unique_ptr<Work>> make_crypto_work(const LoadConfig& config) {
  const auto algorithm = tools::algorithm_by_name(config.signing.algorithm);
  if (!algorithm) return usage_error("--algorithm: " + algorithm.error().detail);
  switch (config.signing.operation) {
    case Operation::kSign:
      break;
    case Operation::kVerify: {
      const auto request = verify_request(config, *algorithm);
      if (!request) return tl::unexpected<Error>(request.error());
      return std::make_unique<VerifyWork>(*request);
    }
    case Operation::kPublicKey:
      return std::make_unique<PublicKeyWork>(common<::crypto::PublicKeyRequest>(config, *algorithm));
  }
  return std::make_unique<SignWork>(sign_request(config, *algorithm));
}

}  // namespace hawser::profile
