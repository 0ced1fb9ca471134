// Who may open a store, and what is safe to be one.
#include "src/keystore/store_file.h"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>

#include "src/keystore/file_check.h"
#include "unit/keystore/store_fixture.h"

namespace hawser::test {
namespace {

using keystore::StoreFile;
using Access = keystore::StoreFile::Access;

// What `act` gives in another process.
int in_child(const std::function<int()>& act) {
  const pid_t child = fork();
  if (child == 0) _exit(act());
  REQUIRE(child > 0);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

struct Fingerprint {
  std::string bytes;
  std::filesystem::file_time_type written;

  static Fingerprint of(const std::string& path) {
    return {read_file(path), std::filesystem::last_write_time(path)};
  }
  bool operator==(const Fingerprint&) const = default;
};

// Opening is refused with these words, and the file at `target` is as it was.
void refused(const std::string& path, std::string_view words, const std::string& target) {
  CAPTURE(words);
  const Fingerprint before = Fingerprint::of(target);
  const auto store = open_store(path);
  REQUIRE_FALSE(store);
  CHECK(store.error().scope == ErrorScope::kUsage);
  CHECK_MESSAGE(store.error().detail.find(words) != std::string::npos, store.error().detail);
  CHECK(Fingerprint::of(target) == before);
}

struct StoreFixture {
  TemporaryDirectory directory;
  std::string path = directory.file("keys.nvks");
  StoreFixture() { REQUIRE(create_store(path)); }
};

TEST_CASE_FIXTURE(StoreFixture, "StoreFile: a second opener is refused, in this process and in another") {
  const auto first = open_store(path);
  REQUIRE(first);
  refused(path, "open in another process", path);
  refused(path, "--admin", path);
  CHECK(in_child([&] { return open_store(path) ? 0 : 7; }) == 7);
  CHECK_FALSE(StoreFile::open(path, Access::kShared));
  // A save replaces the file, and with it no lock.
  REQUIRE((*first)->save({}));
  CHECK(in_child([&] { return open_store(path) ? 0 : 7; }) == 7);
}

TEST_CASE_FIXTURE(StoreFixture, "StoreFile: the lock goes with the process that had it") {
  CHECK(in_child([&] { return open_store(path) ? 0 : 7; }) == 0);
  CHECK(open_store(path));
}

TEST_CASE_FIXTURE(StoreFixture, "StoreFile: many may read at once, and none writes meanwhile") {
  const auto one = StoreFile::open(path, Access::kShared);
  REQUIRE(one);
  CHECK(in_child([&] { return StoreFile::open(path, Access::kShared) ? 0 : 7; }) == 0);
  CHECK(in_child([&] { return StoreFile::open(path, Access::kExclusive) ? 0 : 7; }) == 7);
}

TEST_CASE_FIXTURE(StoreFixture,
                  "StoreFile: what a crash left is removed by whoever may write, and by no reader") {
  write_file(path + ".tmp", "half a store");
  REQUIRE(StoreFile::open(path, Access::kShared));
  CHECK(std::filesystem::exists(path + ".tmp"));
  REQUIRE(StoreFile::open(path, Access::kExclusive));
  CHECK_FALSE(std::filesystem::exists(path + ".tmp"));
}

TEST_CASE_FIXTURE(StoreFixture, "StoreFile: another's temporary file is neither followed nor written to") {
  const auto store = open_store(path);
  const std::string bystander = directory.file("bystander");
  write_file(bystander, "precious");
  std::filesystem::create_symlink(bystander, path + ".tmp");
  REQUIRE((*store)->save({}));
  CHECK(read_file(bystander) == "precious");
  CHECK(std::filesystem::is_regular_file(std::filesystem::symlink_status(path)));
}

TEST_CASE_FIXTURE(StoreFixture, "StoreFile: a file that others may read or write is refused") {
  for (const mode_t mode : {0640, 0604, 0660, 0601, 0610, 0777}) {
    REQUIRE(chmod(path.c_str(), mode) == 0);
    refused(path, "open to other users", path);
    refused(path, "0600", path);
  }
  REQUIRE(chmod(path.c_str(), 0400) == 0);
  CHECK(open_store(path));
}

TEST_CASE_FIXTURE(StoreFixture, "StoreFile: a directory that others may enter is refused") {
  for (const mode_t mode : {0750, 0701, 0777}) {
    REQUIRE(chmod(directory.path().c_str(), mode) == 0);
    refused(path, "0700", path);
  }
  REQUIRE(chmod(directory.path().c_str(), 0700) == 0);
  CHECK(open_store(path));
}

TEST_CASE_FIXTURE(StoreFixture, "StoreFile: a symbolic link is refused, and one to the directory followed") {
  const std::string link = directory.file("link.nvks");
  std::filesystem::create_symlink(path, link);
  refused(link, "symbolic link", path);
  const TemporaryDirectory elsewhere;
  std::filesystem::create_directory_symlink(directory.path(), elsewhere.file("state"));
  CHECK(open_store(elsewhere.file("state/keys.nvks")));
}

TEST_CASE_FIXTURE(StoreFixture, "StoreFile: a file with a second name is refused") {
  std::filesystem::create_hard_link(path, directory.file("other"));
  refused(path, "hard links", path);
}

TEST_CASE_FIXTURE(StoreFixture, "StoreFile: a lock that isn't a file of ours is refused") {
  std::filesystem::remove(path + ".lock");
  const std::string bystander = directory.file("bystander");
  write_file(bystander, "");
  std::filesystem::create_symlink(bystander, path + ".lock");
  refused(path, ".lock", path);
}

TEST_CASE_FIXTURE(StoreFixture, "StoreFile: what is no regular file is refused at once") {
  const std::string pipe = directory.file("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  refused(pipe, "no regular file", path);
  const std::string folder = directory.file("folder");
  REQUIRE(mkdir(folder.c_str(), 0700) == 0);
  refused(folder, "no regular file", path);
}

TEST_CASE_FIXTURE(StoreFixture, "StoreFile: a file or directory of another user is refused") {
  if (geteuid() == 0) {
    constexpr uid_t kSomebody = 12345;
    REQUIRE(chown(path.c_str(), kSomebody, static_cast<gid_t>(-1)) == 0);
    refused(path, "belongs to user 12345", path);
    REQUIRE(chown(path.c_str(), 0, static_cast<gid_t>(-1)) == 0);
    REQUIRE(chown(directory.path().c_str(), kSomebody, static_cast<gid_t>(-1)) == 0);
    refused(path, "belongs to user 12345", path);
  } else {  // only root can give files away; root's own are another user's then
    const UniqueFd passwords(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
    CHECK_FALSE(keystore::check_private_file(passwords.get(), "/etc/passwd"));
  }
}

TEST_CASE("StoreFile: a path that names no file, or one below a file, is refused") {
  const TemporaryDirectory directory;
  write_file(directory.file("file"), "");
  for (const std::string& path : {std::string(), directory.file(""), directory.file("."),
                                  directory.file(".."), directory.file("file/keys.nvks")}) {
    CAPTURE(path);
    const auto file = StoreFile::open(path, Access::kExclusive);
    REQUIRE_FALSE(file);
    CHECK(file.error().scope == ErrorScope::kUsage);
    CHECK_FALSE(StoreFile::create(path));
  }
}

TEST_CASE("StoreFile: too large a file isn't read") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.nvks");
  write_file(path, "NVKS");
  REQUIRE(truncate(path.c_str(), static_cast<off_t>(keystore::kLargestFileBytes) + 1) == 0);
  const auto refused_store = open_store(path);
  REQUIRE_FALSE(refused_store);
  CHECK(refused_store.error().detail.find("too large") != std::string::npos);
}

}  // namespace
}  // namespace hawser::test
