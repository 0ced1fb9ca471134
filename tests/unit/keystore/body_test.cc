#include "src/keystore/body.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "store_body.pb.h"
#include "unit/keystore/store_fixture.h"

namespace hawser::test {
namespace {

using crypto::KeySpec;
using keystore::decode_body;
using keystore::encode_body;
using keystore::StoreIndex;

std::vector<keys::Key> one_key() {
  std::vector<keys::Key> keys;
  keys.push_back(make_key("signing", KeySpec::kEcP256));
  return keys;
}

std::string field(char tag, const std::string& bytes) {
  std::string out(1, tag);
  for (std::size_t left = bytes.size();; left >>= 7) {
    out.push_back(static_cast<char>(left > 0x7F ? left | 0x80 : left));
    if (left <= 0x7F) return out + bytes;
  }
}

// A body apart, as a test changes it, and together again.
struct Parts {
  StoreIndex index;
  std::vector<std::string> private_keys;

  static Parts of(const std::vector<keys::Key>& keys) {
    Parts parts;
    const auto body = encode_body(7, keys);
    REQUIRE(body);
    for (const keys::Key& key : keys) {
      for (const keys::KeyVersion& version : key.versions) {
        parts.private_keys.emplace_back(version.private_key->get()->to_pkcs8()->view());
      }
    }
    std::size_t rest = 0;
    for (const std::string& key : parts.private_keys) rest += field('\x12', key).size();
    const std::string head(body->view().substr(0, body->size() - rest));
    const std::size_t size_bytes = head.size() > 130 ? 2 : 1;
    REQUIRE(parts.index.ParseFromString(head.substr(1 + size_bytes)));
    return parts;
  }
  std::string joined() const {
    std::string out = field('\x0A', index.SerializeAsString());
    for (const std::string& key : private_keys) out += field('\x12', key);
    return out;
  }
};

void refused(const Parts& parts, std::string_view words) {
  CAPTURE(words);
  const auto body = decode_body(parts.joined(), hasher());
  REQUIRE_FALSE(body);
  CHECK(body.error().scope == ErrorScope::kUsage);
  CHECK_MESSAGE(body.error().detail.find(words) != std::string::npos, body.error().detail);
}

TEST_CASE("Body: keys of every kind make the round trip, with all that is known of them") {
  std::vector<keys::Key> keys;
  for (const KeySpec spec : {KeySpec::kEcP256, KeySpec::kEcP384, KeySpec::kEcP521, KeySpec::kEd25519}) {
    keys.push_back(make_key("key-" + std::to_string(static_cast<int>(spec)), spec));
  }
  keys::Key& key = keys.front();
  key.algorithms.resize(1);
  key.versions.push_back(make_version(5, crypto::PrivateKey::generate(key.spec).value()));
  key.versions.back().state = keys::VersionState::kDestroyScheduled;
  key.versions.back().destroy_ms = 1'800'000'000'000;
  key.versions.push_back(make_version(6, crypto::PrivateKey::generate(key.spec).value()));
  key.versions.back().state = keys::VersionState::kDisabled;
  key.primary = 5;
  key.rotate_after_ms = 86'400'000;

  const auto bytes = encode_body(42, keys);
  REQUIRE(bytes);
  const auto body = decode_body(bytes->view(), hasher());
  REQUIRE(body);
  CHECK(body->generation == 42);
  REQUIRE(body->keys.size() == keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const keys::Key& a = keys[i];
    const keys::Key& b = body->keys[i];
    CHECK(a.id == b.id);
    CHECK(a.spec == b.spec);
    CHECK(a.algorithms == b.algorithms);
    CHECK(a.primary == b.primary);
    CHECK(a.created_ms == b.created_ms);
    CHECK(a.rotate_after_ms == b.rotate_after_ms);
    REQUIRE(a.versions.size() == b.versions.size());
    for (std::size_t j = 0; j < a.versions.size(); ++j) {
      CHECK(a.versions[j].number == b.versions[j].number);
      CHECK(a.versions[j].state == b.versions[j].state);
      CHECK(a.versions[j].created_ms == b.versions[j].created_ms);
      CHECK(a.versions[j].destroy_ms == b.versions[j].destroy_ms);
      CHECK(a.versions[j].public_key->spki() == b.versions[j].public_key->spki());
      CHECK(a.versions[j].private_key->get()->to_pkcs8()->view() ==
            b.versions[j].private_key->get()->to_pkcs8()->view());
    }
  }
}

TEST_CASE("Body: another generation leaves everything else as it is") {
  const auto bytes = encode_body(1, one_key());
  const auto later = keystore::with_generation(bytes->view(), 300);
  REQUIRE(later);
  CHECK(decode_body(later->view(), hasher())->generation == 300);
  CHECK(keystore::with_generation(later->view(), 1)->view() == bytes->view());
  CHECK_FALSE(keystore::with_generation("nonsense", 1));
}

TEST_CASE("Body: read to be checked it has no private keys, and is refused as ever") {
  Parts parts = Parts::of(one_key());
  const auto body = decode_body(parts.joined(), hasher(), keystore::PrivateKeys::kCheck);
  REQUIRE(body);
  CHECK(body->keys[0].versions[0].private_key->get() == nullptr);
  parts.private_keys = Parts::of(one_key()).private_keys;
  parts.index.mutable_keys(0)->mutable_versions(0)->set_private_key_bytes(
      static_cast<std::uint32_t>(parts.private_keys[0].size()));
  CHECK_FALSE(decode_body(parts.joined(), hasher(), keystore::PrivateKeys::kCheck));
}

TEST_CASE("Body: the private key of a destroyed version is not written, even when it is still at hand") {
  std::vector<keys::Key> keys = one_key();
  const auto der = keys[0].versions[0].private_key->get()->to_pkcs8();
  CHECK(encode_body(1, keys)->view().find(der->view()) != std::string_view::npos);
  keys[0].versions[0].state = keys::VersionState::kDestroyed;
  const auto bytes = encode_body(1, keys);
  CHECK(bytes->view().find(der->view().substr(30, 32)) == std::string_view::npos);
  const auto body = decode_body(bytes->view(), hasher());
  REQUIRE(body);
  CHECK(body->keys[0].versions[0].state == keys::VersionState::kDestroyed);
  CHECK(body->keys[0].versions[0].private_key->get() == nullptr);
  CHECK(body->keys[0].versions[0].public_key->spki() == keys[0].versions[0].public_key->spki());
}

TEST_CASE("Body: a version that isn't destroyed and has no private key can't be written") {
  std::vector<keys::Key> keys = one_key();
  keys[0].versions[0].private_key->destroy();
  CHECK_FALSE(encode_body(1, keys));
}

TEST_CASE("Body: of an Ed25519 key only the seed is kept") {
  std::vector<keys::Key> keys;
  keys.push_back(make_key("ed", KeySpec::kEd25519));
  // PKCS#8 with the seed alone (RFC 8410 7) has 48 bytes, with the public key it would have more.
  CHECK(Parts::of(keys).private_keys.at(0).size() == 48);
}

TEST_CASE("Body: an empty store has no keys") {
  const auto body = decode_body(encode_body(1, {})->view(), hasher());
  REQUIRE(body);
  CHECK(body->keys.empty());
}

TEST_CASE("Body: a private key that isn't that of its public key is refused") {
  Parts parts = Parts::of(one_key());
  Parts other = Parts::of(one_key());
  REQUIRE(decode_body(parts.joined(), hasher()));
  parts.private_keys.swap(other.private_keys);
  parts.index.mutable_keys(0)->mutable_versions(0)->set_private_key_bytes(
      static_cast<std::uint32_t>(parts.private_keys[0].size()));
  refused(parts, "not that of its public key");
}

TEST_CASE("Body: names, kinds, algorithms, versions and states out of place are refused") {
  const Parts good = Parts::of(one_key());
  const auto with = [&](auto change, std::string_view words) {
    Parts parts = good;
    change(*parts.index.mutable_keys(0), *parts.index.mutable_keys(0)->mutable_versions(0));
    refused(parts, words);
  };
  using Key = keystore::StoredKey;
  using Version = keystore::StoredVersion;
  with([](Key& key, Version&) { key.set_id("Not/AName"); }, "valid name");
  with([](Key& key, Version&) { key.set_spec(0); }, "unknown kind");
  with([](Key& key, Version&) { key.set_spec(8); }, "unknown kind");
  with([](Key& key, Version&) { key.set_spec(7); }, "does not fit");
  with([](Key& key, Version&) { key.set_algorithms(0, 0); }, "does not fit");
  with([](Key& key, Version&) { key.set_algorithms(0, 0xFFFFFFFF); }, "does not fit");
  with([](Key& key, Version&) { key.clear_algorithms(); }, "no algorithms");
  with([](Key& key, Version&) { key.set_primary_version(2); }, "no primary");
  with([](Key& key, Version&) { key.set_primary_version(0); }, "no primary");
  with([](Key& key, Version&) { key.clear_versions(); }, "no primary");
  with([](Key&, Version& version) { version.set_number(0); }, "not in order");
  with([](Key& key, Version& version) { *key.add_versions() = version; }, "not in order");
  with([](Key&, Version& version) { version.set_state(0); }, "unknown state");
  with([](Key&, Version& version) { version.set_state(5); }, "unknown state");
  with([](Key&, Version& version) { version.set_state(4); }, "destroyed and has a private key");
  with([](Key&, Version& version) { version.set_private_key_bytes(0); }, "destroyed and has a private key");
  with([](Key&, Version& version) { version.set_private_key_bytes(1); }, "missing");
  with([](Key&, Version& version) { version.set_spki("spki"); }, "SubjectPublicKeyInfo");
  with(
      [](Key& key, Version&) {
        key.set_spec(5);
        key.set_algorithms(0, 8);
        key.mutable_algorithms()->Truncate(1);
      },
      "another kind");
}

TEST_CASE("Body: keys out of order, twice, too few or too many are refused") {
  std::vector<keys::Key> keys = one_key();
  keys.push_back(make_key("zebra", KeySpec::kEcP256));
  const Parts good = Parts::of(keys);
  REQUIRE(decode_body(good.joined(), hasher()));
  Parts parts = good;
  parts.index.mutable_keys()->SwapElements(0, 1);
  std::swap(parts.private_keys[0], parts.private_keys[1]);
  refused(parts, "not in order");
  parts = good;
  parts.index.mutable_keys(1)->set_id("signing");
  refused(parts, "not in order");
  parts = good;
  parts.private_keys.pop_back();
  refused(parts, "missing");
  parts = good;
  parts.private_keys.push_back("more");
  refused(parts, "more than its index says");
}

TEST_CASE("Body: cut off anywhere it is refused, and longer too") {
  const auto bytes = encode_body(3, one_key());
  for (std::size_t size = 0; size < bytes->size(); ++size) {
    CHECK_FALSE(decode_body(bytes->view().substr(0, size), hasher()));
  }
  CHECK_FALSE(decode_body(std::string(bytes->view()) + '\0', hasher()));
}

}  // namespace
}  // namespace hawser::test
