// Lines on their way to a file, for threads that may not wait for a disk: they go into memory of a bounded
// size, and a thread of the writer's own brings them out.
//
//   reserve() -> append_reserved() | cancel()     the place is there before there is a line: for a log
//   without
//                                                 which nothing may be done
//   append()                                      the line is lost when there is no place
//
// When the file can't be written (the disk is full) lines wait here, as far as there is place, and it is
// tried again every second; reserve() refuses meanwhile. Nothing is written twice, and no line is torn unless
// the disk filled within it and the file was replaced before there was room again: then the new file has it
// whole.
//
// Threads: any, but for the constructor and the destructor. Nobody waits for more than a few moves of memory.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "hawser/base/clock.h"
#include "hawser/base/log.h"
#include "src/logging/line_output.h"

namespace hawser::logging {

struct LineWriterOptions {
  std::string_view what = "lines";  ///< For records in the log: "the audit log".
  std::size_t capacity = 8192;      ///< Lines in memory, at most. Whoever writes lines bounds their length.
  /// Lines are collected for so long: a busy server wakes the writer this seldom.
  Duration linger = std::chrono::milliseconds(10);
  Duration retry = std::chrono::seconds(1);
  /// The line, with its end, that says in the file how many were lost. None: only the log says so.
  std::function<std::string(std::uint64_t lost)> lost_line;
  log::Sink* log = &log::null_sink();  ///< Outlives the writer.
};

class LineWriter final {
 public:
  LineWriter(std::unique_ptr<LineOutput> output, LineWriterOptions options);
  /// Writes what is there, as far as that is possible at once.
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  /// A place for one line. False: there is none, or the output fails.
  bool reserve();
  /// `line` ends with '\n'. Each takes one reserve().
  void append_reserved(std::string_view line);
  void cancel();
  /// False: the line is lost, and counted.
  bool append(std::string_view line);

  /// Since the start.
  std::uint64_t lost() const;
  /// The last try to write failed.
  bool is_failing() const;

 private:
  using Lock = std::unique_lock<std::mutex>;

  void add(Lock& lock, std::string_view line);
  void run();
  void take_batch();
  Result<void> write_batch();
  bool is_stopping() const;
  void note_failure(const Error& error);

  const std::unique_ptr<LineOutput> output_;
  const LineWriterOptions options_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::string queue_;  // guarded, as all down to stopping_
  std::size_t queue_lines_ = 0;
  std::size_t held_ = 0;  // places that are taken: reserved, in queue_ or in batch_
  std::uint64_t lost_ = 0;
  std::uint64_t lost_untold_ = 0;  // of these, the ones that no lost_line speaks of yet
  bool idle_ = false;              // the thread waits for the first line
  bool failing_ = false;
  bool stopping_ = false;

  std::string batch_;  // the thread's alone, as all below
  std::size_t batch_lines_ = 0;
  std::size_t written_ = 0;  // bytes of batch_
  std::thread thread_;
};

}  // namespace hawser::logging
