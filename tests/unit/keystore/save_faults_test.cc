// One save, disturbed at each of its system calls: killed there, or told that the disk is full or broken.
// What the next opening finds is the old generation or the new one, whole.
#include <doctest/doctest.h>

#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "src/keys/refusal.h"
#include "src/keystore/keystore.h"
#include "unit/keystore/store_fixture.h"
#include "unit/keystore/traced_process.h"

namespace hawser::test {
namespace {

using keystore::is_missing;
using keystore::Keystore;

constexpr int kSaved = 0;
constexpr int kRefused = 1;
constexpr int kBroken = 9;  // anything that must not happen in the child

// What reaches the file system.
const std::set<long> kFileCalls = {SYS_openat, SYS_write, SYS_read,     SYS_lseek,    SYS_fsync,
                                   SYS_close,  SYS_fstat, SYS_renameat, SYS_unlinkat, SYS_newfstatat};

Verdict verdict(Verdict::Kind kind, int error = 0) { return {kind, error}; }

struct SaveFaults {
  TemporaryDirectory directory;
  std::string path = directory.file("keys.nvks");
  keys::KeyMap old_keys = map_of(make_key("signing"));
  keys::KeyMap new_keys = map_of(make_key("signing"));
  std::string pristine;
  std::unique_ptr<Keystore> store;  // the child's

  SaveFaults() {
    const auto made = create_store(path);
    REQUIRE(made);
    REQUIRE((*made)->save(old_keys));
    pristine = read_file(path);
  }

  // One traced save, of `attempts`; 0 of them: as many as it takes.
  TracedRun save(const std::function<Verdict(std::size_t, long)>& judge, int attempts = 1) {
    write_file(path, pristine);
    const auto prepare = [&] {
      auto opened = open_store(path);
      if (opened) store = std::move(*opened);
    };
    const auto act = [&] {
      if (store == nullptr) return kBroken;
      Result<void> saved;
      for (int i = 0; i < attempts; ++i) {
        saved = store->save(new_keys);
        if (saved) return kSaved;
        if (saved.error().code != static_cast<int>(keys::Refusal::kUnavailable)) return kBroken;
      }
      return kRefused;
    };
    return run_traced(prepare, act, judge);
  }

