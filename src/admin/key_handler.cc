#include "src/admin/key_handler.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "hawser/binding/server_context_bridge.h"
#include "src/access/principal.h"
#include "src/keys/refusal.h"

namespace hawser::admin {
namespace {

using std::chrono::milliseconds;

// However far away what is due: an administrator may set something sooner on the other thread, and what
// failed is tried again.
constexpr milliseconds kLongestPause = std::chrono::minutes(1);

milliseconds pause_until(std::optional<std::int64_t> due_ms, std::int64_t now_ms) {
  if (!due_ms) return kLongestPause;
  return std::clamp(milliseconds(*due_ms - now_ms), milliseconds(0), kLongestPause);
}

access::CallRecord record_of(const ::grpc::CallbackServerContext& context, std::string_view method,
                             std::string_view key_id, const server::Peer& peer) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  access::CallRecord record;
  record.unix_us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  record.service = kServiceName;
  record.method = method;
  record.peer = peer.uri;
  record.principal = access::Principal::of(peer).text();
  record.key_id = key_id;
  const auto& metadata = context.client_metadata();
  if (const auto trace = metadata.find("traceparent"); trace != metadata.end()) {
    record.traceparent.assign(trace->second.data(), trace->second.size());
  }
  return record;
}

}  // namespace

KeyHandler::KeyHandler(KeyOperations& operations, keys::KeyManager& manager, KeyHandlerOptions options)
    : operations_(operations),
      manager_(manager),
      options_(std::move(options)),
      changes_(
          {"key-admin", 0, options_.most_waiting, [this](const std::stop_token&) { return destroy_due(); }}),
      generation_({"key-maker", 19, options_.most_waiting,
                   [this](const std::stop_token& stop) { return rotate_due(stop); }}) {}

void KeyHandler::stop() {
  generation_.stop();
  changes_.stop();
}

KeyHandler::Reactor* KeyHandler::CreateKey(Context* context, const ::crypto::CreateKeyRequest* request,
                                           ::crypto::KeyInfo* reply) {
  return begin(*context, {"CreateKey"}, request->key_id(), generation_,
               [=, this](const auto& stop) { return operations_.create(*request, *reply, stop); });
}

KeyHandler::Reactor* KeyHandler::ImportKey(Context* context, const ::crypto::ImportKeyRequest* request,
                                           ::crypto::KeyInfo* reply) {
  return begin(*context, {"ImportKey"}, request->key_id(), changes_,
               [=, this](const auto&) { return operations_.import(*request, *reply); });
}

KeyHandler::Reactor* KeyHandler::GetKey(Context* context, const ::crypto::GetKeyRequest* request,
                                        ::crypto::KeyInfo* reply) {
  return begin(*context, {"GetKey"}, request->key_id(), changes_,
               [=, this](const auto&) { return operations_.get(*request, *reply); });
}

KeyHandler::Reactor* KeyHandler::ListKeys(Context* context, const ::crypto::ListKeysRequest* request,
                                          ::crypto::ListKeysResponse* reply) {
  return begin(*context, {"ListKeys"}, "", changes_,
               [=, this](const auto&) { return operations_.list(*request, *reply); });
}

KeyHandler::Reactor* KeyHandler::RotateKey(Context* context, const ::crypto::RotateKeyRequest* request,
                                           ::crypto::KeyInfo* reply) {
  return begin(*context, {"RotateKey"}, request->key_id(), generation_,
               [=, this](const auto& stop) { return operations_.rotate(*request, *reply, stop); });
}

KeyHandler::Reactor* KeyHandler::SetPrimaryVersion(Context* context,
                                                   const ::crypto::SetPrimaryVersionRequest* request,
                                                   ::crypto::KeyInfo* reply) {
  return begin(*context, {"SetPrimaryVersion"}, request->key_id(), changes_,
               [=, this](const auto&) { return operations_.set_primary(*request, *reply); });
}

