// hawser-client public-key: fetches a public key, for openssl and its kin.
#include <iostream>
#include <string>

#include "tools/client/command.h"
#include "tools/client/target.h"
#include "tools/signing/file.h"
#include "tools/signing/public_key_call.h"
#include "tools/signing/signing.h"
#include "tools/signing/text_form.h"

namespace hawser::tools {
namespace {

constexpr FlagSpec kPublicKeyFlags[] = {
    kTargetFlag,
    kTimeoutFlag,
    {.name = "algorithm",
     .value_name = "NAME",
     .help = "Chooses the server's own key for it. Default without --key-id: ecdsa-p256-sha256"},
    kKeyIdFlag,
    kKeyVersionFlag,
    {.name = "format", .value_name = "NAME", .help = "pem or der", .fallback = "pem"},
    {.name = "out", .value_name = "PATH", .help = "Where the key goes", .fallback = "-"},
    kLegacyFlag,
    kVerboseFlag,
    kJsonFlag,
};

Result<KeyChoice> read_key(const Flags& flags) {
  auto key = read_key_choice(flags);
  if (!key) return key;
  if (flags.is_on("legacy") && (!key->id.empty() || key->version != 0)) {
    return usage_error("--legacy goes without --key-id and --key-version");
  }
  if (key->id.empty() && !key->algorithm) key->algorithm = algorithm_by_name(kDefaultAlgorithm).value();
  return key;
}

int run_public_key(const Flags& flags) {
  const std::string format = flags.text("format");
  if (format != "pem" && format != "der") {
    return complain("--format: \"" + format + "\" is neither pem nor der", kExitUsage);
  }
  const auto timeout = flags.duration("timeout");
  if (!timeout) return complain(timeout.error());
  const auto key = read_key(flags);
  if (!key) return complain(key.error());
  const auto hasher = crypto::Hasher::create();
  if (!hasher) return complain(hasher.error());
  const auto channel = open_channel(flags, "target");
  if (!channel) return complain(channel.error());

  const auto response = get_public_key(**channel, *key, flags.is_on("legacy"), *timeout, *hasher);
  if (!response) return complain(response.error());
  if (flags.is_on("verbose")) {
    std::cerr << key_line(response->key_id(), response->key_version(), response->spki_sha256()) << '\n';
  }
  std::string shown = response->public_key_der();
  if (flags.is_on("json")) {
    shown = json_line(*response);
  } else if (format == "pem") {
    shown = pem_of_public_key(shown);
  }
  const auto done = write_file(flags.text("out"), shown);
  return done ? kExitOk : complain(done.error());
}

}  // namespace

const Command kPublicKeyCommand{"public-key",
                                "Fetches a public key by CryptoService.GetPublicKey, and checks its hash.",
                                kPublicKeyFlags,
                                {},
                                &run_public_key};

}  // namespace hawser::tools
