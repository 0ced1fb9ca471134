// Writes the seed corpus of fuzz_keystore: make_keystore_corpus DIRECTORY. As make_corpus.cc; apart because
// it links the keystore. Its keys are made for it and guard nothing.
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/crypto/pem.h"
#include "src/crypto/private_key.h"
#include "src/keystore/body.h"
#include "src/keystore/envelope.h"
#include "unit/crypto/hasher.h"

namespace hawser::test {
namespace {

keys::Key make_key(std::string id, crypto::KeySpec spec) {
  crypto::PrivateKey made = crypto::PrivateKey::generate(spec).value();
  keys::Key key;
  key.id = std::move(id);
  key.spec = spec;
  const auto algorithms = crypto::algorithms_of(spec);
  key.algorithms.assign(algorithms.begin(), algorithms.end());
  key.primary = 1;
  keys::KeyVersion version;
  version.number = 1;
  version.public_key = std::make_shared<const crypto::PublicKey>(
      crypto::PublicKey::from_spki(made.to_spki().value(), hasher()).value());
  version.private_key =
      std::make_shared<keys::PrivateSlot>(std::make_shared<const crypto::PrivateKey>(std::move(made)));
  key.versions.push_back(std::move(version));
  return key;
}

void write(const std::filesystem::path& folder, std::string_view name, std::string_view bytes) {
  std::ofstream(folder / name, std::ios::binary) << bytes;
}

void write_all(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::vector<keys::Key> keys;
  keys.push_back(make_key("a", crypto::KeySpec::kEcP256));
  keys.push_back(make_key("b", crypto::KeySpec::kEd25519));
  const auto body = keystore::encode_body(7, keys).value();
  write(folder, "body", "b" + std::string(body.view()));
  keys[1].versions[0].state = keys::VersionState::kDestroyed;
  write(folder, "body_destroyed", "b" + std::string(keystore::encode_body(8, keys)->view()));
  write(folder, "body_empty", "b" + std::string(keystore::encode_body(1, {})->view()));
  write(folder, "body_cut", "b" + std::string(body.view().substr(0, body.size() / 2)));

  const keystore::StoreSecret key{keystore::StoreSecret::Kind::kRawKey,
                                  crypto::SecretBytes::copy_of(std::string(32, 'k')).value()};
  const std::string file = keystore::Envelope::create(key, {}).value().seal(body);
  write(folder, "envelope", "e" + file);
  write(folder, "envelope_header", "e" + file.substr(0, 35));
  std::string costly("eNVKS\x01\x00\x01\x03\x00\x00\x00", 12);
  costly += std::string("\x00\x00\x00\x10\x00\x00\x00\x00", 8) + std::string(100, 's');
  write(folder, "envelope_argon2", costly);

  const auto pkcs8 = keys[0].versions[0].private_key->get()->to_pkcs8().value();
  write(folder, "pem", "p" + std::string(crypto::pkcs8_to_pem(pkcs8)->view()));
  write(folder, "pem_other", "p-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n");
}

}  // namespace
}  // namespace hawser::test

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  hawser::test::write_all(std::filesystem::path(argv[1]) / "keystore");
  return 0;
}
