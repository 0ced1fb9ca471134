#include "tools/profile/crypto_work.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "crypto.pb.h"
#include "hawser/client/channel.h"
#include "hawser/client/unary_call.h"
#include "tools/profile/sized_request.h"
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
  /// `request` has no data yet.
  SignWork(const ::crypto::SignRequest& request, PayloadDraws payloads)
      : request_(request.SerializeAsString(), ::crypto::SignRequest::kDataFieldNumber, std::move(payloads)) {}
  std::string_view path() const override { return kSignPath; }
  Request next_request() override { return request_.next(); }
  std::size_t largest_request() const override { return request_.largest(); }
  const char* complaint(std::string_view bytes) override {
    return parse(response_, bytes) && !response_.signature().empty() ? nullptr
                                                                     : "the response has no signature";
  }

 private:
  SizedRequest request_;
  ::crypto::SignResponse response_;
};

class VerifyWork final : public Work {
 public:
  struct Signed {
    std::size_t payload_bytes;
    std::string request;
  };

  /// `messages`: one of each size that `payloads` draws.
  VerifyWork(std::vector<Signed> messages, PayloadDraws payloads)
      : messages_(std::move(messages)), payloads_(std::move(payloads)) {}
  std::string_view path() const override { return kVerifyPath; }
  Request next_request() override {
    const std::size_t size = payloads_.next();
    const auto found = std::find_if(messages_.begin(), messages_.end() - 1,
                                    [&](const Signed& one) { return one.payload_bytes == size; });
    return {found->request, found->payload_bytes};
  }
  std::size_t largest_request() const override {
    std::size_t largest = 0;
    for (const Signed& one : messages_) largest = std::max(largest, one.request.size());
    return largest;
  }
  const char* complaint(std::string_view bytes) override {
    return parse(response_, bytes) && response_.valid() ? nullptr : "the signature is said not to be valid";
  }

 private:
  const std::vector<Signed> messages_;
  PayloadDraws payloads_;
  ::crypto::VerifyResponse response_;
};

class PublicKeyWork final : public Work {
 public:
  explicit PublicKeyWork(const ::crypto::PublicKeyRequest& request) : request_(request.SerializeAsString()) {}
  std::string_view path() const override { return kPublicKeyPath; }
  Request next_request() override { return {request_}; }
  std::size_t largest_request() const override { return request_.size(); }
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

// A signature of the server's, in a call before the load.
Result<VerifyWork::Signed> have_signed(client::Channel& channel, const LoadConfig& config,
                                       crypto::Algorithm algorithm, std::size_t payload_bytes) {
  constexpr client::UnaryMethod<::crypto::SignRequest, ::crypto::SignResponse> kSign{kSignPath};
  constexpr Duration kPatience = std::chrono::seconds(10);
  auto sign = common<::crypto::SignRequest>(config, algorithm);
  sign.set_data(std::string(payload_bytes, 'x'));
  const auto reply = client::call(channel, kSign, sign, {.timeout = kPatience});
  if (!reply.ok()) {
    Error error = tools::call_error(reply.status);
    error.detail =
        "the signature to verify: " + std::string(to_string(reply.status.code)) + ": " + error.detail;
    return tl::unexpected<Error>(std::move(error));
  }
  auto request = common<::crypto::VerifyRequest>(config, algorithm);
  request.set_data(sign.data());
  request.set_signature(reply.response.signature());
  return VerifyWork::Signed{payload_bytes, request.SerializeAsString()};
}

Result<std::unique_ptr<Work>> make_verify_work(const LoadConfig& config, crypto::Algorithm algorithm,
                                               PayloadDraws payloads) {
  for (const PayloadSize::Part& part : payloads.size().parts()) {
    if (part.least == part.most) continue;
    return usage_error("--payload-size: verify needs a signature of each size, so it takes no ranges");
  }
  auto channel = client::Channel::create(config.target, {.tls = config.tls});
  if (!channel) return tl::unexpected<Error>(std::move(channel.error()));
  std::vector<VerifyWork::Signed> messages;
  for (const PayloadSize::Part& part : payloads.size().parts()) {
    auto one = have_signed(**channel, config, algorithm, part.least);
    if (!one) return tl::unexpected<Error>(std::move(one.error()));
    messages.push_back(std::move(*one));
  }
  return std::make_unique<VerifyWork>(std::move(messages), std::move(payloads));
}

}  // namespace

Result<std::unique_ptr<Work>> make_crypto_work(const LoadConfig& config, PayloadDraws payloads) {
  const auto algorithm = tools::algorithm_by_name(config.signing.algorithm);
  if (!algorithm) return usage_error("--algorithm: " + algorithm.error().detail);
  switch (config.signing.operation) {
    case Operation::kSign:
      break;
    case Operation::kVerify:
      return make_verify_work(config, *algorithm, std::move(payloads));
    case Operation::kPublicKey:
      return std::make_unique<PublicKeyWork>(common<::crypto::PublicKeyRequest>(config, *algorithm));
  }
  return std::make_unique<SignWork>(common<::crypto::SignRequest>(config, *algorithm), std::move(payloads));
}

}  // namespace hawser::profile
