#include "hawser/io/listener.h"

#include <optional>
#include <utility>

#include "hawser/event/loop.h"

namespace hawser::io {

Listener::Listener(event::Loop& loop, UniqueFd fd, Accepted accepted, log::Sink& log)
    : loop_(loop),
      fd_(std::move(fd)),
      accepted_(accepted),
      log_(log),
      watch_(loop, fd_.get(), event::FdWatch::Callback::bind<&Listener::on_ready>(*this)),
      pause_timer_(loop, event::Timer::Callback::bind<&Listener::accept_some>(*this)),
      again_hook_(loop, event::TurnHook::When::kNextTurn,
                  event::TurnHook::Callback::bind<&Listener::accept_some>(*this)) {}

Listener::~Listener() = default;

Result<void> Listener::start() { return watch_.start_reading(); }

void Listener::close() {
  watch_.stop();
  pause_timer_.disarm();
  again_hook_.cancel();
  fd_.reset();
}

void Listener::pause() { paused_ = true; }

void Listener::resume() {
  paused_ = false;
  again_hook_.schedule();  // edges that came during the pause don't come again
}

void Listener::on_ready(event::Readiness) { accept_some(); }

bool Listener::may_accept() const { return fd_.is_open() && !paused_ && !pause_timer_.is_armed(); }

void Listener::accept_some() {
  int budget = kAcceptBudget;
  while (may_accept()) {
    if (budget-- == 0) return again_hook_.schedule();
    Result<std::optional<net::Accepted>> result = net::accept(fd_.get());
    if (!result) return back_off(result.error());
    if (!result->has_value()) return;
    out_of_resources_ = false;
    accepted_(std::move(**result));
  }
}

void Listener::back_off(const Error& error) {
  pause_timer_.arm(saturating_add(loop_.now(), kPause));
  if (std::exchange(out_of_resources_, true)) return;
  log_.write(log::Level::kWarning, "can't accept connections now; trying again every 100 ms",
             {{"error", error.detail}});
}

}  // namespace hawser::io
