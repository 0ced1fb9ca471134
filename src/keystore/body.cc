#include "src/keystore/body.h"

#include <google/protobuf/io/coded_stream.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "src/keys/key_id.h"
#include "store_body.pb.h"

namespace hawser::keystore {
namespace {

using google::protobuf::io::CodedOutputStream;

// Number of the field, and that its bytes follow their count.
constexpr std::uint8_t kIndexTag = 1U << 3 | 2U;
constexpr std::uint8_t kPrivateKeyTag = 2U << 3 | 2U;

// crypto.KeySpec begins at 1, for 0 is "unspecified".
std::uint32_t number_of(crypto::KeySpec spec) { return static_cast<std::uint32_t>(spec) + 1; }

std::optional<crypto::KeySpec> spec_of(std::uint32_t number) {
  if (number < 1 || number > number_of(crypto::KeySpec::kEd25519)) return std::nullopt;
  return static_cast<crypto::KeySpec>(number - 1);
}

std::optional<keys::VersionState> state_of(std::uint32_t number) {
  if (number < 1 || number > static_cast<std::uint32_t>(keys::VersionState::kDestroyed)) return std::nullopt;
  return static_cast<keys::VersionState>(number);
}

tl::unexpected<Error> malformed(std::string_view what) {
  return usage_error("what the keystore holds is malformed: " + std::string(what));
}

std::size_t field_bytes(std::size_t size) { return 1 + CodedOutputStream::VarintSize64(size) + size; }

unsigned char* write_field_head(std::uint8_t tag, std::size_t size, unsigned char* out) {
  return CodedOutputStream::WriteVarint64ToArray(size, CodedOutputStream::WriteTagToArray(tag, out));
}

// No PKCS#8 of such a key is longer, with some bytes for its field.
std::size_t most_private_bytes(crypto::KeySpec spec) {
  switch (spec) {
    case crypto::KeySpec::kRsa2048:
      return 1300;
    case crypto::KeySpec::kRsa3072:
      return 1900;
    case crypto::KeySpec::kRsa4096:
      return 2500;
    default:
      return 300;
  }
}

bool is_stored_with_private_key(const keys::KeyVersion& version) {
  return version.state != keys::VersionState::kDestroyed;
}

// The fields of all private keys, one behind the other, in one piece of protected memory: a piece for each
// would take several mappings each, of which a process has some ten thousands.
class PrivateKeyFields final {
 public:
  static Result<PrivateKeyFields> with_room_for(const std::vector<keys::Key>& keys) {
    std::size_t room = 0;
    for (const keys::Key& key : keys) {
      const auto stored = std::count_if(key.versions.begin(), key.versions.end(), is_stored_with_private_key);
      room += static_cast<std::size_t>(stored) * most_private_bytes(key.spec);
    }
    auto bytes = crypto::SecretBytes::allocate(room);
    if (!bytes) return tl::unexpected<Error>(std::move(bytes.error()));
    PrivateKeyFields fields;
    fields.bytes_ = std::move(*bytes);
    return fields;
  }

  Result<void> add(const crypto::SecretBytes& der) {
    if (field_bytes(der.size()) > bytes_.size() - used_) return io_error(EFBIG, "a private key");
    unsigned char* out = write_field_head(kPrivateKeyTag, der.size(), bytes_.data() + used_);
    std::memcpy(out, der.data(), der.size());
    used_ += field_bytes(der.size());
    return {};
  }

  std::string_view view() const { return bytes_.view().substr(0, used_); }

