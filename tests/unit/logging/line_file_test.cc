#include "src/logging/line_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "support/sockets.h"

namespace hawser::test {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(path);
  return (std::stringstream() << file.rdbuf()).str();
}

std::string complaint(const std::string& path) {
  const auto opened = logging::LineFile::open(path);
  if (opened) return "";
  CHECK(opened.error().scope == ErrorScope::kUsage);
  return opened.error().detail;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("line file: a new file is this user's alone, and an old one is appended to") {
  const ScratchFolder folder;
  const std::string path = folder.file("audit");
  for (const std::string_view line : {"one\n", "two\n"}) {
    const auto file = value_of(logging::LineFile::open(path));
    CHECK(value_of(file->prepare()) == false);
    CHECK(value_of(file->write(line)) == 4);
  }
  CHECK(read(path) == "one\ntwo\n");
  struct stat facts {};
  REQUIRE(::stat(path.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
}

TEST_CASE("line file: a file that was renamed or removed is made again") {
  const ScratchFolder folder;
  const std::string path = folder.file("audit");
  const auto file = value_of(logging::LineFile::open(path));
  CHECK(file->write("old\n"));
  std::filesystem::rename(path, path + ".1");
  CHECK(value_of(file->prepare()) == true);
  CHECK(value_of(file->prepare()) == false);
  CHECK(file->write("new\n"));
  CHECK(read(path + ".1") == "old\n");
  CHECK(read(path) == "new\n");
  std::filesystem::remove(path);
  CHECK(value_of(file->prepare()) == true);
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("line file: a link that takes the file's place is not followed") {
  const ScratchFolder folder;
  const std::string path = folder.file("audit");
  const auto file = value_of(logging::LineFile::open(path));
  std::filesystem::remove(path);
  std::ofstream(folder.file("elsewhere")) << "x";
  std::filesystem::create_symlink(folder.file("elsewhere"), path);
  CHECK_FALSE(file->prepare());
  std::filesystem::remove(path);
  CHECK(value_of(file->prepare()) == true);
  CHECK(read(folder.file("elsewhere")) == "x");
}

TEST_CASE("line file: what can't be appended to is refused with its name and the reason") {
  const ScratchFolder folder;
  CHECK(has(complaint(folder.file("no/such/folder")), "no/such/folder: No such file"));
  CHECK(has(complaint(folder.file(".")), "Is a directory"));
  std::filesystem::create_symlink(folder.file("target"), folder.file("link"));
  CHECK(has(complaint(folder.file("link")), "it is a symbolic link"));
  CHECK_FALSE(std::filesystem::exists(folder.file("target")));
  REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
  CHECK(has(complaint(folder.file("pipe")), "pipe: "));
}

TEST_CASE("line file: a full disk is an error with its number") {
  const auto file = value_of(logging::LineFile::open("/dev/full"));
  CHECK(value_of(file->prepare()) == false);
  const auto written = file->write("line\n");
  REQUIRE_FALSE(written);
  CHECK(written.error().scope == ErrorScope::kIo);
  CHECK(written.error().code == ENOSPC);
}

}  // namespace hawser::test
