#include "src/logging/signal_free_thread.h"

#include <csignal>
#include <utility>

namespace hawser::logging {

void call_without_signals(const std::function<void()>& start) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  start();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

std::thread start_without_signals(std::function<void()> body) {
  std::thread thread;
  call_without_signals([&] { thread = std::thread(std::move(body)); });
  return thread;
}

}  // namespace hawser::logging
