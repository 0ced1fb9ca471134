#include "src/keys/default_keys.h"

#include <string>
#include <utility>

#include "src/keys/key_id.h"
#include "src/keys/refusal.h"

namespace hawser::keys {
namespace {

struct DefaultKey {
  std::string_view id;
  crypto::KeySpec spec;
};

constexpr DefaultKey kQuick[] = {{kDefaultP256, crypto::KeySpec::kEcP256},
                                 {kDefaultP384, crypto::KeySpec::kEcP384},
                                 {kDefaultP521, crypto::KeySpec::kEcP521},
                                 {kDefaultEd25519, crypto::KeySpec::kEd25519}};

Result<void> make_missing(KeyManager& manager, const DefaultKey& wanted, const std::stop_token& stop) {
  if (manager.keys()->find(wanted.id) != nullptr) return {};
  const auto made = manager.create({std::string(wanted.id), {}, 0}, wanted.spec, stop);
  // An administrator may have been quicker.
  if (made || made.error().code == static_cast<int>(Refusal::kAlreadyExists)) return {};
  return tl::unexpected<Error>(made.error());
}

}  // namespace

Result<std::unique_ptr<DefaultKeys>> DefaultKeys::create(KeyManager& manager, DefaultKeysOptions options) {
  for (const DefaultKey& key : kQuick) {
    if (auto made = make_missing(manager, key, {}); !made) {
      return tl::unexpected<Error>(std::move(made.error()));
    }
  }
  std::unique_ptr<DefaultKeys> keys(new DefaultKeys(std::move(options)));
  if (manager.keys()->find(kDefaultRsa) != nullptr) return keys;
  if (!keys->options_.rsa_in_background) {
    if (auto made = make_missing(manager, {kDefaultRsa, crypto::KeySpec::kRsa2048}, {}); !made) {
      return tl::unexpected<Error>(std::move(made.error()));
    }
    return keys;
  }
  keys->rsa_pending_ = true;
  keys->thread_ = std::jthread(
      [made = keys.get(), &manager](const std::stop_token& stop) { made->make_rsa(manager, stop); });
  return keys;
}

bool DefaultKeys::is_pending(std::string_view id) const { return id == kDefaultRsa && rsa_pending_.load(); }

void DefaultKeys::make_rsa(KeyManager& manager, const std::stop_token& stop) {
  const auto made = make_missing(manager, {kDefaultRsa, crypto::KeySpec::kRsa2048}, stop);
  if (!stop.stop_requested() && options_.finished) options_.finished(made ? nullptr : &made.error());
  rsa_pending_ = false;
  rsa_pending_.notify_all();
}

}  // namespace hawser::keys
