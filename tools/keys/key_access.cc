#include "tools/keys/key_access.h"

#include <limits>

#include "src/keystore/keystore.h"
#include "tools/common/command.h"
#include "tools/keys/offline_keys.h"
#include "tools/keys/remote_keys.h"
#include "tools/keys/secret_flags.h"

namespace hawser::tools {

Result<std::unique_ptr<KeyAccess>> open_access(const Flags& flags, Purpose purpose,
                                               const keystore::StoreSecret* secret) {
  const std::string store = flags.text("store");
  const std::string admin = flags.text("admin");
  if (store.empty() == admin.empty()) {
    return usage_error(
        "which keys? --store PATH for a file that no server has open, or --admin ADDRESS for a running "
        "server");
  }
  if (!admin.empty()) {
    const auto timeout = flags.duration("timeout");
    if (!timeout) return tl::unexpected<Error>(timeout.error());
    return RemoteKeys::connect(admin, *timeout);
  }
  const auto least = flags.count("min-generation", 0, std::numeric_limits<std::uint64_t>::max());
  if (!least) return tl::unexpected<Error>(least.error());
  if (secret != nullptr) return OfflineKeys::open(store, *secret, purpose, *least);
  const auto read = store_secret(flags);
  if (!read) return tl::unexpected<Error>(read.error());
  return OfflineKeys::open(store, *read, purpose, *least);
}

int complain_of_access(const Error& error) {
  return keystore::is_missing(error) ? complain(error.detail, keystore::kExitMissing) : complain(error);
}

}  // namespace hawser::tools
