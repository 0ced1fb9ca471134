// hawser-client verify: whether a signature is valid, as CryptoService.Verify says, or as this program finds
// by itself with the public key.
#include <iostream>
#include <optional>
#include <string>

#include "hawser/client/unary_call.h"
#include "src/crypto/crc32c.h"
#include "src/crypto/public_key.h"
#include "src/crypto/signature_encoding.h"
#include "tools/client/command.h"
#include "tools/client/target.h"
#include "tools/signing/file.h"
#include "tools/signing/public_key_call.h"
#include "tools/signing/signing.h"
#include "tools/signing/signing_input.h"
#include "tools/signing/text_form.h"

namespace hawser::tools {
namespace {

constexpr client::UnaryMethod<::crypto::VerifyRequest, ::crypto::VerifyResponse> kVerify{
    "/crypto.CryptoService/Verify"};

// An answer is 0 or 1; what keeps from one is neither.
constexpr int kExitNotValid = 1;
constexpr int kExitNoAnswer = 3;
constexpr std::size_t kMostSignature = 65536;  // in any form
constexpr std::size_t kMostKey = 65536;

constexpr FlagSpec kVerifyFlags[] = {
    kTargetFlag,
    kTimeoutFlag,
    {.name = "algorithm",
     .value_name = "NAME",
     .help = "As in the contract, in either spelling: rsa-pss-sha256, ED25519_PURE",
     .fallback = kDefaultAlgorithm},
    kKeyIdFlag,
    kKeyVersionFlag,
    {.name = "signature", .value_name = "PATH", .help = "The signature; required"},
    {.name = "format",
     .value_name = "NAME",
     .help = "Of the signature: raw, base64 or hex",
     .fallback = "raw"},
    kTextFlag,
    kDigestFlag,
    kPrehashFlag,
    {.name = "encoding",
     .value_name = "NAME",
     .help = "Of an ECDSA signature: der or p1363",
     .fallback = "der"},
    {.name = "local", .value_name = "", .help = "Fetch the public key, and verify here"},
    {.name = "public-key",
     .value_name = "PATH",
     .help = "Verify here with this public key, PEM or DER; no server is asked"},
    kVerboseFlag,
    kJsonFlag,
};
constexpr ArgumentSpec kVerifyArguments[] = {kInputArgument};

struct VerifyJob {
  KeyChoice key;
  crypto::Algorithm algorithm{};
  SigningInput input;
  std::string signature;
  ::crypto::SignatureEncoding encoding{};
  Duration timeout{};
};

Result<std::string> read_signature(const Flags& flags) {
  const std::string path = flags.text("signature");
  if (path.empty()) return usage_error("--signature is missing");
  if (path == "-" && (!flags.is_on("FILE") || flags.text("FILE") == "-") && !flags.is_on("text") &&
      !flags.is_on("digest")) {
    return usage_error("the signature and the message can't both come from standard input");
  }
  const auto form = text_form_by_name(flags.text("format"));
  if (!form) return usage_error("--format: " + form.error().detail);
  const auto file = read_file(path, kMostSignature);
  if (!file) return tl::unexpected<Error>(file.error());
  auto signature = read_back(*form, *file);
  if (!signature) return usage_error("the signature in " + path + ": " + signature.error().detail);
  return signature;
}

Result<VerifyJob> read_job(const Flags& flags, const crypto::Hasher& hasher) {
  VerifyJob job;
  const auto key = read_key_choice(flags);
  if (!key) return tl::unexpected<Error>(key.error());
  job.key = *key;
  job.algorithm = *key->algorithm;  // it has a fallback
  const auto encoding = encoding_by_name(flags.text("encoding"), job.algorithm);
  if (!encoding) return tl::unexpected<Error>(encoding.error());
  job.encoding = *encoding;
  const auto timeout = flags.duration("timeout");
  if (!timeout) return tl::unexpected<Error>(timeout.error());
  job.timeout = *timeout;
  auto signature = read_signature(flags);
  if (!signature) return tl::unexpected<Error>(signature.error());
  job.signature = std::move(*signature);
  auto input = read_signing_input(flags, job.algorithm, hasher);
  if (!input) return tl::unexpected<Error>(input.error());
  job.input = std::move(*input);
  return job;
}

::crypto::VerifyRequest request_of(const VerifyJob& job) {
  ::crypto::VerifyRequest request;
  request.set_key_type(key_type_of(job.algorithm));
  request.set_algorithm(on_wire(job.algorithm));
  request.set_timestamp(timestamp_now());
  if (job.input.is_digest) {
    request.set_digest(job.input.bytes);
  } else {
    request.set_data(job.input.bytes);
  }
  request.set_key_id(job.key.id);
  request.set_key_version(job.key.version);
  request.set_input_crc32c(crypto::crc32c(job.input.bytes));
  request.set_signature_encoding(job.encoding);
  request.set_signature(job.signature);
  request.set_signature_crc32c(crypto::crc32c(job.signature));
  return request;
}

Result<::crypto::VerifyResponse> ask_server(client::Channel& channel, const VerifyJob& job) {
  auto reply = client::call(channel, kVerify, request_of(job), {.timeout = job.timeout});
  if (!reply.ok()) return tl::unexpected<Error>(call_error(reply.status));
  if (!reply.response.verified_input_crc32c() || !reply.response.verified_signature_crc32c()) {
    return tl::unexpected<Error>(damaged_reply("the server did not check the CRC-32Cs"));
  }
  if (auto checked = check_key(job.key, reply.response); !checked) {
    return tl::unexpected<Error>(checked.error());
  }
  return std::move(reply.response);
}

bool is_valid(const VerifyJob& job, const crypto::PublicKey& key, const crypto::Hasher& hasher) {
  std::string signature = job.signature;
  if (job.encoding == ::crypto::P1363) {
    const auto der = crypto::p1363_to_der(signature, crypto::coordinate_size(key.spec()));
    if (!der) return false;
    signature = *der;
  }
  return job.input.is_digest ? key.verify_digest(job.algorithm, job.input.bytes, signature, hasher)
                             : key.verify_message(job.algorithm, job.input.bytes, signature, hasher);
}

// What the server would have said of it, as far as this program knows.
Result<::crypto::VerifyResponse> verify_here(const VerifyJob& job, const std::string& der,
                                             const crypto::Hasher& hasher) {
  const auto key = crypto::PublicKey::from_spki(der, hasher);
  if (!key) return usage_error("the public key: " + key.error().detail);
  if (!crypto::fits(key->spec(), job.algorithm)) {
    return usage_error("the public key is " + std::string(crypto::name_of(key->spec())) +
                       ", which is not for " + std::string(crypto::facts(job.algorithm).name));
  }
  ::crypto::VerifyResponse response;
  response.set_valid(is_valid(job, *key, hasher));
  response.set_key_type(key_type_of(job.algorithm));
  response.set_algorithm(on_wire(job.algorithm));
  response.set_spki_sha256(key->spki_sha256());
  return response;
}

Result<::crypto::VerifyResponse> verify_with_file(const VerifyJob& job, const std::string& path,
                                                  const crypto::Hasher& hasher) {
  const auto file = read_file(path, kMostKey);
  if (!file) return tl::unexpected<Error>(file.error());
  const auto der = public_key_der(*file);
  if (!der) return usage_error(path + ": " + der.error().detail);
  return verify_here(job, *der, hasher);
}

Result<::crypto::VerifyResponse> verify_with_fetched(client::Channel& channel, const VerifyJob& job,
                                                     const crypto::Hasher& hasher) {
  const auto fetched = get_public_key(channel, job.key, false, job.timeout, hasher);
  if (!fetched) return tl::unexpected<Error>(fetched.error());
  auto response = verify_here(job, fetched->public_key_der(), hasher);
  if (response) {
    response->set_key_id(fetched->key_id());
    response->set_key_version(fetched->key_version());
  }
  return response;
}

Result<::crypto::VerifyResponse> verify(const Flags& flags) {
  const auto hasher = crypto::Hasher::create();
  if (!hasher) return tl::unexpected<Error>(hasher.error());
  const auto job = read_job(flags, *hasher);
  if (!job) return tl::unexpected<Error>(job.error());
  if (flags.is_on("public-key")) return verify_with_file(*job, flags.text("public-key"), *hasher);
  const auto channel = open_channel(flags, "target");
  if (!channel) return tl::unexpected<Error>(channel.error());
  return flags.is_on("local") ? verify_with_fetched(**channel, *job, *hasher) : ask_server(**channel, *job);
}

int run_verify(const Flags& flags) {
  const auto response = verify(flags);
  if (!response) {
    const int code = complain(response.error());
    return code == kExitUsage ? kExitUsage : kExitNoAnswer;
  }
  if (flags.is_on("verbose") && !flags.is_on("public-key")) {
    std::cerr << key_line(response->key_id(), response->key_version(), response->spki_sha256()) << '\n';
  }
  if (flags.is_on("json")) {
    std::cout << json_line(*response);
  } else {
    std::cout << (response->valid() ? "signature is valid\n" : "signature is NOT valid\n");
  }
  return response->valid() ? kExitOk : kExitNotValid;
}

}  // namespace

const Command kVerifyCommand{
    "verify",
    "Says whether a signature of FILE, or of standard input, is valid. Exit code 0: it is; 1: it is not; "
    "2: a flag or file can't be right; 3: there is no answer, for a call failed.",
    kVerifyFlags, kVerifyArguments, &run_verify};

}  // namespace hawser::tools
