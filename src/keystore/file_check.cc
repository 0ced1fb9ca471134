#include "src/keystore/file_check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "src/keystore/system_call.h"

namespace hawser::keystore {
namespace {

constexpr mode_t kAnybodyElse = 0077;
constexpr mode_t kAnybodyButReadingGroup = 0037;

std::string mode_text(mode_t mode) {
  char text[8] = {};
  std::snprintf(text, sizeof text, "0%03o", static_cast<unsigned>(mode & 07777));
  return text;
}

Result<struct stat> status_of(int fd, const std::string& path) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return io_error(errno, path);
  return status;
}

Result<void> check_owner(const struct stat& status, const std::string& path) {
  if (status.st_uid == geteuid()) return {};
  return usage_error(path + " belongs to user " + std::to_string(status.st_uid) +
                     ", and this program runs as user " + std::to_string(geteuid()) +
                     ": only files of the same user are trusted (chown)");
}

Result<void> check_mode(const struct stat& status, mode_t forbidden, const std::string& path,
                        const std::string& wanted) {
  if ((status.st_mode & forbidden) == 0) return {};
  return usage_error(path + " is open to other users (mode " + mode_text(status.st_mode) + "): chmod " +
                     wanted + " it, and if others could read it, treat what is in it as known to them");
}

}  // namespace

Result<void> check_private_file(int fd, const std::string& path, Owner owner) {
  const auto status = status_of(fd, path);
  if (!status) return tl::unexpected<Error>(status.error());
  if (!S_ISREG(status->st_mode)) return usage_error(path + " is no regular file");
  if (owner == Owner::kUs) {
    if (auto ours = check_owner(*status, path); !ours) return ours;
  }
  const mode_t forbidden = owner == Owner::kUs ? kAnybodyElse : kAnybodyButReadingGroup;
  if (auto closed = check_mode(*status, forbidden, path, "0600"); !closed) return closed;
  if (status->st_nlink == 1) return {};
  return usage_error(path + " has " + std::to_string(status->st_nlink) +
                     " names (hard links): remove the others, which may be in somebody else's directory");
}

Result<void> check_private_directory(int fd, const std::string& path) {
  const auto status = status_of(fd, path);
  if (!status) return tl::unexpected<Error>(status.error());
  if (auto ours = check_owner(*status, path); !ours) return ours;
  return check_mode(*status, kAnybodyElse, path, "0700");
}

Result<UniqueFd> open_private_file(int directory_fd, const std::string& name, const std::string& path,
                                   Owner owner) {
  UniqueFd fd(uninterrupted([&] {
    return openat(directory_fd, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  }));
  if (!fd.is_open()) {
    if (errno == ENOENT) return io_error(ENOENT, path);
    if (errno == ELOOP) return usage_error(path + " is a symbolic link: name the file itself");
    return usage_error(path + " can't be opened: " + errno_text(errno));
  }
  if (auto checked = check_private_file(fd.get(), path, owner); !checked) {
    return tl::unexpected<Error>(std::move(checked.error()));
  }
  return fd;
}

}  // namespace hawser::keystore
