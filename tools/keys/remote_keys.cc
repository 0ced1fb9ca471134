#include "tools/keys/remote_keys.h"

#include "hawser/client/unary_call.h"

namespace hawser::tools {

Result<std::unique_ptr<KeyAccess>> RemoteKeys::connect(const std::string& address, Duration timeout) {
  auto channel = client::Channel::create(address);
  if (!channel) return tl::unexpected<Error>(std::move(channel.error()));
  return std::unique_ptr<KeyAccess>(new RemoteKeys(std::move(*channel), timeout));
}

template <class Request, class Reply>
Result<void> RemoteKeys::call(std::string_view path, const Request& request, Reply& reply) {
  const client::UnaryMethod<Request, Reply> method{path};
  auto result = client::call(*channel_, method, request, {.timeout = timeout_});
  if (!result.ok()) {
    return tl::unexpected<Error>(
        Error{ErrorScope::kStream, static_cast<int>(result.status.code), result.status.message});
  }
  reply = std::move(result.response);
  return {};
}

Result<void> RemoteKeys::create(const ::crypto::CreateKeyRequest& request, ::crypto::KeyInfo& reply) {
  return call("/crypto.KeyService/CreateKey", request, reply);
}
Result<void> RemoteKeys::import(const ::crypto::ImportKeyRequest& request, ::crypto::KeyInfo& reply) {
  return call("/crypto.KeyService/ImportKey", request, reply);
}
Result<void> RemoteKeys::get(const ::crypto::GetKeyRequest& request, ::crypto::KeyInfo& reply) {
  return call("/crypto.KeyService/GetKey", request, reply);
}
Result<void> RemoteKeys::list(const ::crypto::ListKeysRequest& request, ::crypto::ListKeysResponse& reply) {
  return call("/crypto.KeyService/ListKeys", request, reply);
}
Result<void> RemoteKeys::rotate(const ::crypto::RotateKeyRequest& request, ::crypto::KeyInfo& reply) {
  return call("/crypto.KeyService/RotateKey", request, reply);
}
Result<void> RemoteKeys::set_primary(const ::crypto::SetPrimaryVersionRequest& request,
                                     ::crypto::KeyInfo& reply) {
  return call("/crypto.KeyService/SetPrimaryVersion", request, reply);
}
Result<void> RemoteKeys::set_state(const ::crypto::SetVersionStateRequest& request,
                                   ::crypto::KeyInfo& reply) {
  return call("/crypto.KeyService/SetVersionState", request, reply);
}
Result<void> RemoteKeys::destroy(const ::crypto::DestroyKeyVersionRequest& request,
                                 ::crypto::KeyInfo& reply) {
  return call("/crypto.KeyService/DestroyKeyVersion", request, reply);
}
Result<void> RemoteKeys::get_sealing_key(::crypto::GetSealingKeyResponse& reply) {
  return call("/crypto.KeyService/GetSealingKey", ::crypto::GetSealingKeyRequest(), reply);
}
Result<void> RemoteKeys::export_version(const ::crypto::ExportKeyVersionRequest& request,
                                        ::crypto::ExportKeyVersionResponse& reply) {
  return call("/crypto.KeyService/ExportKeyVersion", request, reply);
}
Result<void> RemoteKeys::change_passphrase(const ::crypto::ChangePassphraseRequest& request,
                                           ::crypto::ChangePassphraseResponse& reply) {
  return call("/crypto.KeyService/ChangePassphrase", request, reply);
}
Result<void> RemoteKeys::verify(::crypto::VerifyKeystoreResponse& reply) {
  return call("/crypto.KeyService/VerifyKeystore", ::crypto::VerifyKeystoreRequest(), reply);
}

}  // namespace hawser::tools
