// What is signed or verified: a message or its digest, from a file, standard input or the command line.
#pragma once

#include <string>

#include "hawser/base/result.h"
#include "src/crypto/algorithm.h"
#include "src/crypto/hasher.h"
#include "tools/common/flags.h"

namespace hawser::tools {

inline constexpr ArgumentSpec kInputArgument{"FILE", true};
inline constexpr FlagSpec kTextFlag{
    .name = "text", .value_name = "TEXT", .help = "The message, instead of FILE"};
inline constexpr FlagSpec kDigestFlag{
    .name = "digest",
    .value_name = "HEX",
    .help = "The message's digest by the algorithm's hash, instead of FILE; not for Ed25519"};
inline constexpr FlagSpec kPrehashFlag{
    .name = "prehash",
    .value_name = "",
    .help =
        "Make the digest here and send that: the message doesn't leave this machine, and may be of any size"};

struct SigningInput {
  std::string bytes;
  bool is_digest = false;
};

/// Reads what the flags and the argument say; without any it is standard input. Scope usage: they contradict
/// each other or the algorithm, or the file can't be read.
Result<SigningInput> read_signing_input(const Flags& flags, crypto::Algorithm algorithm,
                                        const crypto::Hasher& hasher);

}  // namespace hawser::tools
