// Secrets that the flags of a command name; none is ever a flag's value.
#pragma once

#include <optional>
#include <string_view>

#include "hawser/base/log.h"
#include "hawser/base/result.h"
#include "src/crypto/secret.h"
#include "src/keystore/secret_source.h"
#include "tools/common/flags.h"

namespace hawser::tools {

/// What opens the keystore, or is to open a new one: kSecretFlags.
Result<keystore::StoreSecret> store_secret(const Flags& flags);

/// The passphrase that --PREFIX-passphrase-file, --PREFIX-passphrase-fd or $VARIABLE give; nullopt: none
/// does.
Result<std::optional<crypto::SecretBytes>> other_passphrase(const Flags& flags, std::string_view prefix,
                                                            std::string_view variable);

inline constexpr FlagSpec kPemPassphraseFileFlag{
    .name = "pem-passphrase-file",
    .value_name = "PATH",
    .help = "Holds the passphrase of the PEM (or $HAWSER_PEM_PASSPHRASE)"};
inline constexpr FlagSpec kPemPassphraseFdFlag{
    .name = "pem-passphrase-fd", .value_name = "N", .help = "An open descriptor to read it from"};
inline constexpr std::string_view kPemPassphraseVariable = "HAWSER_PEM_PASSPHRASE";

/// "hawser-keys: warning: …" on standard error.
void warn(std::string_view what);
/// The same as a sink of logs; what is less than a warning is dropped.
log::Sink& warning_sink();

}  // namespace hawser::tools
