#include "src/keystore/keystore.h"

#include <doctest/doctest.h>

#include <sys/resource.h>

#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "src/keys/refusal.h"
#include "unit/keystore/store_fixture.h"

namespace hawser::test {
namespace {

using keystore::exit_code_of;
using keystore::is_missing;
using keystore::Keystore;
using keystore::KeystoreOptions;
using keystore::StoreFile;

void refused_with(const Result<void>& result, keys::Refusal code) {
  REQUIRE_FALSE(result);
  CHECK(result.error().scope == ErrorScope::kStream);
  CHECK(result.error().code == static_cast<int>(code));
}

TEST_CASE("Keystore: what was saved is there at the next opening, and the generation counts the saves") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.nvks");
  const keys::KeyMap map = map_of(make_key("signing"));
  {
    const auto store = create_store(path);
    REQUIRE(store);
    CHECK((*store)->generation() == 1);
    CHECK((*store)->last_write_seconds() > 0);
    CHECK((*store)->is_durable());
    REQUIRE((*store)->save(map));
    REQUIRE((*store)->save(map));
    CHECK((*store)->generation() == 3);
  }
  const auto store = open_store(path);
  REQUIRE(store);
  CHECK((*store)->generation() == 3);
  const std::vector<keys::Key> keys = (*store)->take_keys();
  REQUIRE(keys.size() == 1);
  CHECK(keys[0].id == "signing");
  CHECK(keys[0].versions[0].public_key->spki() == map.keys()[0].versions[0].public_key->spki());
  CHECK(directory.names() == std::vector<std::string>{"keys.nvks", "keys.nvks.lock"});
}

TEST_CASE("Keystore: a missing store is told from one that can't be opened") {
  const TemporaryDirectory directory;
  for (const std::string& path : {directory.file("none"), directory.file("no/such/folder")}) {
    const auto missing = open_store(path);
    REQUIRE_FALSE(missing);
    CHECK(is_missing(missing.error()));
    CHECK(exit_code_of(missing.error()) == 4);
    CHECK(missing.error().detail.find(path) != std::string::npos);
  }
  CHECK(directory.names().empty());
}

TEST_CASE("Keystore: a wrong secret is refused with the sentence that it may be damage, the file untouched") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.nvks");
  REQUIRE(create_store(path));
  const std::string before = read_file(path);
  const auto wrong = Keystore::open(path, raw_key('x'), {}, hasher());
  REQUIRE_FALSE(wrong);
  CHECK(exit_code_of(wrong.error()) == 2);
  CHECK(wrong.error().detail.find("wrong or the file is damaged") != std::string::npos);
  CHECK(wrong.error().detail.find(path) != std::string::npos);
  CHECK(read_file(path) == before);
}

TEST_CASE("Keystore: a second one can't be created where there is one") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.nvks");
  REQUIRE(create_store(path));
  const std::string before = read_file(path);
  const auto again = create_store(path);
  REQUIRE_FALSE(again);
  CHECK(again.error().detail.find("already") != std::string::npos);
  CHECK(read_file(path) == before);
}

