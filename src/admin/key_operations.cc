#include "src/admin/key_operations.h"

#include <algorithm>
#include <string>
#include <utility>

#include "src/admin/key_messages.h"
#include "src/admin/page_token.h"
#include "src/keys/refusal.h"

namespace hawser::admin {
namespace {

using keys::Refusal;
using keys::refuse;

constexpr std::uint32_t kMostInPage = 500;
// A quarter of what gRPC's clients take by default; one key with all of its versions has room above it.
constexpr std::size_t kPageBytes = 1024 * 1024;
// An RSA-4096 key in PKCS#8 has 2.4 KiB, a passphrase at most 1 KiB.
constexpr std::size_t kMostSealedBytes = 16 * 1024;

tl::unexpected<Error> pass(const Error& error) { return tl::unexpected<Error>(error); }

// The key in the reply; `version` 0: the primary one is what it was about.
Result<std::uint32_t> reply_with(const Result<keys::Key>& key, std::uint32_t version,
                                 ::crypto::KeyInfo& reply) {
  if (!key) return pass(key.error());
  write_key(*key, reply);
  return version == 0 ? key->primary : version;
}

}  // namespace

KeyOperations::Version KeyOperations::create(const ::crypto::CreateKeyRequest& request,
                                             ::crypto::KeyInfo& reply, const std::stop_token& stop) {
  const auto spec = spec_of(request.spec());
  if (!spec) return refuse(Refusal::kInvalidArgument, "spec is none of the kinds of key that are offered");
  auto algorithms = algorithms_of(request.algorithms());
  if (!algorithms) return pass(algorithms.error());
  const keys::KeyTraits traits{request.key_id(), std::move(*algorithms), request.rotate_after_ms()};
  return reply_with(manager_.create(traits, *spec, stop), 0, reply);
}

KeyOperations::Version KeyOperations::import(const ::crypto::ImportKeyRequest& request,
                                             ::crypto::KeyInfo& reply) {
  auto algorithms = algorithms_of(request.algorithms());
  if (!algorithms) return pass(algorithms.error());
  if (request.new_version() && (!algorithms->empty() || request.rotate_after_ms() != 0)) {
    return refuse(
        Refusal::kInvalidArgument,
        "algorithms and rotate_after_ms are those of the key that new_version adds to: leave them out");
  }
  const auto pkcs8 = open(request.sealed_pkcs8(), "sealed_pkcs8");
  if (!pkcs8) return pass(pkcs8.error());
  if (request.new_version()) {
    return reply_with(manager_.import_version(request.key_id(), pkcs8->view()), 0, reply);
  }
  const keys::KeyTraits traits{request.key_id(), std::move(*algorithms), request.rotate_after_ms()};
  return reply_with(manager_.import_key(traits, pkcs8->view()), 0, reply);
}

KeyOperations::Version KeyOperations::get(const ::crypto::GetKeyRequest& request, ::crypto::KeyInfo& reply) {
  const auto got = reply_with(manager_.get(request.key_id()), 0, reply);
  if (!got) return got;
  return 0;
}

KeyOperations::Version KeyOperations::list(const ::crypto::ListKeysRequest& request,
                                           ::crypto::ListKeysResponse& reply) {
  if (request.page_size() > kMostInPage) {
    return refuse(Refusal::kInvalidArgument, "page_size is at most 500");
  }
  const std::size_t most = request.page_size() == 0 ? kMostInPage : request.page_size();
  std::string before;
  if (!request.page_token().empty()) {
    auto read = key_before(request.page_token());
    if (!read) return refuse(Refusal::kInvalidArgument, "page_token is none that a page of this list gave");
    before = std::move(*read);
  }
  const auto map = manager_.keys();
  const auto& all = map->keys();
  auto next = std::upper_bound(all.begin(), all.end(), before,
                               [](const std::string& id, const keys::Key& key) { return id < key.id; });
  std::size_t bytes = 0;
  for (; next != all.end() && static_cast<std::size_t>(reply.keys_size()) < most; ++next) {
    if (bytes >= kPageBytes) break;
    write_key(*next, *reply.add_keys());
    bytes += reply.keys(reply.keys_size() - 1).ByteSizeLong();
  }
  if (next != all.end()) reply.set_next_page_token(page_token_after((next - 1)->id));
  return 0;
}

KeyOperations::Version KeyOperations::rotate(const ::crypto::RotateKeyRequest& request,
                                             ::crypto::KeyInfo& reply, const std::stop_token& stop) {
  return reply_with(manager_.rotate(request.key_id(), stop), 0, reply);
}

KeyOperations::Version KeyOperations::set_primary(const ::crypto::SetPrimaryVersionRequest& request,
                                                  ::crypto::KeyInfo& reply) {
  return reply_with(manager_.set_primary(request.key_id(), request.version()), request.version(), reply);
}

KeyOperations::Version KeyOperations::set_state(const ::crypto::SetVersionStateRequest& request,
                                                ::crypto::KeyInfo& reply) {
  const auto state = state_of(request.state());
  if (!state) return refuse(Refusal::kInvalidArgument, "state is ENABLED, DISABLED or DESTROY_SCHEDULED");
  return reply_with(manager_.set_state(request.key_id(), request.version(), *state, request.destroy_ms()),
                    request.version(), reply);
}

KeyOperations::Version KeyOperations::destroy(const ::crypto::DestroyKeyVersionRequest& request,
                                              ::crypto::KeyInfo& reply) {
  return reply_with(manager_.destroy(request.key_id(), request.version()), request.version(), reply);
}

KeyOperations::Version KeyOperations::get_sealing_key(::crypto::GetSealingKeyResponse& reply) const {
  reply.set_public_key(sealing_key_.public_key());
  return 0;
}

KeyOperations::Version KeyOperations::export_version(const ::crypto::ExportKeyVersionRequest& request,
                                                     ::crypto::ExportKeyVersionResponse& reply) {
  if (!options_.allow_export) {
    return refuse(Refusal::kFailedPrecondition, "this server was started without --allow-key-export");
  }
  const auto exported = manager_.export_version(request.key_id(), request.version());
  if (!exported) return pass(exported.error());
  auto sealed = crypto::seal(request.recipient_public_key(), exported->pkcs8);
  if (!sealed) return refuse(Refusal::kInvalidArgument, "recipient_public_key: " + sealed.error().detail);
  reply.set_sealed_pkcs8(std::move(*sealed));
  reply.set_version(exported->version);
  return exported->version;
}

KeyOperations::Version KeyOperations::change_passphrase(const ::crypto::ChangePassphraseRequest& request,
                                                        ::crypto::ChangePassphraseResponse& reply) {
  const auto old_passphrase = open(request.sealed_old_passphrase(), "sealed_old_passphrase");
  if (!old_passphrase) return pass(old_passphrase.error());
  const auto new_passphrase = open(request.sealed_new_passphrase(), "sealed_new_passphrase");
  if (!new_passphrase) return pass(new_passphrase.error());
  const auto generation = manager_.change_passphrase(*old_passphrase, *new_passphrase);
  if (!generation) return pass(generation.error());
  reply.set_generation(*generation);
  return 0;
}

KeyOperations::Version KeyOperations::verify_keystore(::crypto::VerifyKeystoreResponse& reply) {
  const auto facts = manager_.verify();
  if (!facts) return pass(facts.error());
  reply.set_generation(facts->generation);
  reply.set_keys(static_cast<std::uint32_t>(facts->keys));
  reply.set_versions(static_cast<std::uint32_t>(facts->versions));
  return 0;
}

Result<crypto::SecretBytes> KeyOperations::open(std::string_view sealed, std::string_view field) const {
  // Before memory for secrets is taken, of which there is little.
  if (sealed.size() > kMostSealedBytes) {
    return refuse(Refusal::kInvalidArgument, std::string(field) + " is longer than any key or passphrase");
  }
  auto secret = sealing_key_.open(sealed);
  if (secret) return secret;
  if (secret.error().scope == ErrorScope::kUsage) {
    return refuse(Refusal::kInvalidArgument, std::string(field) + ": " + secret.error().detail);
  }
  return refuse(Refusal::kResourceExhausted, "there is no protected memory left for a secret");
}

}  // namespace hawser::admin
