#include "tools/profile/load_run.h"

#include <utility>

#include "hawser/client/loop_thread.h"
#include "tools/profile/closed_driver.h"
#include "tools/profile/cpu_clock.h"
#include "tools/profile/figures.h"
#include "tools/profile/hiccup_meter.h"
#include "tools/profile/open_driver.h"

namespace hawser::profile {
namespace {

constexpr Duration kWatchInterval = std::chrono::seconds(1);

double unix_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// The share of one of `threads`, so that all shares together are the whole.
template <class Number>
Number share(Number whole, std::size_t index, std::size_t threads) {
  return whole / threads + (index < whole % threads ? 1 : 0);
}

// Fine enough to see something in a short run. Runs of unknown length begin fine, too; see Timeline.
Duration interval_of(const LoadConfig& config) {
  const Duration length = config.schedule.empty() ? config.duration : config.schedule.length();
  const bool is_long = config.requests == 0 && length >= std::chrono::seconds(20);
  return is_long ? std::chrono::seconds(1) : std::chrono::milliseconds(100);
}

}  // namespace

struct LoadRun::Thread {
  std::unique_ptr<client::LoopThread> loop;  // the last to go
  std::vector<LoadSpec> loads;
  std::vector<std::unique_ptr<Driver>> drivers;  // one a load
};

LoadRun::LoadRun(const LoadConfig& config) : config_(config) {}
LoadRun::~LoadRun() = default;

Result<std::unique_ptr<LoadRun>> LoadRun::create(const LoadConfig& config, const MakeLoads& make_loads) {
  std::unique_ptr<LoadRun> run(new LoadRun(config));
  for (std::size_t i = 0; i < config.threads; ++i) {
    auto loads = make_loads(i);
    if (!loads) return tl::unexpected<Error>(std::move(loads.error()));
    if (auto added = run->add_thread(i, std::move(*loads)); !added) {
      return tl::unexpected<Error>(std::move(added.error()));
    }
  }
  return run;
}

Result<void> LoadRun::add_thread(std::size_t index, std::vector<LoadSpec> loads) {
  auto loop = client::LoopThread::create(config_.busy_poll);
  if (!loop) return tl::unexpected<Error>(std::move(loop.error()));
  threads_.push_back(std::make_unique<Thread>());
  Thread& thread = *threads_.back();
  thread.loop = std::move(*loop);
  thread.loads = std::move(loads);
  for (LoadSpec& load : thread.loads) {
    load.part.method = load.work->path();
    if (index == 0) result_.parts.push_back(load.part);
    auto driver = make_driver(index, load);
    if (!driver) return tl::unexpected<Error>(std::move(driver.error()));
    thread.drivers.push_back(std::move(*driver));
    ++running_;
  }
  return {};
}

Result<std::unique_ptr<Driver>> LoadRun::make_driver(std::size_t index, LoadSpec& load) {
  const DriverSetup setup{
      .config = config_,
      .thread = *threads_[index]->loop,
      .work = *load.work,
      .connections = share(load.part.width.connections, index, config_.threads),
      .concurrency = load.part.is_open ? share(config_.max_outstanding, index, config_.threads)
                                       : load.part.width.concurrency,
      .think_time = load.think_time,
      .requests = share(config_.requests, index, config_.threads),
      .thread_index = index,
      .measuring = Delegate<void()>::bind<&LoadRun::on_measuring>(*this),
      .finished = Delegate<void()>::bind<&LoadRun::on_finished>(*this),
  };
  return load.part.is_open ? OpenDriver::create(setup) : ClosedDriver::create(setup);
}

MeasuredTime LoadRun::plan() const {
  MeasuredTime time{.start = Clock::now(), .from = {}, .interval = interval_of(config_)};
  time.from = saturating_add(time.start, config_.warmup);
  if (config_.requests == 0) time.until = saturating_add(time.from, config_.duration);
  return time;
}

RunResult LoadRun::run(const std::function<void(const Progress&)>& watch) {
  HiccupMeter hiccups;
  const ClockFacts clock = measure_clock();
  time_ = plan();
  result_.facts.began_at_s = unix_seconds() + seconds(config_.warmup);
  for (const auto& thread : threads_) {
    thread->loop->run([&] {
      for (const auto& driver : thread->drivers) {
        driver->start(time_);
        driver->recorder().keep_recent(watch != nullptr);
      }
    });
  }
  wait_for_end(watch, time_.from);
  result_.noise = {clock.resolution, clock.cost, hiccups.stop()};
  collect();
  return std::move(result_);
}

void LoadRun::wait_for_end(const std::function<void(const Progress&)>& watch, Instant from) {
  std::unique_lock lock(mutex_);
  const auto is_over = [this] { return running_ == 0; };
  if (!watch) return finished_.wait(lock, is_over);
  for (Instant next = time_.start + kWatchInterval; !finished_.wait_until(lock, next, is_over);
       next += kWatchInterval) {
    lock.unlock();
    watch(look(from));
    lock.lock();
  }
}

Progress LoadRun::look(Instant from) {
  Progress progress;
  for (const auto& thread : threads_) {
    thread->loop->run([&] {
      for (const auto& driver : thread->drivers) {
        const LoadResult& result = driver->recorder().result();
        progress.calls += result.calls();
        progress.failed += result.failed();
        progress.recent.merge(driver->recorder().take_recent());
      }
    });
  }
  progress.elapsed = Clock::now() - from;
  return progress;
}

void LoadRun::on_measuring() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(measuring_, true)) return;
  cpu_at_start_ = own_cpu_time();
  server_cpu_at_start_ = cpu_time_of(config_.server_pid);
}

void LoadRun::on_finished() {
  const std::lock_guard lock(mutex_);
  if (--running_ > 0) return;
  ended_ = Clock::now();
  cpu_at_end_ = own_cpu_time();
  server_cpu_at_end_ = cpu_time_of(config_.server_pid);
  finished_.notify_one();
}

void LoadRun::collect() {
  result_.elapsed = ended_ - time_.from;
  result_.cpu = cpu_at_end_ - cpu_at_start_;
  // Zero: there was no such process, or it has ended.
  if (server_cpu_at_start_ > Duration{} && server_cpu_at_end_ > Duration{}) {
    result_.server = {config_.server_pid, server_cpu_at_end_ - server_cpu_at_start_};
  }
  for (const auto& thread : threads_) {
    for (std::size_t i = 0; i < thread->drivers.size(); ++i) {
      LoadResult one = thread->drivers[i]->recorder().close();
      if (thread == threads_.front()) {
        result_.parts[i].load = std::move(one);
      } else {
        result_.parts[i].load.merge(std::move(one));
      }
    }
  }
  threads_.clear();
}

}  // namespace hawser::profile
