// hawser-client sign: has CryptoService sign a message or a digest, and checks what came back.
#include <iostream>
#include <string>

#include "hawser/client/unary_call.h"
#include "src/crypto/crc32c.h"
#include "tools/client/command.h"
#include "tools/client/target.h"
#include "tools/signing/file.h"
#include "tools/signing/signing.h"
#include "tools/signing/signing_input.h"
#include "tools/signing/text_form.h"

namespace hawser::tools {
namespace {

constexpr client::UnaryMethod<::crypto::SignRequest, ::crypto::SignResponse> kSign{
    "/crypto.CryptoService/Sign"};

constexpr FlagSpec kSignFlags[] = {
    kTargetFlag,
    kTimeoutFlag,
    {.name = "algorithm",
     .value_name = "NAME",
     .help = "As in the contract, in either spelling: rsa-pss-sha256, ED25519_PURE",
     .fallback = kDefaultAlgorithm},
    kKeyIdFlag,
    kKeyVersionFlag,
    kTextFlag,
    kDigestFlag,
    kPrehashFlag,
    {.name = "encoding",
     .value_name = "NAME",
     .help = "Of an ECDSA signature: der (X.509, TLS), or p1363 (JOSE, WebCrypto)",
     .fallback = "der"},
    {.name = "out", .value_name = "PATH", .help = "Where the signature goes", .fallback = "-"},
    {.name = "format",
     .value_name = "NAME",
     .help = "raw, base64 or hex. Default: raw, but base64 on a terminal"},
    kLegacyFlag,
    kVerboseFlag,
    kJsonFlag,
};
constexpr ArgumentSpec kSignArguments[] = {kInputArgument};

struct SignJob {
  KeyChoice key;
  crypto::Algorithm algorithm{};
  SigningInput input;
  ::crypto::SignatureEncoding encoding{};
  bool legacy = false;
};

// What an old client can't say.
Result<void> check_legacy(const Flags& flags) {
  for (const char* name : {"key-id", "key-version", "digest", "prehash"}) {
    if (flags.is_on(name)) return usage_error("--legacy goes without --" + std::string(name));
  }
  if (flags.text("encoding") != "der") return usage_error("--legacy goes with --encoding der only");
  return {};
}

Result<SignJob> read_job(const Flags& flags) {
  SignJob job;
  job.legacy = flags.is_on("legacy");
  if (job.legacy) {
    if (auto checked = check_legacy(flags); !checked) return tl::unexpected<Error>(checked.error());
  }
  const auto key = read_key_choice(flags);
  if (!key) return tl::unexpected<Error>(key.error());
  job.key = *key;
  job.algorithm = *key->algorithm;  // it has a fallback
  const auto encoding = encoding_by_name(flags.text("encoding"), job.algorithm);
  if (!encoding) return tl::unexpected<Error>(encoding.error());
  job.encoding = *encoding;
  const auto hasher = crypto::Hasher::create();
  if (!hasher) return tl::unexpected<Error>(hasher.error());
  auto input = read_signing_input(flags, job.algorithm, *hasher);
  if (!input) return tl::unexpected<Error>(input.error());
  job.input = std::move(*input);
  return job;
}

::crypto::SignRequest request_of(const SignJob& job) {
  ::crypto::SignRequest request;
  request.set_key_type(key_type_of(job.algorithm));
  request.set_algorithm(on_wire(job.algorithm));
  request.set_timestamp(timestamp_now());
  if (job.input.is_digest) {
    request.set_digest(job.input.bytes);
  } else {
    request.set_data(job.input.bytes);
  }
  if (job.legacy) return request;
  request.set_key_id(job.key.id);
  request.set_key_version(job.key.version);
  request.set_input_crc32c(crypto::crc32c(job.input.bytes));
  request.set_signature_encoding(job.encoding);
  return request;
}

Result<void> check_reply(const SignJob& job, const ::crypto::SignResponse& response) {
  const auto damaged = [](std::string_view why) { return tl::unexpected<Error>(damaged_reply(why)); };
  if (response.algorithm() != on_wire(job.algorithm)) return damaged("it is by another algorithm");
  if (response.signature().empty()) return damaged("it has no signature");
  if (job.legacy) return {};
  if (!response.verified_input_crc32c()) return damaged("the server did not check the input's CRC-32C");
  if (!response.has_signature_crc32c()) return damaged("the signature's CRC-32C is missing");
  if (response.signature_crc32c() != crypto::crc32c(response.signature())) {
    return damaged("the signature doesn't match its CRC-32C");
  }
  return check_key(job.key, response);
}

Result<TextForm> output_form(const Flags& flags) {
  if (!flags.is_on("format")) {
    return is_terminal_output(flags.text("out")) ? TextForm::kBase64 : TextForm::kRaw;
  }
  return text_form_by_name(flags.text("format")).map_error([](Error error) {
    error.detail.insert(0, "--format: ");
    return error;
  });
}

int run_sign(const Flags& flags) {
  const auto form = output_form(flags);
  if (!form) return complain(form.error());
  const auto timeout = flags.duration("timeout");
  if (!timeout) return complain(timeout.error());
  const auto channel = open_channel(flags, "target");
  if (!channel) return complain(channel.error());
  const auto job = read_job(flags);
  if (!job) return complain(job.error());

  const auto reply = client::call(**channel, kSign, request_of(*job), {.timeout = *timeout});
  if (!reply.ok()) return complain(call_error(reply.status));
  const ::crypto::SignResponse& response = reply.response;
  if (auto checked = check_reply(*job, response); !checked) return complain(checked.error());
  if (flags.is_on("verbose")) {
    std::cerr << key_line(response.key_id(), response.key_version(), response.spki_sha256()) << '\n';
  }
  const auto shown = flags.is_on("json") ? json_line(response) : written(*form, response.signature());
  const auto done = write_file(flags.text("out"), shown);
  return done ? kExitOk : complain(done.error());
}

}  // namespace

const Command kSignCommand{
    "sign", "Signs FILE, or standard input, by CryptoService.Sign, and checks the reply's checksums.",
    kSignFlags, kSignArguments, &run_sign};

}  // namespace hawser::tools
