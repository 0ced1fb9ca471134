#include "hawser/event/signal_watch.h"

#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace hawser::event {
namespace {

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal_number : signals) sigaddset(&set, signal_number);
  return set;
}

}  // namespace

Result<void> block_signals(std::initializer_list<int> signals) {
  const sigset_t set = set_of(signals);
  if (const int error = ::pthread_sigmask(SIG_BLOCK, &set, nullptr); error != 0) {
    return io_error(error, "block signals");
  }
  return {};
}

Result<std::unique_ptr<SignalWatch>> SignalWatch::create(Loop& loop, std::initializer_list<int> signals,
                                                         Callback callback) {
  const sigset_t set = set_of(signals);
  UniqueFd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.is_open()) return io_error(errno, "create a signalfd");
  std::unique_ptr<SignalWatch> watch(new SignalWatch(loop, std::move(fd), callback));
  if (Result<void> started = watch->watch_.start_reading(); !started) {
    return tl::unexpected<Error>(std::move(started.error()));
  }
  return watch;
}

SignalWatch::SignalWatch(Loop& loop, UniqueFd fd, Callback callback)
    : fd_(std::move(fd)),
      callback_(callback),
      watch_(loop, fd_.get(), FdWatch::Callback::bind<&SignalWatch::on_ready>(*this)) {}

void SignalWatch::on_ready(Readiness) {
  signalfd_siginfo info;
  for (;;) {
    const ssize_t size = ::read(fd_.get(), &info, sizeof info);
    if (size == sizeof info) {
      callback_(static_cast<int>(info.ssi_signo));
    } else if (size >= 0 || errno != EINTR) {
      return;
    }
  }
}

}  // namespace hawser::event
