// crypto.KeyService as a stock callback service: who asks is checked on the loop, everything else is done on
// two threads of its own, for it blocks on disks and on primes. One makes keys, with the lowest priority; the
// other does the rest, so that a key can be destroyed while another is made. Both do what is due by schedule
// in between.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include <grpcpp/server_context.h>

#include "hawser/base/log.h"
#include "key.grpc.pb.h"
#include "src/access/call_record.h"
#include "src/access/policy.h"
#include "src/admin/admin_call.h"
#include "src/admin/key_operations.h"
#include "src/admin/task_thread.h"

namespace hawser::admin {

struct KeyHandlerOptions {
  /// Calls that wait for either thread; beyond it RESOURCE_EXHAUSTED.
  std::size_t most_waiting = 64;
  /// Not owned; they outlive the handler.
  const access::Policy* policy = nullptr;  ///< Required.
  std::vector<access::CallObserver*> observers;
  log::Sink* log = &log::null_sink();
};

class KeyHandler final : public ::crypto::KeyService::CallbackService {
 public:
  /// Operations and manager outlive it.
  KeyHandler(KeyOperations& operations, keys::KeyManager& manager, KeyHandlerOptions options);

  /// What waits gets UNAVAILABLE, what runs ends soon and is waited for. By the owner.
  void stop();

  using Context = ::grpc::CallbackServerContext;
  using Reactor = ::grpc::ServerUnaryReactor;

  Reactor* CreateKey(Context* context, const ::crypto::CreateKeyRequest* request,
                     ::crypto::KeyInfo* reply) override;
  Reactor* ImportKey(Context* context, const ::crypto::ImportKeyRequest* request,
                     ::crypto::KeyInfo* reply) override;
  Reactor* GetKey(Context* context, const ::crypto::GetKeyRequest* request,
                  ::crypto::KeyInfo* reply) override;
  Reactor* ListKeys(Context* context, const ::crypto::ListKeysRequest* request,
                    ::crypto::ListKeysResponse* reply) override;
  Reactor* RotateKey(Context* context, const ::crypto::RotateKeyRequest* request,
                     ::crypto::KeyInfo* reply) override;
  Reactor* SetPrimaryVersion(Context* context, const ::crypto::SetPrimaryVersionRequest* request,
                             ::crypto::KeyInfo* reply) override;
  Reactor* SetVersionState(Context* context, const ::crypto::SetVersionStateRequest* request,
                           ::crypto::KeyInfo* reply) override;
  Reactor* DestroyKeyVersion(Context* context, const ::crypto::DestroyKeyVersionRequest* request,
                             ::crypto::KeyInfo* reply) override;
  Reactor* GetSealingKey(Context* context, const ::crypto::GetSealingKeyRequest* request,
                         ::crypto::GetSealingKeyResponse* reply) override;
  Reactor* ExportKeyVersion(Context* context, const ::crypto::ExportKeyVersionRequest* request,
                            ::crypto::ExportKeyVersionResponse* reply) override;
  Reactor* ChangePassphrase(Context* context, const ::crypto::ChangePassphraseRequest* request,
                            ::crypto::ChangePassphraseResponse* reply) override;
  Reactor* VerifyKeystore(Context* context, const ::crypto::VerifyKeystoreRequest* request,
                          ::crypto::VerifyKeystoreResponse* reply) override;

 private:
  enum class Permission { kNone, kAdmin };
  struct Method {
    std::string_view name;
    Permission permission = Permission::kAdmin;
  };

  Reactor* begin(Context& context, Method method, std::string_view key_id, TaskThread& thread,
                 AdminCall::Work work);
  std::chrono::milliseconds destroy_due();
  std::chrono::milliseconds rotate_due(const std::stop_token& stop);
  void tell(std::string_view what, const keys::SweepResult& sweep) const;

  KeyOperations& operations_;
  keys::KeyManager& manager_;
  const KeyHandlerOptions options_;
  TaskThread changes_;
  TaskThread generation_;
};

}  // namespace hawser::admin
