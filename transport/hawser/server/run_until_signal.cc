#include "hawser/server/run_until_signal.h"

#include <csignal>
#include <thread>

#include <unistd.h>

#include "hawser/event/loop.h"
#include "hawser/event/signal_watch.h"

namespace hawser::server {
namespace {

class Stopper final {
 public:
  Stopper(Server& server, const RunOptions& options) : server_(server), options_(options) {}

  void on_signal(int number) {
    // lint: allow exit: the second signal asks for an end without cleaning up
    if (stopping_) ::_exit(128 + number);
    stopping_ = true;
    options_.log->write(log::Level::kInfo, "stopping: running calls may finish, a second signal ends at once",
                        {{"signal", number == SIGINT ? "SIGINT" : "SIGTERM"}});
    if (options_.stopping) options_.stopping();
    server_.shutdown(options_.grace);
  }

 private:
  Server& server_;
  const RunOptions& options_;
  bool stopping_ = false;
};

}  // namespace

Result<void> run_until_signal(Server& server, const RunOptions& options) {
  if (auto blocked = event::block_signals({SIGINT, SIGTERM}); !blocked) return blocked;
  auto loop = event::Loop::create();
  if (!loop) return tl::unexpected<Error>(std::move(loop.error()));
  Stopper stopper(server, options);
  auto watch = event::SignalWatch::create(**loop, {SIGINT, SIGTERM},
                                          event::SignalWatch::Callback::bind<&Stopper::on_signal>(stopper));
  if (!watch) return tl::unexpected<Error>(std::move(watch.error()));
  if (auto started = server.start(); !started) return started;
  if (options.started) options.started();
  // This thread waits for signals; the server's end stops it.
  std::thread waiter([&] {
    server.wait();
    (*loop)->stop();
  });
  (*loop)->run();
  waiter.join();
  options.log->write(log::Level::kInfo, "stopped", {});
  return {};
}

}  // namespace hawser::server