KeyHandler::Reactor* KeyHandler::SetVersionState(Context* context,
                                                 const ::crypto::SetVersionStateRequest* request,
                                                 ::crypto::KeyInfo* reply) {
  return begin(*context, {"SetVersionState"}, request->key_id(), changes_,
               [=, this](const auto&) { return operations_.set_state(*request, *reply); });
}

KeyHandler::Reactor* KeyHandler::DestroyKeyVersion(Context* context,
                                                   const ::crypto::DestroyKeyVersionRequest* request,
                                                   ::crypto::KeyInfo* reply) {
  return begin(*context, {"DestroyKeyVersion"}, request->key_id(), changes_,
               [=, this](const auto&) { return operations_.destroy(*request, *reply); });
}

KeyHandler::Reactor* KeyHandler::GetSealingKey(Context* context, const ::crypto::GetSealingKeyRequest*,
                                               ::crypto::GetSealingKeyResponse* reply) {
  // A public key, which whoever may administer any one key needs.
  return begin(*context, {"GetSealingKey", Permission::kNone}, "", changes_,
               [=, this](const auto&) { return operations_.get_sealing_key(*reply); });
}

KeyHandler::Reactor* KeyHandler::ExportKeyVersion(Context* context,
                                                  const ::crypto::ExportKeyVersionRequest* request,
                                                  ::crypto::ExportKeyVersionResponse* reply) {
  return begin(*context, {"ExportKeyVersion"}, request->key_id(), changes_,
               [=, this](const auto&) { return operations_.export_version(*request, *reply); });
}

KeyHandler::Reactor* KeyHandler::ChangePassphrase(Context* context,
                                                  const ::crypto::ChangePassphraseRequest* request,
                                                  ::crypto::ChangePassphraseResponse* reply) {
  return begin(*context, {"ChangePassphrase"}, "", changes_,
               [=, this](const auto&) { return operations_.change_passphrase(*request, *reply); });
}

KeyHandler::Reactor* KeyHandler::VerifyKeystore(Context* context, const ::crypto::VerifyKeystoreRequest*,
                                                ::crypto::VerifyKeystoreResponse* reply) {
  return begin(*context, {"VerifyKeystore"}, "", changes_,
               [=, this](const auto&) { return operations_.verify_keystore(*reply); });
}

KeyHandler::Reactor* KeyHandler::begin(Context& context, Method method, std::string_view key_id,
                                       TaskThread& thread, AdminCall::Work work) {
  // Nobody, when stock grpc++ serves the handler.
  const binding::CallInfo* info = binding::CallInfo::of(context);
  const server::Peer peer = info == nullptr ? server::Peer{} : info->peer_facts();
  Result<void> permission;
  if (method.permission == Permission::kAdmin) {
    permission = access::result_of(
        options_.policy->decide(access::Principal::of(peer), access::Operation::kAdmin, key_id));
  }
  auto call =
      std::make_unique<AdminCall>(context, record_of(context, method.name, key_id, peer), options_.observers);
  // Owned by itself until OnDone.
  AdminCall* started = call.release();
  started->start(permission, thread, std::move(work));
  return started;
}

std::chrono::milliseconds KeyHandler::destroy_due() {
  const keys::SweepResult sweep = manager_.destroy_due();
  tell("destroyed key versions that were due", sweep);
  return sweep.failure ? kLongestPause : pause_until(manager_.next_destruction_ms(), manager_.now_ms());
}

std::chrono::milliseconds KeyHandler::rotate_due(const std::stop_token& stop) {
  const keys::SweepResult sweep = manager_.rotate_due(stop);
  tell("rotated keys that were due", sweep);
  return sweep.failure ? kLongestPause : pause_until(manager_.next_rotation_ms(), manager_.now_ms());
}

void KeyHandler::tell(std::string_view what, const keys::SweepResult& sweep) const {
  if (sweep.changed > 0) {
    options_.log->write(log::Level::kInfo, what, {{"count", std::to_string(sweep.changed)}});
  }
  if (sweep.failure) {
    options_.log->write(log::Level::kError, "what was due for keys failed, it is tried again",
                        {{"why", sweep.failure->detail}});
  }
}

}  // namespace hawser::admin
