#include "src/logging/line_writer.h"

#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "src/logging/line_file.h"
#include "support/eventually.h"
#include "support/sockets.h"

namespace hawser::test {
namespace {

// A disk that the test fills, stalls and swaps.
struct Disk {
  std::mutex mutex;
  std::condition_variable moved;
  std::string written;          // to the present file
  std::size_t room = SIZE_MAX;  // bytes until ENOSPC
  bool stalled = false;         // takes nothing, without an error
  bool replaced = false;        // the next batch goes to another file
  int writes = 0;

  std::string text() {
    const std::lock_guard lock(mutex);
    return written;
  }
  void set_room(std::size_t bytes) {
    const std::lock_guard lock(mutex);
    room = bytes;
  }
};

class DiskOutput final : public logging::LineOutput {
 public:
  explicit DiskOutput(Disk& disk) : disk_(disk) {}

  Result<bool> prepare() override {
    const std::lock_guard lock(disk_.mutex);
    if (!disk_.replaced) return false;
    disk_.replaced = false;
    disk_.written.clear();
    return true;
  }
  Result<std::size_t> write(std::string_view bytes) override {
    std::unique_lock lock(disk_.mutex);
    ++disk_.writes;
    if (disk_.stalled) {
      disk_.moved.wait_for(lock, std::chrono::milliseconds(5));
      return 0;
    }
    if (disk_.room == 0) return io_error(ENOSPC, "write to the disk");
    const std::size_t size = std::min(bytes.size(), disk_.room);
    disk_.written += bytes.substr(0, size);
    disk_.room -= size;
    return size;
  }
  const std::string& name() const override { return name_; }

