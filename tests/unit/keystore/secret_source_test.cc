#include "src/keystore/secret_source.h"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "src/keystore/open_keystore.h"
#include "unit/keystore/store_fixture.h"

namespace hawser::test {
namespace {

using keystore::PassphraseSources;
using keystore::read_passphrase;
using keystore::read_store_secret;
using keystore::StoreSecret;

constexpr const char* kVariable = "HAWSER_TEST_PASSPHRASE";

class RecordingSink final : public log::Sink {
 public:
  bool enabled(log::Level) const override { return true; }
  void write(log::Level level, std::string_view message, std::initializer_list<log::Field> fields) override {
    if (level == log::Level::kWarning) ++warnings;
    text += message;
    for (const log::Field& field : fields) text.append(field.key).append("=").append(field.value).append(" ");
  }
  int warnings = 0;
  std::string text;
};

// A descriptor from which `bytes` can be read to an end.
int pipe_of(std::string_view bytes) {
  int ends[2] = {};
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  REQUIRE(write(ends[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  close(ends[1]);
  return ends[0];
}

std::string passphrase_of(const PassphraseSources& sources) {
  RecordingSink log;
  auto found = read_passphrase(sources, log);
  REQUIRE_MESSAGE(found.has_value(), found.error().detail);
  REQUIRE(found->has_value());
  return std::string((*found)->view());
}

void refused(const PassphraseSources& sources, std::string_view words) {
  RecordingSink log;
  const auto found = read_passphrase(sources, log);
  REQUIRE_FALSE(found);
  CHECK(found.error().scope == ErrorScope::kUsage);
  CHECK_MESSAGE(found.error().detail.find(words) != std::string::npos, found.error().detail);
}

struct SecretSource {
  TemporaryDirectory directory;
  std::string file = directory.file("passphrase");
  ~SecretSource() {
    unsetenv(kVariable);
    unsetenv("CREDENTIALS_DIRECTORY");
  }
};

TEST_CASE_FIXTURE(SecretSource, "SecretSource: one newline at the end of a passphrase is not part of it") {
  for (const auto& [bytes, wanted] : {std::pair<std::string, std::string>{"word", "word"},
                                      {"word\n", "word"},
                                      {"word\n\n", "word\n"},
                                      {" two words ", " two words "},
                                      {std::string("a\0b", 3), std::string("a\0b", 3)}}) {
    write_file(file, bytes);
    CHECK(passphrase_of({.file = file}) == wanted);
    CHECK(passphrase_of({.fd = pipe_of(bytes)}) == wanted);
  }
}

TEST_CASE_FIXTURE(SecretSource, "SecretSource: a passphrase has 1 to 1024 bytes") {
  write_file(file, std::string(1024, 'x') + "\n");
  CHECK(passphrase_of({.file = file}).size() == 1024);
  write_file(file, std::string(1025, 'x'));
  refused({.file = file}, "1024");
  write_file(file, std::string(5000, 'x'));
  refused({.file = file}, "allowed");
  for (const char* empty : {"", "\n"}) {
    write_file(file, empty);
    refused({.file = file}, "holds no passphrase");
  }
}

TEST_CASE_FIXTURE(SecretSource,
                  "SecretSource: the file comes first, then credential, descriptor, environment") {
  write_file(file, "of the file");
  write_file(directory.file("keystore-passphrase"), "of the credential");
  REQUIRE(setenv("CREDENTIALS_DIRECTORY", directory.path().c_str(), 1) == 0);
  REQUIRE(setenv(kVariable, "of the environment", 1) == 0);
  PassphraseSources sources{
      .file = file, .credential = "keystore-passphrase", .fd = {}, .environment = kVariable};
  CHECK(passphrase_of(sources) == "of the file");
  sources.file.clear();
  CHECK(passphrase_of(sources) == "of the credential");
  std::filesystem::remove(directory.file("keystore-passphrase"));
  sources.fd = pipe_of("of the descriptor");
  CHECK(passphrase_of(sources) == "of the descriptor");
  sources.fd.reset();
  CHECK(passphrase_of(sources) == "of the environment");
  RecordingSink log;
  CHECK_FALSE(read_passphrase(sources, log).value());
}

TEST_CASE_FIXTURE(SecretSource,
                  "SecretSource: a source that is named and no good doesn't give way to the next") {
  REQUIRE(setenv(kVariable, "of the environment", 1) == 0);
  refused({.file = directory.file("none"), .environment = kVariable}, "No such file");
}

TEST_CASE_FIXTURE(SecretSource, "SecretSource: a passphrase's file is as safe as the store itself") {
  write_file(file, "word");
  REQUIRE(chmod(file.c_str(), 0640) == 0);
  refused({.file = file}, "open to other users");
  REQUIRE(chmod(file.c_str(), 0600) == 0);
  std::filesystem::create_symlink(file, directory.file("link"));
  refused({.file = directory.file("link")}, "symbolic link");
  std::filesystem::create_hard_link(file, directory.file("second"));
  refused({.file = file}, "hard links");
}

TEST_CASE_FIXTURE(SecretSource, "SecretSource: a credential may be another's and readable by our group") {
  const std::string credential = directory.file("keystore-passphrase");
  write_file(credential, "word");
  REQUIRE(setenv("CREDENTIALS_DIRECTORY", directory.path().c_str(), 1) == 0);
  if (geteuid() == 0) REQUIRE(chown(credential.c_str(), 12345, static_cast<gid_t>(-1)) == 0);
  REQUIRE(chmod(credential.c_str(), 0440) == 0);
  CHECK(passphrase_of({.credential = "keystore-passphrase"}) == "word");
  REQUIRE(chmod(credential.c_str(), 0444) == 0);
  refused({.credential = "keystore-passphrase"}, "open to other users");
  REQUIRE(chmod(credential.c_str(), 0460) == 0);
  refused({.credential = "keystore-passphrase"}, "open to other users");
}

TEST_CASE_FIXTURE(SecretSource,
                  "SecretSource: a passphrase in the environment is warned of, wiped and removed") {
  REQUIRE(setenv(kVariable, "correct horse", 1) == 0);
  const char* value = getenv(kVariable);
  RecordingSink log;
  const auto found = read_passphrase({.environment = kVariable}, log);
  REQUIRE(found);
  CHECK((*found)->view() == "correct horse");
  CHECK(log.warnings == 1);
  CHECK(log.text.find(kVariable) != std::string::npos);
  CHECK(log.text.find("horse") == std::string::npos);
  CHECK(getenv(kVariable) == nullptr);
  CHECK(*value == '\0');
}

TEST_CASE_FIXTURE(SecretSource, "SecretSource: a descriptor is closed once it was read, and has to be open") {
  const int fd = pipe_of("word");
  CHECK(passphrase_of({.fd = fd}) == "word");
  CHECK(fcntl(fd, F_GETFD) < 0);
  refused({.fd = fd}, "isn't open");
}

TEST_CASE_FIXTURE(SecretSource, "SecretSource: a raw key has 32 bytes and comes before a passphrase") {
  RecordingSink log;
  write_file(file, std::string(31, 'k') + "\n");
  write_file(directory.file("word"), "word");
  const keystore::SecretSources sources{
      .passphrase = {.file = directory.file("word")}, .raw_key_file = file, .raw_key_fd = {}};
  const auto key = read_store_secret(sources, log);
  REQUIRE(key);
  CHECK(key->kind == StoreSecret::Kind::kRawKey);
  CHECK(key->bytes.view() == std::string(31, 'k') + "\n");
  CHECK(read_store_secret({.raw_key_fd = pipe_of(std::string(32, 'k'))}, log)->bytes.size() == 32);
  for (const std::size_t size : {0, 31, 33, 64}) {
    CHECK_FALSE(read_store_secret({.raw_key_fd = pipe_of(std::string(size, 'k'))}, log));
  }
}

TEST_CASE_FIXTURE(SecretSource, "SecretSource: without any source the ways to give one are named") {
  RecordingSink log;
  const auto none = read_store_secret({}, log);
  REQUIRE_FALSE(none);
  for (const char* way :
       {"--keystore-passphrase-file", "--keystore-passphrase-fd", "credential", "$HAWSER_"}) {
    CHECK(none.error().detail.find(way) != std::string::npos);
  }
}

TEST_CASE_FIXTURE(SecretSource, "open_keystore: a server gets the keys, and its log the generation") {
  const std::string path = directory.file("keys.nvks");
  REQUIRE((*create_store(path))->save(map_of(make_key("signing"))));
  write_file(file, std::string(32, 'k'));
  RecordingSink log;
  keystore::KeystoreConfig config{.path = path, .secret = {.raw_key_file = file}, .min_generation = 2};
  const auto opened = keystore::open_keystore(config, hasher(), log);
  REQUIRE(opened);
  CHECK(opened->keys.at(0).id == "signing");
  CHECK(log.text.find("generation=2") != std::string::npos);
  CHECK_FALSE(keystore::open_keystore(config, hasher(), log));  // it is locked
  config.path = directory.file("none");
  CHECK(keystore::exit_code_of(keystore::open_keystore(config, hasher(), log).error()) == 4);
}

}  // namespace
}  // namespace hawser::test
