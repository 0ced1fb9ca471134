// Files of private keys that people bring and take.
#pragma once

#include <string>
#include <string_view>

#include "hawser/base/result.h"
#include "src/crypto/secret.h"

namespace hawser::tools {

/// "-" is standard input. Warns when others could read the file. Scope usage.
Result<crypto::SecretBytes> read_private_file(const std::string& path);
/// "-" is standard output; else a file that isn't there yet, of mode 0600, and durable. Scope usage.
Result<void> write_private_file(const std::string& path, std::string_view bytes);

}  // namespace hawser::tools
