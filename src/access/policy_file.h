// A policy as people write it, in TOML. Docs: docs/access_policy.md.
//
//   [[rule]]
//   principal = "tls:spiffe://corp/payments/*"   # or "uid:1000", "cid:3", "anyone"
//   keys = ["payments-*"]
//   allow = ["sign", "verify", "public-key"]     # and "admin"
#pragma once

#include <string>
#include <string_view>

#include "hawser/base/result.h"
#include "src/access/policy.h"

namespace hawser::access {

/// `name` is the file's, for errors. Scope usage: the line, what is wrong there, and what is right. A name
/// that isn't known is an error: a misspelt rule would allow too little, or seem to say what it doesn't.
Result<Policy> parse_policy(std::string_view toml, std::string_view name);

/// Scope usage, too, when the file can't be read, is no plain file, is over 1 MiB, or could have been written
/// by somebody else than its owner, who is this user or root.
Result<Policy> load_policy(const std::string& path);

}  // namespace hawser::access
