// What the methods of crypto.KeyService do, as functions from request to reply: no call, no thread.
//
// Each gives the number of the version that it was about (0: none) and fills the reply, or is refused as
// keys::KeyManager says, or with INVALID_ARGUMENT for what no manager would understand. Secrets come and go
// in sealed boxes and are in the clear in crypto::SecretBytes alone.
#pragma once

#include <cstdint>
#include <stop_token>

#include "hawser/base/result.h"
#include "key.pb.h"
#include "src/crypto/sealed_box.h"
#include "src/keys/key_manager.h"

namespace hawser::admin {

struct KeyOperationsOptions {
  /// Whether private keys may leave the server, sealed to whoever asks.
  bool allow_export = false;
};

/// Any thread; blocks as the manager does, which outlives it.
class KeyOperations final {
 public:
  KeyOperations(keys::KeyManager& manager, crypto::SealedBoxKey sealing_key, KeyOperationsOptions options)
      : manager_(manager), sealing_key_(std::move(sealing_key)), options_(options) {}

  using Version = Result<std::uint32_t>;

  Version create(const ::crypto::CreateKeyRequest& request, ::crypto::KeyInfo& reply,
                 const std::stop_token& stop);
  Version import(const ::crypto::ImportKeyRequest& request, ::crypto::KeyInfo& reply);
  Version get(const ::crypto::GetKeyRequest& request, ::crypto::KeyInfo& reply);
  /// A page ends early when it grows beyond what a message should have: versions have no pages of their own.
  Version list(const ::crypto::ListKeysRequest& request, ::crypto::ListKeysResponse& reply);
  Version rotate(const ::crypto::RotateKeyRequest& request, ::crypto::KeyInfo& reply,
                 const std::stop_token& stop);
  Version set_primary(const ::crypto::SetPrimaryVersionRequest& request, ::crypto::KeyInfo& reply);
  Version set_state(const ::crypto::SetVersionStateRequest& request, ::crypto::KeyInfo& reply);
  Version destroy(const ::crypto::DestroyKeyVersionRequest& request, ::crypto::KeyInfo& reply);
  Version get_sealing_key(::crypto::GetSealingKeyResponse& reply) const;
  Version export_version(const ::crypto::ExportKeyVersionRequest& request,
                         ::crypto::ExportKeyVersionResponse& reply);
  Version change_passphrase(const ::crypto::ChangePassphraseRequest& request,
                            ::crypto::ChangePassphraseResponse& reply);
  Version verify_keystore(::crypto::VerifyKeystoreResponse& reply);

 private:
  Result<crypto::SecretBytes> open(std::string_view sealed, std::string_view field) const;

  keys::KeyManager& manager_;
  const crypto::SealedBoxKey sealing_key_;
  const KeyOperationsOptions options_;
};

}  // namespace hawser::admin
