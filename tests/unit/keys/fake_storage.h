// A KeyStorage that keeps what it was given to look at, and refuses when it is told to.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/keys/key_storage.h"

namespace hawser::test {

class FakeStorage final : public keys::KeyStorage {
 public:
  /// As a keystore would write it: no private key of what is destroyed.
  struct Version {
    std::uint32_t number = 0;
    keys::VersionState state = keys::VersionState::kEnabled;
    bool has_private_key = false;
  };
  struct Save {
    std::string id;
    std::uint32_t primary = 0;
    std::vector<Version> versions;
  };

  Result<void> save(const keys::KeyMap& map) override {
    if (before_save_) before_save_();
    if (refusal_) return tl::unexpected<Error>(*refusal_);
    std::vector<Save> one;
    for (const keys::Key& key : map.keys()) {
      Save save{key.id, key.primary, {}};
      for (const keys::KeyVersion& version : key.versions) {
        const bool kept = version.state != keys::VersionState::kDestroyed;
        save.versions.push_back(
            {version.number, version.state, kept && version.private_key->get() != nullptr});
      }
      one.push_back(std::move(save));
    }
    saves_.push_back(std::move(one));
    facts_ = keys::facts_of(map, saves_.size());
    return {};
  }
  Result<void> change_passphrase(const crypto::SecretBytes& old_passphrase,
                                 const crypto::SecretBytes& new_passphrase) override {
    if (refusal_) return tl::unexpected<Error>(*refusal_);
    passphrases_ = {std::string(old_passphrase.view()), std::string(new_passphrase.view())};
    return {};
  }
  Result<keys::StorageFacts> verify() override {
    if (refusal_) return tl::unexpected<Error>(*refusal_);
    return facts_;
  }
  std::uint64_t generation() const override { return saves_.size(); }
  bool is_durable() const override { return true; }

  /// From now on everything is refused with this; nullopt: nothing is.
  void refuse_with(std::optional<Error> refusal) { refusal_ = std::move(refusal); }
  /// Called in each save, on its thread, which it may hold up.
  void set_before_save(std::function<void()> before_save) { before_save_ = std::move(before_save); }
  /// What each save kept, in order.
  const std::vector<std::vector<Save>>& saves() const { return saves_; }
  keys::StorageFacts& facts() { return facts_; }
  const std::pair<std::string, std::string>& passphrases() const { return passphrases_; }

 private:
  std::optional<Error> refusal_;
  std::function<void()> before_save_;
  std::vector<std::vector<Save>> saves_;
  keys::StorageFacts facts_;
  std::pair<std::string, std::string> passphrases_;
};

}  // namespace hawser::test
