#include "src/logging/line_writer.h"

#include <utility>

#include "src/logging/signal_free_thread.h"

namespace hawser::logging {

LineWriter::LineWriter(std::unique_ptr<LineOutput> output, LineWriterOptions options)
    : output_(std::move(output)), options_(std::move(options)) {
  thread_ = start_without_signals([this] { run(); });
}

LineWriter::~LineWriter() {
  {
    const Lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

bool LineWriter::reserve() {
  const Lock lock(mutex_);
  if (failing_ || held_ >= options_.capacity) return false;
  ++held_;
  return true;
}

void LineWriter::cancel() {
  const Lock lock(mutex_);
  --held_;
}

void LineWriter::append_reserved(std::string_view line) {
  Lock lock(mutex_);
  add(lock, line);
}

bool LineWriter::append(std::string_view line) {
  Lock lock(mutex_);
  if (held_ >= options_.capacity) {
    ++lost_;
    ++lost_untold_;
    return false;
  }
  ++held_;
  add(lock, line);
  return true;
}

void LineWriter::add(Lock& lock, std::string_view line) {
  queue_ += line;
  ++queue_lines_;
  // Lingering ends early when half the places are taken.
  const bool wake = std::exchange(idle_, false) || queue_lines_ == options_.capacity / 2;
  lock.unlock();
  if (wake) wake_.notify_one();
}

std::uint64_t LineWriter::lost() const {
  const Lock lock(mutex_);
  return lost_;
}

bool LineWriter::is_failing() const {
  const Lock lock(mutex_);
  return failing_;
}

bool LineWriter::is_stopping() const {
  const Lock lock(mutex_);
  return stopping_;
}

void LineWriter::run() {
  Lock lock(mutex_);
  for (;;) {
    if (batch_lines_ == 0) {
      idle_ = true;
      wake_.wait(lock, [this] { return queue_lines_ > 0 || stopping_; });
      idle_ = false;
      if (queue_lines_ == 0) return;
      wake_.wait_for(lock, options_.linger,
                     [this] { return queue_lines_ >= options_.capacity / 2 || stopping_; });
      take_batch();
    }
    const bool last = stopping_;
    lock.unlock();
    const auto written = write_batch();
    lock.lock();
    const bool failed_before = std::exchange(failing_, !written);
    if (written) {
      held_ -= std::exchange(batch_lines_, 0);
    } else if (last) {
      lost_ += batch_lines_ + queue_lines_;
      const std::uint64_t lost = lost_;
      lock.unlock();
      options_.log->write(
          log::Level::kError, "lines were lost at the end",
          {{"of", options_.what}, {"lost", std::to_string(lost)}, {"why", written.error().detail}});
      return;
    }
    if (failed_before == failing_) {
      if (failing_) wake_.wait_for(lock, options_.retry, [this] { return stopping_; });
      continue;
    }
    lock.unlock();
    if (written) {
      options_.log->write(log::Level::kInfo, "written again",
                          {{"what", options_.what}, {"to", output_->name()}});
    } else {
      note_failure(written.error());
    }
    lock.lock();
  }
}

void LineWriter::note_failure(const Error& error) {
  options_.log->write(log::Level::kError, "can't be written; trying again",
                      {{"what", options_.what}, {"why", error.detail}});
}

void LineWriter::take_batch() {
  batch_.clear();
  written_ = 0;
  std::swap(batch_, queue_);
  batch_lines_ = std::exchange(queue_lines_, 0);
  const std::uint64_t lost = std::exchange(lost_untold_, 0);
  if (lost > 0 && options_.lost_line) batch_ += options_.lost_line(lost);
}

Result<void> LineWriter::write_batch() {
  auto replaced = output_->prepare();
  if (!replaced) return tl::unexpected<Error>(std::move(replaced.error()));
  // A line that the old file has in part goes into the new one whole.
  if (*replaced && written_ > 0) {
    const std::size_t end = batch_.rfind('\n', written_ - 1);
    written_ = end == std::string::npos ? 0 : end + 1;
  }
  while (written_ < batch_.size()) {
    const auto size = output_->write(std::string_view(batch_).substr(written_));
    if (!size) return tl::unexpected<Error>(size.error());
    if (*size == 0 && is_stopping()) return usage_error("nobody takes it");
    written_ += *size;
  }
  return {};
}

}  // namespace hawser::logging
