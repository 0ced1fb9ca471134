#include "hawser/client/resolver.h"

#include <system_error>
#include <utility>

#include "hawser/event/loop.h"

namespace hawser::client {

Resolver::Resolver(event::Loop& loop, Target target, Done done, Duration least_interval)
    : loop_(loop),
      target_(std::move(target)),
      done_(done),
      least_interval_(least_interval),
      last_start_(Clock::now()),
      timer_(loop, event::Timer::Callback::bind<&Resolver::start>(*this)),
      looked_up_(event::Task::Callback::bind<&Resolver::on_looked_up>(*this)) {}

bool Resolver::join() {
  if (!thread_.joinable()) return false;
  thread_.join();
  return true;
}

void Resolver::request() {
  if (running_ || stopped_ || !target_.needs_lookup()) return;
  running_ = true;
  timer_.arm(saturating_add(last_start_, least_interval_));
}

void Resolver::stop() {
  stopped_ = true;
  timer_.disarm();
}

void Resolver::start() {
  last_start_ = loop_.now();
  if (thread_.joinable()) thread_.join();  // it has posted its result, and ends
  try {
    thread_ = std::thread([this] { look_up(); });
  } catch (const std::system_error&) {
    running_ = false;  // no thread to be had: the next failure asks again
  }
}

void Resolver::look_up() {
  Result<Addresses> found = target_.resolve();
  {
    const std::lock_guard lock(mutex_);
    found_.emplace(std::move(found));
  }
  loop_.post(looked_up_);
}

void Resolver::on_looked_up() {
  running_ = false;
  std::optional<Result<Addresses>> found;
  {
    const std::lock_guard lock(mutex_);
    std::swap(found, found_);
  }
  if (!stopped_) done_(std::move(*found));
}

}  // namespace hawser::client
