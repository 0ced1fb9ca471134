#include "hawser/event/signal_watch.h"

#include <doctest/doctest.h>
#include <pthread.h>
#include <signal.h>

#include <vector>

#include "support/loops.h"

namespace hawser::event {
namespace {

/// Sent to this thread only: other threads of the test program don't block it.
void send_here(int signal_number) { REQUIRE(::pthread_kill(::pthread_self(), signal_number) == 0); }

struct Recorder {
  std::vector<int> seen;
  void on_signal(int signal_number) { seen.push_back(signal_number); }
  SignalWatch::Callback callback() { return SignalWatch::Callback::bind<&Recorder::on_signal>(*this); }
};

TEST_CASE("SignalWatch: blocked signals arrive as loop events") {
  REQUIRE(block_signals({SIGUSR1, SIGUSR2}).has_value());
  const auto loop = test::make_loop();
  Recorder recorder;
  const auto watch = test::value_of(SignalWatch::create(*loop, {SIGUSR1, SIGUSR2}, recorder.callback()));
  loop->run_once(Duration::zero());
  CHECK(recorder.seen.empty());
  send_here(SIGUSR1);
  loop->run_once(Duration::zero());
  CHECK(recorder.seen == std::vector<int>{SIGUSR1});
  send_here(SIGUSR2);
  send_here(SIGUSR1);
  loop->run_once(Duration::zero());
  CHECK(recorder.seen == std::vector<int>{SIGUSR1, SIGUSR1, SIGUSR2});  // lower numbers first, signal(7)
}

TEST_CASE("SignalWatch: signals that came before the watch are not lost") {
  REQUIRE(block_signals({SIGUSR1}).has_value());
  send_here(SIGUSR1);
  const auto loop = test::make_loop();
  Recorder recorder;
  const auto watch = test::value_of(SignalWatch::create(*loop, {SIGUSR1}, recorder.callback()));
  loop->run_once(Duration::zero());
  CHECK(recorder.seen == std::vector<int>{SIGUSR1});
}

TEST_CASE("SignalWatch: a destroyed watch calls nobody") {
  REQUIRE(block_signals({SIGUSR1}).has_value());
  const auto loop = test::make_loop();
  Recorder recorder;
  auto watch = test::value_of(SignalWatch::create(*loop, {SIGUSR1}, recorder.callback()));
  send_here(SIGUSR1);
  watch.reset();
  loop->run_once(Duration::zero());
  CHECK(recorder.seen.empty());
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  timespec none{};
  CHECK(::sigtimedwait(&set, nullptr, &none) == SIGUSR1);  // it is still pending: take it away
}

}  // namespace
}  // namespace hawser::event