  // As the next start does: one of two generations, with the keys of that one, and nothing else in the
  // directory. Gives which it was.
  bool is_new() {
    const auto opened = open_store(path);
    REQUIRE_MESSAGE(opened.has_value(), opened.error().detail);
    const std::vector<keys::Key> keys = (*opened)->take_keys();
    REQUIRE(keys.size() == 1);
    const bool found_new = (*opened)->generation() > 2;
    const keys::KeyMap& wanted = found_new ? new_keys : old_keys;
    CHECK(keys[0].versions[0].public_key->spki() == wanted.keys()[0].versions[0].public_key->spki());
    CHECK(directory.names() == std::vector<std::string>{"keys.nvks", "keys.nvks.lock"});
    return found_new;
  }
};

TEST_CASE_FIXTURE(SaveFaults, "Save: undisturbed it makes the calls that keep it safe, in that order") {
  const TracedRun run = save([](std::size_t, long) { return Verdict{}; });
  CHECK(run.exit_code == kSaved);
  CHECK(is_new());
  std::vector<long> order;
  for (const long call : run.calls) {
    if (call == SYS_write || call == SYS_fsync || call == SYS_read || call == SYS_renameat)
      order.push_back(call);
  }
  CHECK(order == std::vector<long>{SYS_write, SYS_fsync, SYS_read, SYS_renameat, SYS_fsync});
}

TEST_CASE_FIXTURE(SaveFaults, "Save: killed at any system call it leaves the old keys or the new ones") {
  const std::size_t calls = save([](std::size_t, long) { return Verdict{}; }).calls.size();
  CHECK(calls > 10);
  for (const auto kind : {Verdict::Kind::kKillBefore, Verdict::Kind::kKillAfter}) {
    bool was_new = false;
    for (std::size_t at = 0; at < calls; ++at) {
      CAPTURE(at);
      const TracedRun run =
          save([&](std::size_t index, long) { return index == at ? verdict(kind) : Verdict{}; });
      // exit_group, the last one, can't be outlived.
      CHECK((run.was_killed || at + 1 == calls));
      const bool found_new = is_new();
      CHECK((found_new || !was_new));  // from some call on it is the new one
      was_new = found_new;
    }
    CHECK(was_new);
  }
}

TEST_CASE_FIXTURE(SaveFaults,
                  "Save: with an error from any call it says so or is done, and nothing is lost") {
  const std::vector<long> calls = save([](std::size_t, long) { return Verdict{}; }).calls;
  std::set<long> disturbed;
  int refused = 0;
  for (const int error : {ENOSPC, EIO, EINTR}) {
    for (std::size_t at = 0; at < calls.size(); ++at) {
      if (kFileCalls.count(calls[at]) == 0) continue;
      disturbed.insert(calls[at]);
      CAPTURE(error);
      CAPTURE(at);
      CAPTURE(calls[at]);
      const TracedRun run = save([&](std::size_t index, long) {
        return index == at ? verdict(Verdict::Kind::kFail, error) : Verdict{};
      });
      CHECK(run.signal == 0);
      CHECK((run.exit_code == kSaved || run.exit_code == kRefused));
      const bool found_new = is_new();
      if (run.exit_code == kSaved) CHECK(found_new);
      // Only a directory that can't be synced leaves the new file although the caller was told of an error.
      const bool after_rename = std::find(run.calls.begin(), run.calls.begin() + static_cast<long>(at),
                                          SYS_renameat) != run.calls.begin() + static_cast<long>(at);
      if (run.exit_code == kRefused) {
        ++refused;
        CHECK(found_new == after_rename);
      }
    }
  }
  CHECK(refused > 10);
  for (const long call :
       {SYS_openat, SYS_write, SYS_read, SYS_fsync, SYS_renameat, SYS_unlinkat, SYS_close}) {
    CAPTURE(call);
    CHECK(disturbed.count(call) == 1);
  }
}

TEST_CASE_FIXTURE(SaveFaults, "Save: a signal in the middle of a call is no error") {
  const std::vector<long> calls = save([](std::size_t, long) { return Verdict{}; }).calls;
  for (std::size_t at = 0; at < calls.size(); ++at) {
    const long call = calls[at];
    if (call != SYS_openat && call != SYS_write && call != SYS_read && call != SYS_fsync) continue;
    CAPTURE(at);
    const TracedRun run = save([&](std::size_t index, long) {
      return index == at ? verdict(Verdict::Kind::kFail, EINTR) : Verdict{};
    });
    CHECK(run.exit_code == kSaved);
    CHECK(is_new());
  }
}

TEST_CASE_FIXTURE(SaveFaults, "Save: a write or read of a part is gone on with") {
  const auto halves = [](std::size_t, long call) {
    return verdict(call == SYS_write || call == SYS_read ? Verdict::Kind::kShorten : Verdict::Kind::kRun);
  };
  const TracedRun run = save(halves);
  CHECK(run.exit_code == kSaved);
  CHECK(std::count(run.calls.begin(), run.calls.end(), SYS_write) > 5);
  CHECK(is_new());
}

TEST_CASE_FIXTURE(SaveFaults, "Save: after one that failed the next one succeeds") {
  const std::vector<long> calls = save([](std::size_t, long) { return Verdict{}; }).calls;
  for (std::size_t at = 0; at < calls.size(); ++at) {
    if (kFileCalls.count(calls[at]) == 0) continue;
    CAPTURE(at);
    const auto judge = [&](std::size_t index, long) {
      return index == at ? verdict(Verdict::Kind::kFail, EIO) : Verdict{};
    };
    CHECK(save(judge, 2).exit_code == kSaved);
    CHECK(is_new());
  }
}

TEST_CASE_FIXTURE(SaveFaults, "Save: a disk that stays full refuses every time and keeps the old keys") {
  const auto full = [](std::size_t, long call) {
    return call == SYS_write ? verdict(Verdict::Kind::kFail, ENOSPC) : Verdict{};
  };
  CHECK(save(full, 3).exit_code == kRefused);
  CHECK_FALSE(is_new());
  CHECK(read_file(path) == pristine);
}

TEST_CASE("Create: killed at any system call it leaves no store or an empty one, and the next one goes on") {
  std::size_t calls = 1;
  for (std::size_t at = 0; at < calls; ++at) {
    CAPTURE(at);
    const TemporaryDirectory directory;
    const std::string path = directory.file("new/keys.nvks");
    const auto act = [&] { return create_store(path) ? kSaved : kRefused; };
    if (at == 0) calls = run_traced([] {}, act, [](std::size_t, long) { return Verdict{}; }).calls.size();
    std::filesystem::remove_all(directory.file("new"));
    run_traced([] {}, act,
               [&](std::size_t index, long) {
                 return verdict(index == at ? Verdict::Kind::kKillBefore : Verdict::Kind::kRun);
               });
    const auto opened = open_store(path);
    if (opened) continue;
    CHECK(is_missing(opened.error()));
    CHECK(create_store(path));
  }
}

}  // namespace
}  // namespace hawser::test
