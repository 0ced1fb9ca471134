// Directories, secrets and keys for the tests of the keystore.
#pragma once

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/crypto/private_key.h"
#include "src/keys/key_storage.h"
#include "src/keystore/keystore.h"
#include "unit/crypto/hasher.h"

namespace hawser::test {

/// Of mode 0700; gone with all that is in it.
class TemporaryDirectory final {
 public:
  TemporaryDirectory() {
    std::string name = std::filesystem::temp_directory_path() / "hawser-store-XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string file(std::string_view name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }
  /// Names of what is in it, sorted.
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      found.push_back(entry.path().filename());
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  std::filesystem::path path_;
};

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Of mode 0600.
inline void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
  REQUIRE(chmod(path.c_str(), 0600) == 0);
}

inline crypto::SecretBytes secret(std::string_view text) {
  return crypto::SecretBytes::copy_of(text).value();
}

/// Opens without Argon2, so tests can do it thousands of times.
inline keystore::StoreSecret raw_key(char filler = 'k') {
  return {keystore::StoreSecret::Kind::kRawKey, secret(std::string(keystore::kRawKeyBytes, filler))};
}
inline keystore::StoreSecret passphrase(std::string_view text) {
  return {keystore::StoreSecret::Kind::kPassphrase, secret(text)};
}

inline keys::KeyVersion make_version(std::uint32_t number, const crypto::PrivateKey& key) {
  keys::KeyVersion version;
  version.number = number;
  version.created_ms = 1'700'000'000'000 + number;
  version.public_key = std::make_shared<const crypto::PublicKey>(
      crypto::PublicKey::from_spki(key.to_spki().value(), hasher()).value());
  version.private_key = std::make_shared<keys::PrivateSlot>(std::make_shared<const crypto::PrivateKey>(
      crypto::PrivateKey::from_pkcs8(key.to_pkcs8()->view()).value()));
  return version;
}

/// With one version.
inline keys::Key make_key(std::string id, crypto::KeySpec spec = crypto::KeySpec::kEd25519) {
  keys::Key key;
  key.id = std::move(id);
  key.spec = spec;
  const auto algorithms = crypto::algorithms_of(spec);
  key.algorithms.assign(algorithms.begin(), algorithms.end());
  key.created_ms = 1'700'000'000'000;
  key.versions.push_back(make_version(1, crypto::PrivateKey::generate(spec).value()));
  key.primary = 1;
  return key;
}

inline keys::KeyMap map_of(keys::Key key) {
  std::vector<keys::Key> all;
  all.push_back(std::move(key));
  return keys::KeyMap(std::move(all));
}

inline Result<std::unique_ptr<keystore::Keystore>> open_store(const std::string& path,
                                                              const keystore::KeystoreOptions& options = {}) {
  return keystore::Keystore::open(path, raw_key(), options, hasher());
}
inline Result<std::unique_ptr<keystore::Keystore>> create_store(const std::string& path) {
  return keystore::Keystore::create(path, raw_key(), keystore::kSmallCost, hasher());
}

}  // namespace hawser::test
