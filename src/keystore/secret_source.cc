#include "src/keystore/secret_source.h"

#include <fcntl.h>
#include <sodium.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "hawser/base/unique_fd.h"
#include "src/keystore/file_check.h"
#include "src/keystore/system_call.h"

namespace hawser::keystore {
namespace {

using crypto::SecretBytes;

// One byte more than may be there, so that too many are noticed.
Result<SecretBytes> read_to_end(int fd, std::size_t most, const std::string& where) {
  auto buffer = SecretBytes::allocate(most + 1);
  if (!buffer) return buffer;
  const long got = read_up_to(fd, reinterpret_cast<char*>(buffer->data()), buffer->size());
  if (got < 0) return usage_error(where + " can't be read: " + errno_text(errno));
  if (static_cast<std::size_t>(got) > most) {
    return usage_error(where + " has more than the " + std::to_string(most) + " bytes that are allowed");
  }
  return SecretBytes::copy_of(buffer->view().substr(0, static_cast<std::size_t>(got)));
}

Result<SecretBytes> read_file(const std::string& path, std::size_t most, Owner owner) {
  const auto fd = open_private_file(AT_FDCWD, path, path, owner);
  if (!fd && fd.error().scope == ErrorScope::kIo) return usage_error(fd.error().detail);
  if (!fd) return tl::unexpected<Error>(fd.error());
  return read_to_end(fd->get(), most, path);
}

Result<std::optional<SecretBytes>> as_passphrase(Result<SecretBytes> bytes, const std::string& where) {
  if (!bytes) return tl::unexpected<Error>(std::move(bytes.error()));
  std::string_view text = bytes->view();
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.empty()) return usage_error(where + " holds no passphrase");
  if (text.size() > kLongestPassphrase) return usage_error(where + ": a passphrase has at most 1024 bytes");
  auto passphrase = SecretBytes::copy_of(text);
  if (!passphrase) return tl::unexpected<Error>(std::move(passphrase.error()));
  return std::optional<SecretBytes>(std::move(*passphrase));
}

// Empty: the service manager gives none of that name.
std::string credential_path(const std::string& name) {
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (name.empty() || directory == nullptr || *directory == '\0') return {};
  std::string path = std::string(directory) + '/' + name;
  return faccessat(AT_FDCWD, path.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? path : std::string();
}

Result<std::optional<SecretBytes>> take_from_environment(const std::string& name, log::Sink& log) {
  char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::optional<SecretBytes>();
  const std::size_t size = std::strlen(value);
  auto passphrase = as_passphrase(SecretBytes::copy_of({value, size}), "$" + name);
  sodium_memzero(value, size);
  unsetenv(name.c_str());  // lint: allow setenv: a secret must not stay there; no thread has been started
  log.write(
      log::Level::kWarning,
      "the passphrase came from the environment, where processes of the same user can read it: a file or "
      "a credential of the service manager is safer",
      {{"variable", name}});
  return passphrase;
}

constexpr std::size_t kPassphraseFileBytes = kLongestPassphrase + 1;  // and its newline

}  // namespace

Result<std::optional<SecretBytes>> read_passphrase(const PassphraseSources& sources, log::Sink& log) {
  if (!sources.file.empty()) {
    return as_passphrase(read_file(sources.file, kPassphraseFileBytes, Owner::kUs), sources.file);
  }
  if (const std::string path = credential_path(sources.credential); !path.empty()) {
    return as_passphrase(read_file(path, kPassphraseFileBytes, Owner::kServiceManager), path);
  }
  if (sources.fd) {
    return as_passphrase(read_secret_fd(*sources.fd, kPassphraseFileBytes),
                         "descriptor " + std::to_string(*sources.fd));
  }
  if (!sources.environment.empty()) return take_from_environment(sources.environment, log);
  return std::optional<SecretBytes>();
}

Result<StoreSecret> read_store_secret(const SecretSources& sources, log::Sink& log) {
  if (!sources.raw_key_file.empty() || sources.raw_key_fd) {
    auto key = sources.raw_key_file.empty() ? read_secret_fd(*sources.raw_key_fd, kRawKeyBytes)
                                            : read_file(sources.raw_key_file, kRawKeyBytes, Owner::kUs);
    if (!key) return tl::unexpected<Error>(std::move(key.error()));
    if (key->size() != kRawKeyBytes) {
      return usage_error("a raw key has exactly 32 bytes, and there are " + std::to_string(key->size()));
    }
    return StoreSecret{StoreSecret::Kind::kRawKey, std::move(*key)};
  }
  auto passphrase = read_passphrase(sources.passphrase, log);
  if (!passphrase) return tl::unexpected<Error>(std::move(passphrase.error()));
  if (*passphrase) return StoreSecret{StoreSecret::Kind::kPassphrase, std::move(**passphrase)};
  return usage_error(
      "the keystore needs a passphrase: --keystore-passphrase-file FILE, a credential keystore-passphrase of "
      "the "
      "service manager, --keystore-passphrase-fd N, or $HAWSER_KEYSTORE_PASSPHRASE (or a raw key: "
      "--keystore-raw-key-file FILE)");
}

Result<SecretBytes> read_secret_fd(int fd, std::size_t most) {
  if (fcntl(fd, F_GETFD) < 0) {
    return usage_error("descriptor " + std::to_string(fd) +
                       " isn't open: whoever starts this program opens it");
  }
  const UniqueFd owned(fd);
  return read_to_end(owned.get(), most, "descriptor " + std::to_string(fd));
}

}  // namespace hawser::keystore
