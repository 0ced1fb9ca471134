#include "tools/profile/open_driver.h"

#include <algorithm>
#include <utility>

// lint: allow include: calls begin by the clock, on the loop that they are made on.
#include "hawser/event/precise_timer.h"

namespace hawser::profile {
namespace {

// What is sent in a turn leaves the process at its end, and answers are read in the next.
constexpr int kMostInATurn = 32;

}  // namespace

OpenDriver::OpenDriver(const DriverSetup& setup)
    : setup_(setup), schedule_(setup.config.schedule.after_warmup(setup.config.warmup)) {}

// Slots before channels; by now no call is in flight.
OpenDriver::~OpenDriver() {
  setup_.thread.run([this] { timer_.reset(); });
  slots_.clear();
}

Result<std::unique_ptr<Driver>> OpenDriver::create(const DriverSetup& setup) {
  std::unique_ptr<OpenDriver> driver(new OpenDriver(setup));
  auto channels = open_channels(setup);
  if (!channels) return tl::unexpected<Error>(std::move(channels.error()));
  driver->channels_ = std::move(*channels);
  Result<void> made;
  setup.thread.run([&] {
    auto timer = event::PreciseTimer::create(
        setup.thread.loop(), event::PreciseTimer::Callback::bind<&OpenDriver::dispatch>(*driver));
    if (timer) {
      driver->timer_ = std::move(*timer);
    } else {
      made = tl::unexpected<Error>(std::move(timer.error()));
    }
  });
  if (!made) return tl::unexpected<Error>(std::move(made.error()));
  return driver;
}

void OpenDriver::start(const MeasuredTime& time) {
  time_ = time;
  recorder_.emplace(setup_.work, true, time.from, time.interval);
  arrivals_.emplace(schedule_, setup_.config.arrivals, time.start, setup_.thread_index, setup_.config.threads,
                    setup_.config.seed);
  dispatch();
}

CallSlot* OpenDriver::free_slot() {
  if (free_.empty() && slots_.size() < setup_.concurrency) {
    slots_.push_back(std::make_unique<CallSlot>(setup_.config, setup_.work,
                                                CallSlot::Done::bind<&OpenDriver::on_done>(*this)));
    free_.push_back(slots_.back().get());
  }
  if (free_.empty()) return nullptr;
  CallSlot* const slot = free_.back();
  free_.pop_back();
  return slot;
}

void OpenDriver::dispatch() {
  for (int sent = 0; !is_over(); ++sent) {
    const Instant intended = arrivals_->next();
    if (intended > Clock::now()) return timer_->arm(intended);
    if (sent == kMostInATurn) return timer_->arm(Clock::now());
    CallSlot* const slot = free_slot();
    if (slot == nullptr) {
      is_full_ = true;
      return;
    }
    send(*slot, intended);
    arrivals_->advance();
  }
  finish_if_over();
}

void OpenDriver::send(CallSlot& slot, Instant intended) {
  slot.is_measured = intended >= time_.from;
  if (slot.is_measured) {
    if (started_++ == 0) setup_.measuring();
    if (intended < room_since_) recorder_->count_waiting();
  }
  slot.moments.intended = intended;
  slot.moments.possible = std::max(intended, room_since_);
  next_channel_ = next_channel_ + 1 < channels_.size() ? next_channel_ + 1 : 0;
  slot.start(*channels_[next_channel_]);
}

void OpenDriver::on_done(CallSlot& slot) {
  if (slot.is_measured) recorder_->count(slot.call(), slot.moments, slot.sizes);
  free_.push_back(&slot);
  if (is_full_) {
    is_full_ = false;
    room_since_ = slot.moments.done;
    return dispatch();
  }
  finish_if_over();
}

void OpenDriver::finish_if_over() {
  if (finished_ || !is_over() || free_.size() < slots_.size()) return;
  finished_ = true;
  setup_.finished();
}

}  // namespace hawser::profile
