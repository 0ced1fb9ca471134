// Administration of keys, whole: what a program gives to the server of its administrative listener.
//
//   auto administration = admin::KeyAdministration::create(manager, options);
//   (*administration)->add_to(*admin_server);
//   admin::listen_for_administration(*admin_server, address);
//   ... run ...
//   (*administration)->stop();
#pragma once

#include <memory>

#include "hawser/base/result.h"
#include "hawser/server/server.h"
#include "src/admin/key_handler.h"
#include "src/admin/key_operations.h"
#include "src/keys/key_manager.h"

namespace hawser::admin {

struct KeyAdministrationOptions {
  KeyOperationsOptions operations;
  KeyHandlerOptions handler;
};

/// What is due by schedule is done from create() on, with or without a server: a program that has no
/// administrative listener wants it for that.
class KeyAdministration final {
 public:
  /// The manager outlives it. Scope io: there is no memory for secrets.
  static Result<std::unique_ptr<KeyAdministration>> create(keys::KeyManager& manager,
                                                           KeyAdministrationOptions options);

  /// Never to a server that data calls come to. Scope usage: Server::add().
  Result<void> add_to(server::Server& server);
  /// When its server has ended or is ending; by the destructor at the latest. Until then calls are served.
  void stop() { handler_.stop(); }

 private:
  KeyAdministration(keys::KeyManager& manager, crypto::SealedBoxKey sealing_key,
                    KeyAdministrationOptions options);

  KeyOperations operations_;
  KeyHandler handler_;
};

}  // namespace hawser::admin
