#include "tools/keys/offline_keys.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "src/hardening/secure_heap.h"

namespace hawser::tools {
namespace {

// The version that it was about is in the reply, where it counts.
Result<void> done(const Result<std::uint32_t>& result) {
  if (!result) return tl::unexpected<Error>(result.error());
  return {};
}

// Decoded, keys take less than in their file. Without such a heap (no memory for it) they are in the usual
// one; not locked it still has guard pages and is left out of core dumps.
void make_room_for(const std::string& path) {
  std::error_code unknown;
  const auto bytes = std::filesystem::file_size(path, unknown);
  const std::size_t mib = unknown ? 0 : static_cast<std::size_t>(bytes >> 20);
  static_cast<void>(hardening::make_secure_heap(
      std::min(hardening::kDefaultSecureHeapMib + mib, hardening::kMostSecureHeapMib)));
}

}  // namespace

Result<std::unique_ptr<KeyAccess>> OfflineKeys::open(const std::string& path,
                                                     const keystore::StoreSecret& secret, Purpose purpose,
                                                     std::uint64_t min_generation) {
  make_room_for(path);
  auto made = crypto::Hasher::create();
  if (!made) return tl::unexpected<Error>(std::move(made.error()));
  auto hasher = std::make_unique<crypto::Hasher>(std::move(*made));
  const keystore::KeystoreOptions options{.access = purpose == Purpose::kRead
                                                        ? keystore::StoreFile::Access::kShared
                                                        : keystore::StoreFile::Access::kExclusive,
                                          .min_generation = min_generation};
  auto store = keystore::Keystore::open(path, secret, options, *hasher);
  if (!store) return tl::unexpected<Error>(std::move(store.error()));
  auto sealing_key = crypto::SealedBoxKey::generate();
  if (!sealing_key) return tl::unexpected<Error>(std::move(sealing_key.error()));
  auto keys = (*store)->take_keys();
  return std::unique_ptr<KeyAccess>(
      new OfflineKeys(std::move(hasher), std::move(*store), std::move(keys), std::move(*sealing_key)));
}

OfflineKeys::OfflineKeys(std::unique_ptr<crypto::Hasher> hasher, std::unique_ptr<keystore::Keystore> store,
                         std::vector<keys::Key> keys, crypto::SealedBoxKey sealing_key)
    : hasher_(std::move(hasher)),
      store_(std::move(store)),
      manager_(keyring_, *store_, *hasher_),
      // Whoever can open the file has its keys.
      operations_(manager_, std::move(sealing_key), {.allow_export = true}) {
  keyring_.publish(std::make_shared<const keys::KeyMap>(std::move(keys)));
}

Result<void> OfflineKeys::create(const ::crypto::CreateKeyRequest& request, ::crypto::KeyInfo& reply) {
  return done(operations_.create(request, reply, {}));
}
Result<void> OfflineKeys::import(const ::crypto::ImportKeyRequest& request, ::crypto::KeyInfo& reply) {
  return done(operations_.import(request, reply));
}
Result<void> OfflineKeys::get(const ::crypto::GetKeyRequest& request, ::crypto::KeyInfo& reply) {
  return done(operations_.get(request, reply));
}
Result<void> OfflineKeys::list(const ::crypto::ListKeysRequest& request, ::crypto::ListKeysResponse& reply) {
  return done(operations_.list(request, reply));
}
Result<void> OfflineKeys::rotate(const ::crypto::RotateKeyRequest& request, ::crypto::KeyInfo& reply) {
  return done(operations_.rotate(request, reply, {}));
}
Result<void> OfflineKeys::set_primary(const ::crypto::SetPrimaryVersionRequest& request,
                                      ::crypto::KeyInfo& reply) {
  return done(operations_.set_primary(request, reply));
}
Result<void> OfflineKeys::set_state(const ::crypto::SetVersionStateRequest& request,
                                    ::crypto::KeyInfo& reply) {
  return done(operations_.set_state(request, reply));
}
Result<void> OfflineKeys::destroy(const ::crypto::DestroyKeyVersionRequest& request,
                                  ::crypto::KeyInfo& reply) {
  return done(operations_.destroy(request, reply));
}
Result<void> OfflineKeys::get_sealing_key(::crypto::GetSealingKeyResponse& reply) {
  return done(operations_.get_sealing_key(reply));
}
Result<void> OfflineKeys::export_version(const ::crypto::ExportKeyVersionRequest& request,
                                         ::crypto::ExportKeyVersionResponse& reply) {
  return done(operations_.export_version(request, reply));
}
Result<void> OfflineKeys::change_passphrase(const ::crypto::ChangePassphraseRequest& request,
                                            ::crypto::ChangePassphraseResponse& reply) {
  return done(operations_.change_passphrase(request, reply));
}
Result<void> OfflineKeys::verify(::crypto::VerifyKeystoreResponse& reply) {
  return done(operations_.verify_keystore(reply));
}

}  // namespace hawser::tools
