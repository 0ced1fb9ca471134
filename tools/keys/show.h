// Keys as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "hawser/base/result.h"
#include "key.pb.h"
#include "tools/common/flags.h"

namespace hawser::tools {

/// "rsa-2048", "p-256", "ed25519"; any case. Scope usage: there is none of that name.
Result<::crypto::KeySpec> spec_by_name(std::string_view name);
std::string_view name_of(::crypto::KeySpec spec);
std::string_view name_of(::crypto::KeyVersionState state);

/// "2026-11-30T06:12:00Z", of milliseconds since the Unix epoch.
std::string time_text(std::int64_t unix_ms);
/// What there is to know, a line a fact; ends with a newline.
std::string description(const ::crypto::KeyInfo& key);
/// One line of a list, with its newline.
std::string summary(const ::crypto::KeyInfo& key);

/// `text` and its newline, or with --json the key. Gives the exit code.
int print_key(const Flags& flags, const ::crypto::KeyInfo& key, std::string_view text);

}  // namespace hawser::tools