 private:
  crypto::SecretBytes bytes_;
  std::size_t used_ = 0;
};

// Adds the version to the index, and its private key to `private_keys`.
Result<void> encode_version(const keys::KeyVersion& version, StoredVersion& stored,
                            PrivateKeyFields& private_keys) {
  stored.set_number(version.number);
  stored.set_state(static_cast<std::uint32_t>(version.state));
  stored.set_created_ms(version.created_ms);
  stored.set_destroy_ms(version.destroy_ms);
  stored.set_spki(version.public_key->spki());
  if (!is_stored_with_private_key(version)) return {};
  const auto key = version.private_key->get();
  if (key == nullptr) return io_error(EINVAL, "a version without a private key can't be stored");
  const auto der = key->to_pkcs8();
  if (!der) return tl::unexpected<Error>(der.error());
  stored.set_private_key_bytes(static_cast<std::uint32_t>(der->size()));
  return private_keys.add(*der);
}

Result<void> encode_key(const keys::Key& key, StoredKey& stored, PrivateKeyFields& private_keys) {
  stored.set_id(key.id);
  stored.set_spec(number_of(key.spec));
  for (const crypto::Algorithm algorithm : key.algorithms) {
    stored.add_algorithms(static_cast<std::uint32_t>(algorithm));
  }
  stored.set_primary_version(key.primary);
  stored.set_created_ms(key.created_ms);
  stored.set_rotate_after_ms(key.rotate_after_ms);
  for (const keys::KeyVersion& version : key.versions) {
    if (auto added = encode_version(version, *stored.add_versions(), private_keys); !added) return added;
  }
  return {};
}

Result<crypto::SecretBytes> join(const StoreIndex& index, std::string_view private_keys) {
  const std::size_t index_bytes = index.ByteSizeLong();
  if (index_bytes > std::size_t{std::numeric_limits<int>::max()}) {
    return io_error(EFBIG, "the index of all keys");
  }
  auto body = crypto::SecretBytes::allocate(field_bytes(index_bytes) + private_keys.size());
  if (!body) return body;
  unsigned char* out = write_field_head(kIndexTag, index_bytes, body->data());
  out = index.SerializeWithCachedSizesToArray(out);
  std::memcpy(out, private_keys.data(), private_keys.size());
  return body;
}

// What is left of a body.
class Reader final {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  bool at_end() const { return left_.empty(); }
  std::string_view rest() const { return left_; }

  /// The bytes of a field that must be the next one.
  std::optional<std::string_view> field(std::uint8_t tag) {
    if (left_.empty() || static_cast<unsigned char>(left_.front()) != tag) return std::nullopt;
    left_.remove_prefix(1);
    const auto size = varint();
    if (!size || *size > left_.size()) return std::nullopt;
    const std::string_view bytes = left_.substr(0, *size);
    left_.remove_prefix(bytes.size());
    return bytes;
  }

 private:
  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 35 && !left_.empty(); shift += 7) {  // a size needs no more
      const auto byte = static_cast<unsigned char>(left_.front());
      left_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if ((byte & 0x80U) == 0) return value;
    }
    return std::nullopt;
  }

  std::string_view left_;
};

// The index, which is the first field; false: it isn't.
bool read_index(Reader& body, StoreIndex& index) {
  const auto bytes = body.field(kIndexTag);
  return bytes && bytes->size() <= std::size_t{std::numeric_limits<int>::max()} &&
         index.ParseFromArray(bytes->data(), static_cast<int>(bytes->size()));
}

// What decoding needs besides a message.
struct Decoding {
  Reader private_keys;
  const crypto::Hasher& hasher;
  PrivateKeys wanted;
};

Result<std::shared_ptr<const crypto::PrivateKey>> decode_private_key(const StoredVersion& stored,
                                                                     Decoding& decoding) {
  if (stored.private_key_bytes() == 0) return nullptr;
  const auto der = decoding.private_keys.field(kPrivateKeyTag);
  if (!der || der->size() != stored.private_key_bytes()) return malformed("a private key is missing");
  auto key = crypto::PrivateKey::from_trusted_pkcs8(*der);
  if (!key && key.error().scope != ErrorScope::kUsage) return tl::unexpected<Error>(std::move(key.error()));
  if (!key) return malformed(key.error().detail);
  const auto spki = key->to_spki();
  if (!spki || *spki != stored.spki()) return malformed("a private key is not that of its public key");
  if (decoding.wanted == PrivateKeys::kCheck) return nullptr;
  return std::make_shared<const crypto::PrivateKey>(std::move(*key));
}

