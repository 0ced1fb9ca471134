#include "src/keystore/open_keystore.h"

#include <utility>

namespace hawser::keystore {

Result<OpenedKeystore> open_keystore(const KeystoreConfig& config, const crypto::Hasher& hasher,
                                     log::Sink& log) {
  const auto secret = read_store_secret(config.secret, log);
  if (!secret) return tl::unexpected<Error>(secret.error());
  const KeystoreOptions options{.min_generation = config.min_generation};
  auto store = Keystore::open(config.path, *secret, options, hasher);
  if (!store) return tl::unexpected<Error>(std::move(store.error()));
  OpenedKeystore opened{std::move(*store), {}};
  opened.keys = opened.store->take_keys();
  // Whoever keeps these numbers notices an old copy of the whole file, which nothing inside it can tell.
  log.write(log::Level::kInfo, "the keystore is open",
            {{"path", config.path},
             {"generation", std::to_string(opened.store->generation())},
             {"keys", std::to_string(opened.keys.size())}});
  return opened;
}

}  // namespace hawser::keystore
