// Keys of a running server, through its admin listener.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "hawser/base/clock.h"
#include "hawser/client/channel.h"
#include "tools/keys/key_access.h"

namespace hawser::tools {

class RemoteKeys final : public KeyAccess {
 public:
  /// Connects with the first call. `timeout` is each call's.
  static Result<std::unique_ptr<KeyAccess>> connect(const std::string& address, Duration timeout);

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
  RemoteKeys(std::unique_ptr<client::Channel> channel, Duration timeout)
      : channel_(std::move(channel)), timeout_(timeout) {}

  template <class Request, class Reply>
  Result<void> call(std::string_view path, const Request& request, Reply& reply);

  std::unique_ptr<client::Channel> channel_;
  Duration timeout_;
};

}  // namespace hawser::tools
