#include "tools/signing/signing.h"

#include <algorithm>
#include <cctype>
#include <limits>

#include <absl/strings/escaping.h>
#include <google/protobuf/util/json_util.h>

namespace hawser::tools {
namespace {

std::string dashed(std::string_view name) {
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return text;
}

crypto::Algorithm algorithm_at(std::size_t index) { return static_cast<crypto::Algorithm>(index); }

}  // namespace

Result<crypto::Algorithm> algorithm_by_name(std::string_view name) {
  const std::string wanted = dashed(name);
  if (wanted == "ed25519") return crypto::Algorithm::kEd25519;
  std::string known;
  for (std::size_t i = 0; i < crypto::kAlgorithms; ++i) {
    const std::string one = dashed(crypto::facts(algorithm_at(i)).name);
    if (one == wanted) return algorithm_at(i);
    known.append(i == 0 ? "" : ", ").append(one);
  }
  return usage_error('"' + std::string(name) + "\" is no algorithm; these are: " + known);
}

::crypto::KeyType key_type_of(crypto::Algorithm algorithm) {
  switch (crypto::facts(algorithm).scheme) {
    case crypto::Scheme::kEcdsa:
      return ::crypto::ECC;
    case crypto::Scheme::kEd25519:
      return ::crypto::ED25519;
    case crypto::Scheme::kRsaPkcs1:
    case crypto::Scheme::kRsaPss:
      break;
  }
  return ::crypto::RSA;
}

::crypto::SigningAlgorithm on_wire(crypto::Algorithm algorithm) {
  return static_cast<::crypto::SigningAlgorithm>(algorithm);
}

Result<::crypto::SignatureEncoding> encoding_by_name(std::string_view name, crypto::Algorithm algorithm) {
  if (name == "der") return ::crypto::DER;
  if (name != "p1363") {
    return usage_error("--encoding: \"" + std::string(name) + "\" is neither der nor p1363");
  }
  const crypto::AlgorithmFacts& facts = crypto::facts(algorithm);
  if (facts.scheme == crypto::Scheme::kEcdsa) return ::crypto::P1363;
  return usage_error("--encoding: p1363 is of ECDSA, signatures of " + std::string(facts.name) +
                     " have one form");
}

Result<KeyChoice> read_key_choice(const Flags& flags) {
  KeyChoice choice{.id = flags.text("key-id")};
  if (flags.is_on("algorithm")) {
    const auto algorithm = algorithm_by_name(flags.text("algorithm"));
    if (!algorithm) return usage_error("--algorithm: " + algorithm.error().detail);
    choice.algorithm = *algorithm;
  }
  if (flags.is_on("key-version")) {
    const auto version = flags.count("key-version", 1, std::numeric_limits<std::uint32_t>::max());
    if (!version) return tl::unexpected<Error>(version.error());
    choice.version = static_cast<std::uint32_t>(*version);
  }
  return choice;
}

std::int64_t timestamp_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Error call_error(const grpc::Status& status) {
  return {ErrorScope::kStream, static_cast<int>(status.code), status.message};
}

Error damaged_reply(std::string_view why) {
  return {ErrorScope::kStream, static_cast<int>(grpc::StatusCode::kDataLoss),
          "the reply can't be trusted: " + std::string(why)};
}

std::string key_line(const std::string& id, std::uint32_t version, const std::string& spki_sha256) {
  if (id.empty()) return "the server doesn't say which key it was";
  return "key " + id + " version " + std::to_string(version) + ", public key SHA-256 " +
         absl::BytesToHexString(spki_sha256);
}

std::string json_line(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string json;
  // A message that came over the wire, or that this program made, has a JSON form.
  static_cast<void>(google::protobuf::util::MessageToJsonString(message, &json, options));
  return json + '\n';
}

}  // namespace hawser::tools
