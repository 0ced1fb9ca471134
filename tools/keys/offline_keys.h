// Keys of a file, changed by this process.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "src/admin/key_operations.h"
#include "src/crypto/hasher.h"
#include "src/keys/key_manager.h"
#include "src/keys/keyring.h"
#include "src/keystore/keystore.h"
#include "tools/keys/key_access.h"

namespace hawser::tools {

class OfflineKeys final : public KeyAccess {
 public:
  /// As Keystore::open().
  static Result<std::unique_ptr<KeyAccess>> open(const std::string& path, const keystore::StoreSecret& secret,
                                                 Purpose purpose, std::uint64_t min_generation);

  Result<void> create(const ::crypto::CreateKeyRequest& request, ::crypto::KeyInfo& reply) override;
  Result<void> import(const ::crypto::ImportKeyRequest& request, ::crypto::KeyInfo& reply) override;
  Result<void> get(const ::crypto::GetKeyRequest& request, ::crypto::KeyInfo& reply) override;
  Result<void> list(const ::crypto::ListKeysRequest& request, ::crypto::ListKeysResponse& reply) override;
  Result<void> rotate(const ::crypto::RotateKeyRequest& request, ::crypto::KeyInfo& reply) override;
  Result<void> set_primary(const ::crypto::SetPrimaryVersionRequest& request,
                           ::crypto::KeyInfo& reply) override;
  Result<void> set_state(const ::crypto::SetVersionStateRequest& request, ::crypto::KeyInfo& reply) override;
  Result<void> destroy(const ::crypto::DestroyKeyVersionRequest& request, ::crypto::KeyInfo& reply) override;
  Result<void> get_sealing_key(::crypto::GetSealingKeyResponse& reply) override;
  Result<void> export_version(const ::crypto::ExportKeyVersionRequest& request,
                              ::crypto::ExportKeyVersionResponse& reply) override;
  Result<void> change_passphrase(const ::crypto::ChangePassphraseRequest& request,
                                 ::crypto::ChangePassphraseResponse& reply) override;
  Result<void> verify(::crypto::VerifyKeystoreResponse& reply) override;

 private:
  OfflineKeys(std::unique_ptr<crypto::Hasher> hasher, std::unique_ptr<keystore::Keystore> store,
              std::vector<keys::Key> keys, crypto::SealedBoxKey sealing_key);

  std::unique_ptr<crypto::Hasher> hasher_;
  std::unique_ptr<keystore::Keystore> store_;
  keys::Keyring keyring_;
  keys::KeyManager manager_;
  admin::KeyOperations operations_;
};

}  // namespace hawser::tools