Result<keys::KeyVersion> decode_version(const StoredVersion& stored, crypto::KeySpec spec,
                                        Decoding& decoding) {
  const auto state = state_of(stored.state());
  if (!state) return malformed("a version is in an unknown state");
  if ((*state == keys::VersionState::kDestroyed) != (stored.private_key_bytes() == 0)) {
    return malformed("a version is destroyed and has a private key, or neither");
  }
  auto public_key = crypto::PublicKey::from_spki(stored.spki(), decoding.hasher);
  if (!public_key) return malformed(public_key.error().detail);
  if (public_key->spec() != spec) return malformed("a version is of another kind than its key");
  auto private_key = decode_private_key(stored, decoding);
  if (!private_key) return tl::unexpected<Error>(std::move(private_key.error()));

  keys::KeyVersion version;
  version.number = stored.number();
  version.state = *state;
  version.created_ms = stored.created_ms();
  version.destroy_ms = stored.destroy_ms();
  version.public_key = std::make_shared<const crypto::PublicKey>(std::move(*public_key));
  version.private_key = std::make_shared<keys::PrivateSlot>(std::move(*private_key));
  return version;
}

Result<keys::Key> decode_key(const StoredKey& stored, Decoding& decoding) {
  keys::Key key;
  key.id = stored.id();
  if (!keys::is_key_id(key.id)) return malformed("a key has no valid name");
  const auto spec = spec_of(stored.spec());
  if (!spec) return malformed("a key is of an unknown kind");
  key.spec = *spec;
  for (const std::uint32_t number : stored.algorithms()) {
    const auto algorithm =
        number < crypto::kAlgorithms ? crypto::algorithm_of(static_cast<int>(number)) : std::nullopt;
    if (!algorithm || !crypto::fits(*spec, *algorithm))
      return malformed("a key has an algorithm that does not fit");
    key.algorithms.push_back(*algorithm);
  }
  if (key.algorithms.empty()) return malformed("a key has no algorithms");
  std::uint32_t last = 0;
  for (const StoredVersion& one : stored.versions()) {
    if (one.number() <= last) return malformed("the versions of a key are not in order");
    last = one.number();
    auto version = decode_version(one, *spec, decoding);
    if (!version) return tl::unexpected<Error>(std::move(version.error()));
    key.versions.push_back(std::move(*version));
  }
  key.primary = stored.primary_version();
  if (key.primary == 0 || key.find_version(key.primary) == nullptr) {
    return malformed("a key has no primary version");
  }
  key.created_ms = stored.created_ms();
  key.rotate_after_ms = stored.rotate_after_ms();
  return key;
}

}  // namespace

Result<crypto::SecretBytes> encode_body(std::uint64_t generation, const std::vector<keys::Key>& keys) {
  StoreIndex index;
  index.set_generation(generation);
  auto private_keys = PrivateKeyFields::with_room_for(keys);
  if (!private_keys) return tl::unexpected<Error>(std::move(private_keys.error()));
  for (const keys::Key& key : keys) {
    if (auto added = encode_key(key, *index.add_keys(), *private_keys); !added) {
      return tl::unexpected<Error>(std::move(added.error()));
    }
  }
  return join(index, private_keys->view());
}

Result<crypto::SecretBytes> with_generation(std::string_view body, std::uint64_t generation) {
  Reader reader(body);
  StoreIndex index;
  if (!read_index(reader, index)) return malformed("its index can't be read");
  index.set_generation(generation);
  return join(index, reader.rest());
}

Result<Body> decode_body(std::string_view bytes, const crypto::Hasher& hasher, PrivateKeys wanted) {
  Decoding decoding{Reader(bytes), hasher, wanted};
  StoreIndex index;
  if (!read_index(decoding.private_keys, index)) return malformed("its index can't be read");
  Body body;
  body.generation = index.generation();
  for (const StoredKey& stored : index.keys()) {
    auto key = decode_key(stored, decoding);
    if (!key) return tl::unexpected<Error>(std::move(key.error()));
    if (!body.keys.empty() && body.keys.back().id >= key->id) return malformed("keys are not in order");
    body.keys.push_back(std::move(*key));
  }
  if (!decoding.private_keys.at_end()) return malformed("there is more than its index says");
  return body;
}

}  // namespace hawser::keystore
