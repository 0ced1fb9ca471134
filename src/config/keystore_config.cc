#include "src/config/keystore_config.h"

#include <cstdint>
#include <limits>
#include <string>

namespace hawser {
namespace {

using tools::Flags;
using tools::FlagSpec;

constexpr std::string_view kKeystoreGroup = "Keystore";

constexpr FlagSpec kKeystoreFlags[] = {
    {.name = "keystore",
     .value_name = "FILE",
     .help = "Keep keys in this file, which hawser-keys makes. Without it keys are gone with the process",
     .environment = "HAWSER_KEYSTORE",
     .group = kKeystoreGroup},
    {.name = "keystore-passphrase-file",
     .value_name = "FILE",
     .help = "Its passphrase. Without it $CREDENTIALS_DIRECTORY/keystore-passphrase counts, then the next "
             "two",
     .group = kKeystoreGroup},
    {.name = "keystore-passphrase-fd",
     .value_name = "N",
     .help = "The passphrase is read from this inherited descriptor",
     .group = kKeystoreGroup},
    {.name = "keystore-passphrase-env",
     .value_name = "NAME",
     .help = "The passphrase is in this variable, which other processes of the user can read",
     .fallback = keystore::kPassphraseVariable,
     .group = kKeystoreGroup},
    {.name = "keystore-raw-key-file",
     .value_name = "FILE",
     .help = "Instead of a passphrase 32 bytes that a key service gave",
     .group = kKeystoreGroup},
    {.name = "keystore-raw-key-fd",
     .value_name = "N",
     .help = "The same from an inherited descriptor",
     .group = kKeystoreGroup},
    {.name = "keystore-min-generation",
     .value_name = "N",
     .help = "Refuse a store that was saved fewer times: an old copy of the file",
     .fallback = "0",
     .group = kKeystoreGroup},
};

Result<std::optional<int>> read_fd(const Flags& flags, std::string_view name) {
  if (!flags.is_on(name)) return std::nullopt;
  // 0 to 2 are the standard streams: a secret on a terminal would be shown.
  const auto fd = flags.count(name, 3, std::numeric_limits<int>::max());
  if (!fd) return tl::unexpected<Error>(fd.error());
  return static_cast<int>(*fd);
}

}  // namespace

std::span<const FlagSpec> keystore_flags() { return kKeystoreFlags; }

Result<std::optional<keystore::KeystoreConfig>> read_keystore_flags(const Flags& flags) {
  if (!flags.is_on("keystore")) {
    for (const FlagSpec& flag : kKeystoreFlags) {
      if (flag.fallback.empty() && flags.is_on(flag.name))
        return flags.wrong(flag.name, "without --keystore");
    }
    return std::nullopt;
  }
  keystore::KeystoreConfig config;
  config.path = flags.text("keystore");
  if (config.path.empty()) return flags.wrong("keystore", "the path of a file is missing");
  config.secret.passphrase.file = flags.text("keystore-passphrase-file");
  config.secret.passphrase.credential = keystore::kPassphraseCredential;
  config.secret.passphrase.environment = flags.text("keystore-passphrase-env");
  config.secret.raw_key_file = flags.text("keystore-raw-key-file");
  const auto passphrase_fd = read_fd(flags, "keystore-passphrase-fd");
  if (!passphrase_fd) return tl::unexpected<Error>(passphrase_fd.error());
  config.secret.passphrase.fd = *passphrase_fd;
  const auto key_fd = read_fd(flags, "keystore-raw-key-fd");
  if (!key_fd) return tl::unexpected<Error>(key_fd.error());
  config.secret.raw_key_fd = *key_fd;
  const auto generation =
      flags.count("keystore-min-generation", 0, std::numeric_limits<std::uint64_t>::max());
  if (!generation) return tl::unexpected<Error>(generation.error());
  config.min_generation = *generation;
  return config;
}

}  // namespace hawser
