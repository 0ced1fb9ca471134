#include "tools/profile/closed_driver.h"

#include <algorithm>
#include <charconv>
#include <utility>

// lint: allow include: a slot that was asked to come back later waits on the loop of its calls.
#include "hawser/event/timer.h"
#include "tools/profile/call_slot.h"

namespace hawser::profile {
namespace {

// Without a connection calls fail at once: a loop of them would show nothing but itself.
constexpr Duration kUnsentRest = std::chrono::milliseconds(10);

// The call failed because there was no connection for it.
bool has_no_connection(const client::Call& call) {
  return call.status().code == grpc::StatusCode::kUnavailable && call.times().sent == Instant{};
}

// How long the server asks to wait before the call is made again (gRPC proposal A6); zero: it doesn't say.
Duration pushback_of(const client::Call& call) {
  const http2::HeaderBlock& trailers = call.trailing_metadata();
  for (std::size_t i = 0; i < trailers.size(); ++i) {
    if (trailers[i].name != "grpc-retry-pushback-ms") continue;
    const std::string_view value = trailers[i].value;
    std::uint32_t milliseconds = 0;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), milliseconds);
    if (parsed.ec == std::errc()) return std::chrono::milliseconds(milliseconds);
  }
  return {};
}

}  // namespace

class ClosedDriver::Slot final {
 public:
  Slot(ClosedDriver& driver, client::Channel& to)
      : room(driver.setup_.config, driver.setup_.work, CallSlot::Done::bind<&Slot::on_done>(*this)),
        rest(driver.setup_.thread.loop(), event::Timer::Callback::bind<&Slot::on_rested>(*this)),
        channel(to),
        driver_(driver) {}

  CallSlot room;
  event::Timer rest;
  client::Channel& channel;

 private:
  void on_done(CallSlot&) { driver_.on_done(*this); }
  void on_rested() { driver_.next(*this, Clock::now()); }

  ClosedDriver& driver_;
};

ClosedDriver::ClosedDriver(const DriverSetup& setup) : setup_(setup), random_(setup.thread_index + 1) {}

// Slots before channels; by now no call is in flight and no timer is armed.
ClosedDriver::~ClosedDriver() = default;

Result<std::unique_ptr<Driver>> ClosedDriver::create(const DriverSetup& setup) {
  std::unique_ptr<ClosedDriver> driver(new ClosedDriver(setup));
  auto channels = open_channels(setup);
  if (!channels) return tl::unexpected<Error>(std::move(channels.error()));
  driver->channels_ = std::move(*channels);
  for (const auto& channel : driver->channels_) {
    for (std::size_t i = 0; i < setup.concurrency; ++i) {
      driver->slots_.push_back(std::make_unique<Slot>(*driver, *channel));
    }
  }
  return driver;
}

void ClosedDriver::start(const MeasuredTime& time) {
  time_ = time;
  recorder_.emplace(setup_.work, false, time.from, time.interval);
  running_ = slots_.size();
  const Instant now = Clock::now();
  for (const std::unique_ptr<Slot>& slot : slots_) next(*slot, now);
}

void ClosedDriver::next(Slot& slot, Instant now) {
  slot.room.is_measured = now >= time_.from;
  if (slot.room.is_measured) {
    const bool is_over = setup_.requests > 0 ? started_ >= setup_.requests : now >= time_.until;
    if (is_over) {
      if (--running_ == 0) setup_.finished();
      return;
    }
    if (started_++ == 0) setup_.measuring();
  }
  slot.room.start(slot.channel);
  slot.room.moments.intended = slot.room.moments.sent;
}

void ClosedDriver::on_done(Slot& slot) {
  const Instant now = slot.room.moments.done;
  if (slot.room.is_measured) recorder_->count(slot.room.call(), slot.room.moments, slot.room.sizes);
  Duration rest = setup_.think_time;
  if (has_no_connection(slot.room.call())) rest = std::max(rest, kUnsentRest);
  if (slot.room.call().status().code == grpc::StatusCode::kResourceExhausted &&
      !setup_.config.ignore_pushback) {
    rest = std::max(rest, spread(pushback_of(slot.room.call())));
  }
  if (rest > Duration{}) return slot.rest.arm(saturating_add(now, rest));
  next(slot, now);
}

Duration ClosedDriver::spread(Duration pushback) {
  constexpr std::int64_t kParts = 1000;
  const std::int64_t part = std::uniform_int_distribution<std::int64_t>(0, kParts)(random_);
  return pushback + pushback / 2 * part / kParts;
}

}  // namespace hawser::profile
