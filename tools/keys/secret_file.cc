#include "tools/keys/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "hawser/base/unique_fd.h"
#include "src/keystore/secret_source.h"
#include "src/keystore/system_call.h"
#include "tools/keys/secret_flags.h"

namespace hawser::tools {
namespace {

constexpr std::size_t kLargestPemBytes = 64 * 1024;

tl::unexpected<Error> wrong_file(const std::string& path) {
  return usage_error(path + ": " + errno_text(errno));
}

}  // namespace

Result<crypto::SecretBytes> read_private_file(const std::string& path) {
  if (path == "-") return keystore::read_secret_fd(STDIN_FILENO, kLargestPemBytes);
  UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  struct stat status {};
  if (!file.is_open() || fstat(file.get(), &status) != 0) return wrong_file(path);
  if (S_ISREG(status.st_mode) && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    warn(path + " is open to other users: treat the key in it as known to them");
  }
  return keystore::read_secret_fd(file.release(), kLargestPemBytes);
}

Result<void> write_private_file(const std::string& path, std::string_view bytes) {
  if (path == "-") {
    if (!keystore::write_all(STDOUT_FILENO, bytes)) return wrong_file("standard output");
    return {};
  }
  const UniqueFd file(
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file.is_open()) return wrong_file(path);
  if (keystore::write_all(file.get(), bytes) && fsync(file.get()) == 0) return {};
  const auto failure = wrong_file(path);
  unlink(path.c_str());  // half a key is of no use
  return failure;
}

}  // namespace hawser::tools