 private:
  Disk& disk_;
  std::string name_ = "the disk";
};

logging::LineWriterOptions quick(std::size_t capacity = 8) {
  logging::LineWriterOptions options;
  options.capacity = capacity;
  options.linger = std::chrono::milliseconds(1);
  options.retry = std::chrono::milliseconds(1);
  options.lost_line = [](std::uint64_t lost) { return "lost " + std::to_string(lost) + '\n'; };
  return options;
}

class Records final : public log::Sink {
 public:
  bool enabled(log::Level) const override { return true; }
  void write(log::Level, std::string_view message, std::initializer_list<log::Field>) override {
    const std::lock_guard lock(mutex_);
    text_ += std::string(message) + '\n';
  }
  std::string text() {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

}  // namespace

TEST_CASE("line writer: every line is written before the writer goes") {
  Disk disk;
  {
    logging::LineWriter writer(std::make_unique<DiskOutput>(disk), quick());
    CHECK(writer.append("one\n"));
    REQUIRE(writer.reserve());
    writer.append_reserved("two\n");
    CHECK(writer.append("three\n"));
  }
  CHECK(disk.written == "one\ntwo\nthree\n");
}

TEST_CASE("line writer: lines come out by themselves") {
  Disk disk;
  logging::LineWriter writer(std::make_unique<DiskOutput>(disk), quick());
  for (int i = 0; i < 3; ++i) {
    CHECK(writer.append("line\n"));
    CHECK(eventually([&] { return disk.text().size() == 5u * (i + 1); }));
  }
}

TEST_CASE("line writer: when all places are taken, lines are lost, counted and told of") {
  Disk disk;
  disk.stalled = true;
  {
    logging::LineWriter writer(std::make_unique<DiskOutput>(disk), quick(4));
    for (int i = 0; i < 4; ++i) CHECK(writer.append("a\n"));
    for (int i = 0; i < 3; ++i) CHECK_FALSE(writer.append("b\n"));
    CHECK_FALSE(writer.reserve());
    CHECK(writer.lost() == 3);
    {
      const std::lock_guard lock(disk.mutex);
      disk.stalled = false;
    }
    CHECK(eventually([&] { return writer.append("c\n"); }));
  }
  // The word of the lost lines stands behind the batch that was waiting when they were.
  const std::string text = disk.written;
  CHECK(text.find("a\na\na\na\n") == 0);
  CHECK(text.find("lost ") != std::string::npos);
  CHECK(text.find("b\n") == std::string::npos);
  CHECK(text.find("c\n") != std::string::npos);
}

TEST_CASE("line writer: a place that is given back can be taken again") {
  Disk disk;
  logging::LineWriter writer(std::make_unique<DiskOutput>(disk), quick(1));
  REQUIRE(writer.reserve());
  CHECK_FALSE(writer.reserve());
  writer.cancel();
  CHECK(writer.reserve());
  writer.cancel();
}

TEST_CASE("line writer: a full disk refuses places, keeps what it has, and goes on where it stopped") {
  Disk disk;
  disk.room = 6;  // in the middle of the second line
  Records log;
  {
    auto options = quick();
    options.log = &log;
    logging::LineWriter writer(std::make_unique<DiskOutput>(disk), options);
    REQUIRE(writer.reserve());
    REQUIRE(writer.reserve());
    REQUIRE(writer.reserve());
    writer.append_reserved("one\n");
    writer.append_reserved("two\n");
    CHECK(eventually([&] { return writer.is_failing(); }));
    CHECK_FALSE(writer.reserve());
    writer.append_reserved("three\n");  // reserved before: it has its place
    CHECK(disk.text() == "one\ntw");
    disk.set_room(SIZE_MAX);
    CHECK(eventually([&] { return writer.reserve(); }));
    writer.append_reserved("four\n");
  }
  CHECK(disk.written == "one\ntwo\nthree\nfour\n");
  CHECK(log.text() == "can't be written; trying again\nwritten again\n");
}

TEST_CASE("line writer: a line that was torn is whole in the file that takes the old one's place") {
  Disk disk;
  disk.room = 6;
  logging::LineWriter writer(std::make_unique<DiskOutput>(disk), quick());
  // The writer may take the first line alone.
  REQUIRE(writer.append("one\n"));
  REQUIRE(writer.append("two\n"));
  REQUIRE(eventually([&] { return writer.is_failing(); }));
  {
    const std::lock_guard lock(disk.mutex);
    CHECK(disk.written == "one\ntw");
    disk.replaced = true;
    disk.room = SIZE_MAX;
  }
  CHECK(eventually([&] { return disk.text() == "two\n"; }));
}

TEST_CASE("line writer: an output that takes nothing doesn't hold up the end, and what is lost is told") {
  for (const bool stalled : {true, false}) {
    Disk disk;
    disk.stalled = stalled;
    disk.room = 0;
    Records log;
    {
      auto options = quick();
      options.log = &log;
      logging::LineWriter writer(std::make_unique<DiskOutput>(disk), options);
      CHECK(writer.append("one\n"));
    }
    CHECK(disk.written.empty());
    CHECK(log.text().find("lines were lost at the end\n") != std::string::npos);
  }
}

TEST_CASE("line writer: lines of many threads come out whole, and each thread's in order") {
  const ScratchFolder folder;
  const std::string path = folder.file("lines");
  constexpr int kThreads = 4;
  constexpr int kLines = 500;
  {
    logging::LineWriter writer(value_of(logging::LineFile::open(path)), quick(64));
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kLines; ++i) {
          const std::string line = std::to_string(t) + ' ' + std::to_string(i) + '\n';
          if (t % 2 == 0) {
            while (!writer.append(line)) std::this_thread::yield();
          } else {
            while (!writer.reserve()) std::this_thread::yield();
            writer.append_reserved(line);
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  std::ifstream file(path);
  std::array<int, kThreads> next{};
  int lines = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("lost")) continue;
    int thread = -1;
    int number = -1;
    std::istringstream(line) >> thread >> number;
    REQUIRE(thread >= 0);
    REQUIRE(thread < kThreads);
    CHECK(number == next[thread]++);
    ++lines;
  }
  CHECK(lines == kThreads * kLines);
}

}  // namespace hawser::test
