// PEM files of certificates and keys. For this layer alone.
#pragma once

#include <string>
#include <vector>

#include "hawser/base/result.h"
#include "hawser/tls/openssl.h"

namespace hawser::tls {

/// Every certificate of the file, in order; at least one. `what` is what the file is for, in error texts
/// ("the server's certificate"). Scope usage, as below.
Result<std::vector<Certificate>> read_certificates(const std::string& path, const std::string& what);

/// The key, which must not be encrypted. Others must not be able to read the file: neither the file's group
/// (unless it belongs to root, who gives keys to services that way) nor everybody. The mode is that of the
/// file that was read, not of what is at the path a moment later.
Result<PrivateKey> read_private_key(const std::string& path, const std::string& what);

}  // namespace hawser::tls
