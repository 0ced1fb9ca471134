#include "src/keystore/keystore.h"

#include <sodium.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "hawser/base/clock.h"
#include "src/keys/refusal.h"
#include "src/keystore/body.h"

namespace hawser::keystore {
namespace {

std::array<unsigned char, 32> digest_of(std::string_view file) {
  std::array<unsigned char, 32> digest{};
  crypto_generichash(digest.data(), digest.size(), reinterpret_cast<const unsigned char*>(file.data()),
                     file.size(), nullptr, 0);
  return digest;
}

bool is_same(const crypto::SecretBytes& one, const crypto::SecretBytes& other) {
  return one.size() == other.size() && sodium_memcmp(one.data(), other.data(), one.size()) == 0;
}

// For the caller of an administrative method: no path.
tl::unexpected<Error> not_written(const Error& error) {
  return keys::refuse(keys::Refusal::kUnavailable,
                      "the keystore could not be written, and the keys stay as they were: " + error.detail);
}

tl::unexpected<Error> lost(std::string_view what) {
  return keys::refuse(keys::Refusal::kDataLoss,
                      "the keystore's file can't be read back: " + std::string(what));
}

tl::unexpected<Error> in_file(const std::string& path, const Error& error) {
  if (is_missing(error)) {
    return tl::unexpected<Error>(
        Error{ErrorScope::kIo, ENOENT, "there is no keystore at " + path + " (hawser-keys init makes one)"});
  }
  const bool named = error.detail.find(path) != std::string::npos;
  return usage_error(named ? error.detail : path + ": " + error.detail);
}

Result<StoreSecret> passphrase(const crypto::SecretBytes& bytes) {
  auto copy = crypto::SecretBytes::copy_of(bytes.view());
  if (!copy) return tl::unexpected<Error>(std::move(copy.error()));
  return StoreSecret{StoreSecret::Kind::kPassphrase, std::move(*copy)};
}

bool is_passphrase(const crypto::SecretBytes& bytes) {
  return !bytes.empty() && bytes.size() <= kLongestPassphrase;
}

}  // namespace

Result<std::unique_ptr<Keystore>> Keystore::open(const std::string& path, const StoreSecret& secret,
                                                 const KeystoreOptions& options,
                                                 const crypto::Hasher& hasher) {
  auto file = StoreFile::open(path, options.access);
  if (!file) return in_file(path, file.error());
  const auto bytes = file->read();
  if (!bytes) return in_file(path, bytes.error());
  auto envelope = Envelope::unlock(*bytes, secret);
  if (!envelope) return in_file(path, envelope.error());
  std::unique_ptr<Keystore> store(new Keystore(std::move(*file), std::move(*envelope), hasher));
  if (auto loaded = store->load(*bytes); !loaded) return in_file(path, loaded.error());
  if (store->generation() < options.min_generation) {
    return usage_error(path + " is of generation " + std::to_string(store->generation()) + ", and " +
                       std::to_string(options.min_generation) +
                       " is the least that is wanted: this is an old copy of the keystore");
  }
  return store;
}

Result<std::unique_ptr<Keystore>> Keystore::create(const std::string& path, const StoreSecret& secret,
                                                   const crypto::Argon2Cost& cost,
                                                   const crypto::Hasher& hasher) {
  auto file = StoreFile::create(path);
  if (!file) return in_file(path, file.error());
  auto envelope = Envelope::create(secret, cost);
  if (!envelope) return in_file(path, envelope.error());
  std::unique_ptr<Keystore> store(new Keystore(std::move(*file), std::move(*envelope), hasher));
  const auto body = encode_body(1, {});
  if (!body) return in_file(path, body.error());
  if (auto written = store->write(store->envelope_, *body, 1); !written)
    return in_file(path, written.error());
  return store;
}

Result<void> Keystore::load(const std::string& bytes) {
  const auto plaintext = envelope_.open(bytes);
  if (!plaintext) return tl::unexpected<Error>(plaintext.error());
  auto body = decode_body(plaintext->view(), hasher_);
  if (!body) return tl::unexpected<Error>(body.error());
  digest_ = digest_of(bytes);
  last_generation_ = body->generation;
  generation_.store(body->generation, std::memory_order_relaxed);
  keys_ = std::move(body->keys);
  return {};
}

Result<void> Keystore::save(const keys::KeyMap& keys) {
  // A write that failed may be on the disk all the same: its generation isn't used again.
  const std::uint64_t generation = last_generation_ + 1;
  const auto body = encode_body(generation, keys.keys());
  if (!body) return not_written(body.error());
  if (auto written = write(envelope_, *body, generation); !written) return not_written(written.error());
  return {};
}

Result<void> Keystore::write(const Envelope& envelope, const crypto::SecretBytes& body,
                             std::uint64_t generation) {
  const Instant start = Clock::now();
  last_generation_ = generation;
  if (auto replaced = replace_file(envelope, body); !replaced) {
    write_errors_.fetch_add(1, std::memory_order_relaxed);
    return replaced;
  }
  generation_.store(generation, std::memory_order_relaxed);
  last_write_seconds_.store(std::chrono::duration<double>(Clock::now() - start).count(),
                            std::memory_order_relaxed);
  return {};
}

Result<void> Keystore::replace_file(const Envelope& envelope, const crypto::SecretBytes& body) {
  const std::string bytes = envelope.seal(body);
  if (bytes.size() > kLargestFileBytes) return io_error(EFBIG, "all keys together");
  auto replaced = file_.replace(bytes, [&](std::string_view again) {
    const auto opened = envelope.open(again);
    return opened && is_same(*opened, body);
  });
  if (replaced) digest_ = digest_of(bytes);
  return replaced;
}

Result<void> Keystore::change_passphrase(const crypto::SecretBytes& old_passphrase,
                                         const crypto::SecretBytes& new_passphrase) {
  if (envelope_.kind() == StoreSecret::Kind::kRawKey) {
    return keys::refuse(keys::Refusal::kFailedPrecondition,
                        "this keystore is opened by a raw key, so there is no passphrase");
  }
  if (!is_passphrase(new_passphrase)) {
    return keys::refuse(keys::Refusal::kInvalidArgument, "a passphrase has 1 to 1024 bytes");
  }
  const auto before = passphrase(old_passphrase);
  const auto after = passphrase(new_passphrase);
  if (!before) return not_written(before.error());
  if (!after) return not_written(after.error());
  if (!is_passphrase(old_passphrase) || !envelope_.is_opened_by(*before)) {
    return keys::refuse(keys::Refusal::kInvalidArgument, "the old passphrase is wrong");
  }
  const auto stored = read_back();
  if (!stored) return tl::unexpected<Error>(stored.error());
  auto envelope = Envelope::create(*after, envelope_.cost());
  if (!envelope) return not_written(envelope.error());
  const std::uint64_t generation = last_generation_ + 1;
  const auto body = with_generation(stored->view(), generation);
  if (!body) return not_written(body.error());
  if (auto written = write(*envelope, *body, generation); !written) return not_written(written.error());
  envelope_ = std::move(*envelope);
  return {};
}

Result<keys::StorageFacts> Keystore::verify() {
  const auto stored = read_back();
  if (!stored) return tl::unexpected<Error>(stored.error());
  auto body = decode_body(stored->view(), hasher_, PrivateKeys::kCheck);
  if (!body && body.error().scope == ErrorScope::kIo) {
    return keys::refuse(keys::Refusal::kUnavailable, "the keystore can't be checked: " + body.error().detail);
  }
  if (!body) return lost(body.error().detail);
  const std::uint64_t generation = body->generation;
  return keys::facts_of(keys::KeyMap(std::move(body->keys)), generation);
}

Result<crypto::SecretBytes> Keystore::read_back() const {
  const auto bytes = file_.read();
  if (!bytes) {
    return lost(is_missing(bytes.error()) ? "it is gone" : "it can't be opened, or is open to others");
  }
  if (digest_of(*bytes) != digest_) return lost("it isn't what was last saved");
  auto body = envelope_.open(*bytes);
  if (!body) return lost(body.error().detail);
  return body;
}

bool is_missing(const Error& error) { return error.scope == ErrorScope::kIo && error.code == ENOENT; }

int exit_code_of(const Error& error) { return is_missing(error) ? kExitMissing : kExitRefused; }

}  // namespace hawser::keystore
