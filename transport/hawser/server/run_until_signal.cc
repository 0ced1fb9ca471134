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
  Stopper(std::span<Server* const> servers, const RunOptions& options)
      : servers_(servers), options_(options) {}

  void on_signal(int number) {
    // lint: allow exit: the second signal asks for an end without cleaning up
    if (stopping_) ::_exit(128 + number);
    stopping_ = true;
    options_.log->write(log::Level::kInfo, "stopping: running calls may finish, a second signal ends at once",
                        {{"signal", number == SIGINT ? "SIGINT" : "SIGTERM"}});
    if (options_.stopping) options_.stopping();
    for (Server* server : servers_) server->shutdown(options_.grace);
  }

 private:
  const std::span<Server* const> servers_;
  const RunOptions& options_;
  bool stopping_ = false;
};

void wait_for(std::span<Server* const> servers) {
  for (Server* server : servers) server->wait();
}

Result<void> start(std::span<Server* const> servers) {
  for (std::size_t i = 0; i < servers.size(); ++i) {
    auto started = servers[i]->start();
    if (started) continue;
    const auto before = servers.first(i);
    for (Server* server : before) server->shutdown(Duration::zero());
    wait_for(before);
    return started;
  }
  return {};
}

}  // namespace

Result<void> block_stop_signals() { return event::block_signals({SIGINT, SIGTERM}); }

Result<void> run_until_signal(Server& server, const RunOptions& options) {
  Server* const one = &server;
  return run_until_signal({&one, 1}, options);
}

Result<void> run_until_signal(std::span<Server* const> servers, const RunOptions& options) {
  if (auto blocked = block_stop_signals(); !blocked) return blocked;
  auto loop = event::Loop::create();
  if (!loop) return tl::unexpected<Error>(std::move(loop.error()));
  Stopper stopper(servers, options);
  auto watch = event::SignalWatch::create(**loop, {SIGINT, SIGTERM},
                                          event::SignalWatch::Callback::bind<&Stopper::on_signal>(stopper));
  if (!watch) return tl::unexpected<Error>(std::move(watch.error()));
  if (auto started = start(servers); !started) return started;
  if (options.started) options.started();
  // This thread waits for signals; the last server's end stops it.
  std::thread waiter([&] {
    wait_for(servers);
    (*loop)->stop();
  });
  (*loop)->run();
  waiter.join();
  options.log->write(log::Level::kInfo, "stopped", {});
  return {};
}

}  // namespace hawser::server
