#include "tools/signing/public_key_call.h"

#include "hawser/client/unary_call.h"
#include "src/crypto/crc32c.h"

namespace hawser::tools {
namespace {

constexpr client::UnaryMethod<::crypto::PublicKeyRequest, ::crypto::PublicKeyResponse> kGetPublicKey{
    "/crypto.CryptoService/GetPublicKey"};

Result<void> check_reply(const KeyChoice& key, const ::crypto::PublicKeyResponse& response,
                         const crypto::Hasher& hasher) {
  const std::string& der = response.public_key_der();
  const auto damaged = [](std::string_view why) { return tl::unexpected<Error>(damaged_reply(why)); };
  if (!response.has_public_key_crc32c()) return damaged("the key's CRC-32C is missing");
  if (response.public_key_crc32c() != crypto::crc32c(der))
    return damaged("the key doesn't match its CRC-32C");
  if (response.spki_sha256() != hasher.digest(crypto::Hash::kSha256, der)) {
    return damaged("the key doesn't match its SHA-256");
  }
  return check_key(key, response);
}

}  // namespace

Result<::crypto::PublicKeyResponse> get_public_key(client::Channel& channel, const KeyChoice& key,
                                                   bool legacy, Duration timeout,
                                                   const crypto::Hasher& hasher) {
  ::crypto::PublicKeyRequest request;
  request.set_timestamp(timestamp_now());
  if (key.algorithm) request.set_key_type(key_type_of(*key.algorithm));
  if (!legacy) {
    request.set_key_id(key.id);
    request.set_key_version(key.version);
    if (key.algorithm) request.set_algorithm(on_wire(*key.algorithm));
  }
  auto reply = client::call(channel, kGetPublicKey, request, {.timeout = timeout});
  if (!reply.ok()) return tl::unexpected<Error>(call_error(reply.status));
  if (reply.response.public_key_der().empty()) return tl::unexpected<Error>(damaged_reply("it has no key"));
  if (!legacy) {
    if (auto checked = check_reply(key, reply.response, hasher); !checked) {
      return tl::unexpected<Error>(checked.error());
    }
  }
  return std::move(reply.response);
}

}  // namespace hawser::tools