TEST_CASE("Keystore: creating one makes its directory, for us alone") {
  const TemporaryDirectory directory;
  REQUIRE(create_store(directory.file("new/keys.nvks")));
  struct stat status {};
  REQUIRE(stat(directory.file("new").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
  REQUIRE(stat(directory.file("new/keys.nvks").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("Keystore: an older generation than is wanted is refused") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.nvks");
  std::string old;
  {
    const auto store = create_store(path);
    old = read_file(path);
    REQUIRE((*store)->save({}));
  }
  CHECK(open_store(path, {.min_generation = 2}));
  write_file(path, old);
  const auto refused = open_store(path, {.min_generation = 2});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail.find("generation 1") != std::string::npos);
  CHECK(open_store(path));
}

TEST_CASE("Keystore: a new passphrase opens it, the old one no more, and the keys are the same") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.nvks");
  const keys::KeyMap map = map_of(make_key("signing"));
  const std::string before = [&] {
    const auto store = Keystore::create(path, passphrase("old"), keystore::kSmallCost, hasher());
    REQUIRE(store);
    REQUIRE((*store)->save(map));
    const std::string bytes = read_file(path);
    refused_with((*store)->change_passphrase(secret("wrong"), secret("new")),
                 keys::Refusal::kInvalidArgument);
    refused_with((*store)->change_passphrase(secret("old"), secret("")), keys::Refusal::kInvalidArgument);
    refused_with((*store)->change_passphrase(secret("old"), secret(std::string(1025, 'x'))),
                 keys::Refusal::kInvalidArgument);
    CHECK(read_file(path) == bytes);
    REQUIRE((*store)->change_passphrase(secret("old"), secret("new")));
    CHECK((*store)->generation() == 3);
    REQUIRE((*store)->save(map));
    CHECK((*store)->verify());
    return bytes;
  }();
  CHECK_FALSE(Keystore::open(path, passphrase("old"), {}, hasher()));
  const auto store = Keystore::open(path, passphrase("new"), {}, hasher());
  REQUIRE(store);
  CHECK((*store)->generation() == 4);
  CHECK((*store)->take_keys().at(0).versions[0].public_key->spki() ==
        map.keys()[0].versions[0].public_key->spki());
  CHECK((*store)->cost().memory_bytes == keystore::kSmallCost.memory_bytes);

  // What opened an old copy opens nothing that was written since.
  const auto old_envelope = keystore::Envelope::unlock(before, passphrase("old"));
  REQUIRE(old_envelope);
  CHECK_FALSE(old_envelope->open(before.substr(0, 107) + read_file(path).substr(107)));
}

TEST_CASE("Keystore: one that a raw key opens has no passphrase to change") {
  const TemporaryDirectory directory;
  const auto store = create_store(directory.file("keys.nvks"));
  refused_with((*store)->change_passphrase(secret("a"), secret("b")), keys::Refusal::kFailedPrecondition);
}

TEST_CASE("Keystore: verifying reads what is stored, and notices a file that isn't what was saved") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.nvks");
  const auto store = create_store(path);
  const std::string first = read_file(path);
  REQUIRE((*store)->save(map_of(make_key("signing"))));
  const auto facts = (*store)->verify();
  REQUIRE(facts);
  CHECK(facts->generation == 2);
  CHECK(facts->keys == 1);
  CHECK(facts->versions == 1);

  const std::string good = read_file(path);
  std::string damaged = good;
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  for (const std::string& wrong : {damaged, first, std::string()}) {
    write_file(path, wrong);
    refused_with((*store)->verify().map([](const auto&) {}), keys::Refusal::kDataLoss);
  }
  write_file(path, good);
  CHECK((*store)->verify());
  REQUIRE(chmod(path.c_str(), 0644) == 0);
  const auto open_to_all = (*store)->verify();
  refused_with(open_to_all.map([](const auto&) {}), keys::Refusal::kDataLoss);
  CHECK(open_to_all.error().detail.find(path) == std::string::npos);
  std::filesystem::remove(path);
  refused_with((*store)->verify().map([](const auto&) {}), keys::Refusal::kDataLoss);
  // A save makes it whole again.
  REQUIRE((*store)->save(map_of(make_key("signing"))));
  CHECK((*store)->verify());
}

TEST_CASE("Keystore: opened to be read, it is not written") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.nvks");
  REQUIRE(create_store(path));
  const std::string before = read_file(path);
  const auto store = open_store(path, {.access = StoreFile::Access::kShared});
  REQUIRE(store);
  CHECK_FALSE((*store)->save({}));
  CHECK(read_file(path) == before);
  CHECK((*store)->generation() == 1);
}

// No space: what a full disk does, by the limit of a process.
TEST_CASE("Keystore: a disk that takes no more leaves the old keys, counts an error, and says UNAVAILABLE") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.nvks");
  const auto store = create_store(path);
  const std::string before = read_file(path);
  const keys::KeyMap map = map_of(make_key("signing"));

  struct rlimit usual {};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &usual) == 0);
  const struct rlimit tight { before.size() + 10, usual.rlim_max };
  const auto old_action = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &tight) == 0);
  const auto saved = (*store)->save(map);
  setrlimit(RLIMIT_FSIZE, &usual);
  std::signal(SIGXFSZ, old_action);

  refused_with(saved, keys::Refusal::kUnavailable);
  CHECK(saved.error().detail.find(directory.path().string()) == std::string::npos);
  CHECK((*store)->write_errors() == 1);
  CHECK((*store)->generation() == 1);
  CHECK(read_file(path) == before);
  CHECK(directory.names() == std::vector<std::string>{"keys.nvks", "keys.nvks.lock"});
  REQUIRE((*store)->save(map));
  CHECK((*store)->verify());
}

}  // namespace
}  // namespace hawser::test
