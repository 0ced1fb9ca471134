#include "src/admin/key_administration.h"

#include <utility>

#include "hawser/binding/service_binding.h"

namespace hawser::admin {

Result<std::unique_ptr<KeyAdministration>> KeyAdministration::create(keys::KeyManager& manager,
                                                                     KeyAdministrationOptions options) {
  auto sealing_key = crypto::SealedBoxKey::generate();
  if (!sealing_key) return tl::unexpected<Error>(std::move(sealing_key.error()));
  return std::unique_ptr<KeyAdministration>(
      new KeyAdministration(manager, std::move(*sealing_key), std::move(options)));
}

KeyAdministration::KeyAdministration(keys::KeyManager& manager, crypto::SealedBoxKey sealing_key,
                                     KeyAdministrationOptions options)
    : operations_(manager, std::move(sealing_key), options.operations),
      handler_(operations_, manager, std::move(options.handler)) {}

Result<void> KeyAdministration::add_to(server::Server& server) {
  binding::ServiceBinding<::crypto::KeyService, KeyHandler> service(handler_);
  service.callback_unary("CreateKey", &KeyHandler::CreateKey)
      .callback_unary("ImportKey", &KeyHandler::ImportKey)
      .callback_unary("GetKey", &KeyHandler::GetKey)
      .callback_unary("ListKeys", &KeyHandler::ListKeys)
      .callback_unary("RotateKey", &KeyHandler::RotateKey)
      .callback_unary("SetPrimaryVersion", &KeyHandler::SetPrimaryVersion)
      .callback_unary("SetVersionState", &KeyHandler::SetVersionState)
      .callback_unary("DestroyKeyVersion", &KeyHandler::DestroyKeyVersion)
      .callback_unary("GetSealingKey", &KeyHandler::GetSealingKey)
      .callback_unary("ExportKeyVersion", &KeyHandler::ExportKeyVersion)
      .callback_unary("ChangePassphrase", &KeyHandler::ChangePassphrase)
      .callback_unary("VerifyKeystore", &KeyHandler::VerifyKeystore);
  return service.add_to(server);
}

}  // namespace hawser::admin
