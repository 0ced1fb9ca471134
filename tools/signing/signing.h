// What `sign`, `verify` and `public-key` share: which key, by which algorithm, and what the server said of
// it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto.pb.h"
#include "hawser/base/result.h"
#include "hawser/client/call_options.h"
#include "src/crypto/algorithm.h"
#include "tools/common/flags.h"

namespace hawser::tools {

inline constexpr std::string_view kDefaultAlgorithm = "ecdsa-p256-sha256";
inline constexpr FlagSpec kKeyIdFlag{
    .name = "key-id", .value_name = "NAME", .help = "The key. Default: the server's own for the algorithm"};
inline constexpr FlagSpec kKeyVersionFlag{
    .name = "key-version", .value_name = "N", .help = "Its version. Default: the primary one"};
inline constexpr FlagSpec kLegacyFlag{
    .name = "legacy",
    .value_name = "",
    .help =
        "Send the original fields only, as the oldest clients do; the reply then proves nothing of itself"};
inline constexpr FlagSpec kVerboseFlag{
    .name = "verbose", .value_name = "", .help = "Say on standard error which key it was"};
inline constexpr FlagSpec kJsonFlag{
    .name = "json", .value_name = "", .help = "Print the reply as one JSON object; its bytes are base64"};

/// "ecdsa-p256-sha256", "ECDSA_P256_SHA256", "ed25519". Scope usage: there is none of that name.
Result<crypto::Algorithm> algorithm_by_name(std::string_view name);
::crypto::KeyType key_type_of(crypto::Algorithm algorithm);
::crypto::SigningAlgorithm on_wire(crypto::Algorithm algorithm);
/// "der", or of ECDSA "p1363". Scope usage.
Result<::crypto::SignatureEncoding> encoding_by_name(std::string_view name, crypto::Algorithm algorithm);

struct KeyChoice {
  /// nullopt: whatever the key is for; only where the key is named.
  std::optional<crypto::Algorithm> algorithm;
  std::string id;             ///< Empty: the default key of the algorithm.
  std::uint32_t version = 0;  ///< 0: the primary one.
};
/// --algorithm, --key-id and --key-version.
Result<KeyChoice> read_key_choice(const Flags& flags);

/// Milliseconds since the Unix epoch.
std::int64_t timestamp_now();

/// The error of a call that failed: its gRPC code and message.
Error call_error(const grpc::Status& status);
/// The error of a reply that arrived, but can't be what the server sent or was asked for.
Error damaged_reply(std::string_view why);

/// Fails unless the reply is of the key that was asked for, as far as that was said.
template <class Response>
Result<void> check_key(const KeyChoice& key, const Response& response) {
  if (!key.id.empty() && response.key_id() != key.id) {
    return tl::unexpected<Error>(damaged_reply("it is of the key \"" + response.key_id() + '"'));
  }
  if (key.version != 0 && response.key_version() != key.version) {
    return tl::unexpected<Error>(damaged_reply("it is of version " + std::to_string(response.key_version())));
  }
  return {};
}

/// "key default-rsa version 1, public key SHA-256 0123…", for --verbose.
std::string key_line(const std::string& id, std::uint32_t version, const std::string& spki_sha256);
/// One line, by protobuf's own mapping, with all fields.
std::string json_line(const google::protobuf::Message& message);

}  // namespace hawser::tools
