#include "src/keystore/envelope.h"

#include <sodium.h>

#include <bit>
#include <utility>

#include "src/crypto/aead.h"

namespace hawser::keystore {
namespace {

constexpr std::string_view kMagic = "NVKS";
constexpr std::uint16_t kVersion = 1;
constexpr std::uint8_t kKdfNone = 0;
constexpr std::uint8_t kKdfArgon2id = 1;
constexpr std::size_t kHeaderBytes = 35;
constexpr std::size_t kWrappedKeyBytes = crypto::kAeadKeyBytes + crypto::kBoxOverhead;
constexpr std::size_t kPrefixBytes = kHeaderBytes + kWrappedKeyBytes;

constexpr std::string_view kNotAStore = "this is no Hawser keystore";
// Nobody can tell which: the tag of the first box says the same of both.
constexpr std::string_view kWrongOrDamaged =
    "the passphrase is wrong or the file is damaged (authenticated encryption can't tell which): try another "
    "passphrase, or a copy of the file";
constexpr std::string_view kWrongKeyOrDamaged =
    "the raw key is wrong or the file is damaged (authenticated encryption can't tell which): try another "
    "key, or a copy of the file";

template <class Integer>
void append(std::string& out, Integer value) {
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFF));
  }
}

template <class Integer>
Integer take(std::string_view& in) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    value |= std::uint64_t{static_cast<unsigned char>(in[i])} << (8 * i);
  }
  in.remove_prefix(sizeof(Integer));
  return static_cast<Integer>(value);
}

std::string write_header(const Header& header) {
  std::string out(kMagic);
  append(out, kVersion);
  append(out, header.kind == StoreSecret::Kind::kRawKey ? kKdfNone : kKdfArgon2id);
  append(out, header.cost.passes);
  append(out, header.cost.memory_bytes);
  return out += header.salt;
}

bool is_affordable(const crypto::Argon2Cost& cost) {
  return cost.passes >= kSmallCost.passes && cost.passes <= kHighestCost.passes &&
         cost.memory_bytes >= kSmallCost.memory_bytes && cost.memory_bytes <= kHighestCost.memory_bytes &&
         std::has_single_bit(cost.memory_bytes);
}

Result<void> check_kind(const Header& header, const StoreSecret& secret) {
  if (header.kind == secret.kind) return {};
  return usage_error(header.kind == StoreSecret::Kind::kRawKey
                         ? "the keystore is opened by a raw key of 32 bytes, and a passphrase was given"
                         : "the keystore is opened by a passphrase, and a raw key was given");
}

// Of a raw key it is a copy.
Result<crypto::SecretBytes> wrapping_key(const Header& header, const StoreSecret& secret) {
  if (secret.kind == StoreSecret::Kind::kRawKey) return crypto::SecretBytes::copy_of(secret.bytes.view());
  return crypto::argon2id(secret.bytes, header.salt, header.cost);
}

}  // namespace

Result<Header> parse_header(std::string_view file) {
  if (!file.starts_with(kMagic)) return usage_error(std::string(kNotAStore));
  if (file.size() < kHeaderBytes) return usage_error("the keystore is cut off");
  file.remove_prefix(kMagic.size());
  const auto version = take<std::uint16_t>(file);
  if (version != kVersion) {
    return usage_error("the keystore is of version " + std::to_string(version) +
                       ", and this program reads version 1");
  }
  const auto kdf = take<std::uint8_t>(file);
  Header header;
  header.kind = kdf == kKdfNone ? StoreSecret::Kind::kRawKey : StoreSecret::Kind::kPassphrase;
  header.cost.passes = take<std::uint32_t>(file);
  header.cost.memory_bytes = take<std::uint64_t>(file);
  header.salt = std::string(file.substr(0, crypto::kArgon2SaltBytes));
  const bool valid = kdf == kKdfNone ? header.cost.passes == 0 && header.cost.memory_bytes == 0
                                     : kdf == kKdfArgon2id && is_affordable(header.cost);
  if (!valid) {
    return usage_error(
        "the keystore's header asks for a key derivation that isn't done here (none, or Argon2id of 2 to 10 "
        "passes and 64 MiB to 1 GiB): the file is damaged, or not one of ours");
  }
  return header;
}

Result<Envelope> Envelope::create(const StoreSecret& secret, const crypto::Argon2Cost& cost) {
  Header header;
  header.kind = secret.kind;
  if (secret.kind == StoreSecret::Kind::kPassphrase) header.cost = cost;
  header.salt.resize(crypto::kArgon2SaltBytes);
  auto data_key = crypto::SecretBytes::allocate(crypto::kAeadKeyBytes);  // before anything else of libsodium
  if (!data_key) return tl::unexpected<Error>(std::move(data_key.error()));
  randombytes_buf(header.salt.data(), header.salt.size());
  randombytes_buf(data_key->data(), data_key->size());
  const auto wrapping = wrapping_key(header, secret);
  if (!wrapping) return tl::unexpected<Error>(wrapping.error());

  Envelope made;
  made.kind_ = header.kind;
  made.cost_ = header.cost;
  made.prefix_ = write_header(header);
  crypto::append_box(made.prefix_, *data_key, *wrapping);
  made.data_key_ = std::move(*data_key);
  return made;
}

Result<Envelope> Envelope::unlock(std::string_view file, const StoreSecret& secret) {
  const auto header = parse_header(file);
  if (!header) return tl::unexpected<Error>(header.error());
  if (file.size() < kPrefixBytes) return usage_error("the keystore is cut off");
  if (auto same = check_kind(*header, secret); !same) return tl::unexpected<Error>(std::move(same.error()));
  const auto wrapping = wrapping_key(*header, secret);
  if (!wrapping) return tl::unexpected<Error>(wrapping.error());
  auto data_key = crypto::open_box(file, kHeaderBytes, kWrappedKeyBytes, *wrapping);
  if (!data_key) {
    const bool raw = secret.kind == StoreSecret::Kind::kRawKey;
    return usage_error(std::string(raw ? kWrongKeyOrDamaged : kWrongOrDamaged));
  }
  Envelope unlocked;
  unlocked.kind_ = header->kind;
  unlocked.cost_ = header->cost;
  unlocked.prefix_ = std::string(file.substr(0, kPrefixBytes));
  unlocked.data_key_ = std::move(*data_key);
  return unlocked;
}

std::string Envelope::seal(const crypto::SecretBytes& body) const {
  std::string file;
  file.reserve(prefix_.size() + body.size() + crypto::kBoxOverhead);
  file += prefix_;
  crypto::append_box(file, body, data_key_);
  return file;
}

Result<crypto::SecretBytes> Envelope::open(std::string_view file) const {
  if (!file.starts_with(prefix_)) return usage_error("this file is not what this store wrote");
  auto body = crypto::open_box(file, kPrefixBytes, file.size() - kPrefixBytes, data_key_);
  if (!body) return usage_error("the keystore is damaged: its body does not authenticate");
  return body;
}

}  // namespace hawser::keystore
