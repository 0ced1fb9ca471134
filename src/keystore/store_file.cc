#include "src/keystore/store_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <utility>

#include "src/keystore/envelope.h"
#include "src/keystore/file_check.h"
#include "src/keystore/system_call.h"

namespace hawser::keystore {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;

struct SplitPath {
  std::string directory;
  std::string name;
};

SplitPath split(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

// Whole, from the beginning.
Result<std::string> read_whole(int fd, const std::string& path) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return io_error(errno, path);
  if (status.st_size > static_cast<off_t>(kLargestFileBytes)) {
    return usage_error(path + " is too large for a keystore (over " +
                       std::to_string(kLargestFileBytes >> 20) + " MiB)");
  }
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  if (lseek(fd, 0, SEEK_SET) != 0) return io_error(errno, path);
  const long got = read_up_to(fd, bytes.data(), bytes.size());
  if (got < 0) return io_error(errno, path);
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

Result<void> sync(int fd, const std::string& what) {
  if (uninterrupted([&] { return fsync(fd); }) != 0) return io_error(errno, what);
  return {};
}

}  // namespace

Result<StoreFile> StoreFile::at(const std::string& path, Access access) {
  SplitPath parts = split(path);
  if (parts.name.empty() || parts.name == "." || parts.name == "..") {
    return usage_error("\"" + path +
                       "\" names no file: a keystore is a file, as in /var/lib/hawser/keys.nvks");
  }
  StoreFile file;
  file.path_ = path;
  file.name_ = std::move(parts.name);
  file.access_ = access;
  // Links are followed here: systemd makes state directories links. What they lead to is checked.
  file.directory_ = UniqueFd(
      uninterrupted([&] { return ::open(parts.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!file.directory_.is_open()) {
    if (errno == ENOENT) return io_error(ENOENT, path);
    return usage_error(parts.directory + " can't be opened: " + errno_text(errno));
  }
  if (auto checked = check_private_directory(file.directory_.get(), parts.directory); !checked) {
    return tl::unexpected<Error>(std::move(checked.error()));
  }
  return file;
}

Result<StoreFile> StoreFile::open(const std::string& path, Access access) {
  auto file = at(path, access);
  if (!file) return file;
  // Before the lock, whose file would be left beside no store.
  if (faccessat(file->directory_.get(), file->name_.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) != 0 &&
      errno == ENOENT) {
    return io_error(ENOENT, path);
  }
  if (auto locked = file->lock(); !locked) return tl::unexpected<Error>(std::move(locked.error()));
  if (access == Access::kExclusive) file->remove_temporary();
  return file;
}

Result<StoreFile> StoreFile::create(const std::string& path) {
  const std::string directory = split(path).directory;
  const bool made = mkdir(directory.c_str(), kDirectoryMode) == 0;
  auto file = at(path, Access::kExclusive);
  if (!file) return file;
  if (made) {
    // Whoever may not open the directory above relies on the system to write it some time.
    const UniqueFd above(openat(file->directory_.get(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (above.is_open()) static_cast<void>(sync(above.get(), directory));
  }
  if (auto locked = file->lock(); !locked) return tl::unexpected<Error>(std::move(locked.error()));
  if (faccessat(file->directory_.get(), file->name_.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
    return usage_error("there is already a file at " + path + ": it is left as it is");
  }
  file->remove_temporary();
  return file;
}

Result<void> StoreFile::lock() {
  const std::string name = name_ + ".lock";
  const std::string path = path_ + ".lock";
  lock_ = UniqueFd(uninterrupted([&] {
    return openat(directory_.get(), name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
                  kFileMode);
  }));
  if (!lock_.is_open()) return usage_error(path + " can't be opened: " + errno_text(errno));
  if (auto checked = check_private_file(lock_.get(), path); !checked) return checked;
  const int kind = access_ == Access::kExclusive ? LOCK_EX : LOCK_SH;
  if (uninterrupted([&] { return flock(lock_.get(), kind | LOCK_NB); }) == 0) return {};
  if (errno != EWOULDBLOCK) return usage_error(path + " can't be locked: " + errno_text(errno));
  return usage_error(
      "the keystore " + path_ +
      " is open in another process, a server or hawser-keys: stop that one, or reach a running "
      "server's keys through its admin listener (hawser-keys --admin)");
}

Result<std::string> StoreFile::read() const {
  const auto fd = open_private_file(directory_.get(), name_, path_);
  if (!fd) return tl::unexpected<Error>(fd.error());
  return read_whole(fd->get(), path_);
}

Result<void> StoreFile::replace(std::string_view bytes,
                                const std::function<bool(std::string_view)>& is_readable) {
  if (access_ != Access::kExclusive) return usage_error(path_ + " was opened to be read");
  if (auto written = write_temporary(bytes, is_readable); !written) {
    remove_temporary();
    return written;
  }
  const std::string from = temporary();
  if (renameat(directory_.get(), from.c_str(), directory_.get(), name_.c_str()) != 0) {
    const int error = errno;
    remove_temporary();
    return io_error(error, "replacing the keystore");
  }
  return sync(directory_.get(), "syncing the keystore's directory");
}

Result<void> StoreFile::write_temporary(std::string_view bytes,
                                        const std::function<bool(std::string_view)>& is_readable) const {
  remove_temporary();  // of a save that failed and could not clean up
  const std::string name = temporary();
  const UniqueFd fd(uninterrupted([&] {
    return openat(directory_.get(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                  kFileMode);
  }));
  if (!fd.is_open()) return io_error(errno, "making a file beside the keystore");
  if (!write_all(fd.get(), bytes)) return io_error(errno, "writing the keystore");
  if (auto synced = sync(fd.get(), "syncing the keystore"); !synced) return synced;
  const auto again = read_whole(fd.get(), "reading the keystore back");
  if (!again) return tl::unexpected<Error>(again.error());
  if (!is_readable(*again)) return io_error(EIO, "the keystore was read back otherwise than it was written");
  return {};
}

void StoreFile::remove_temporary() const {
  const std::string name = temporary();
  unlinkat(directory_.get(), name.c_str(), 0);
}

}  // namespace hawser::keystore
