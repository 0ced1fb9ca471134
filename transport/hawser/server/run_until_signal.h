// The usual life of a program with a server or several: serve until SIGTERM or SIGINT, end gracefully.
#pragma once

#include <functional>
#include <span>

#include "hawser/base/clock.h"
#include "hawser/base/result.h"
#include "hawser/server/server.h"

namespace hawser::server {

struct RunOptions {
  /// Called once, when the server serves and the signals end it gracefully: from here on it may be announced.
  std::function<void()> started;
  /// Called once, at the first signal, before the graceful end begins. On the thread that waits for signals.
  std::function<void()> stopping;
  /// Calls that still run at the first signal may take this long (Server::shutdown).
  Duration grace = std::chrono::seconds(30);
  /// Not owned.
  log::Sink* log = &log::null_sink();
};

/// Blocks SIGTERM and SIGINT for the calling thread and those that it starts. run_until_signal() does it too:
/// for programs that start threads before, where the signal would end the process otherwise.
Result<void> block_stop_signals();

/// Starts the server and returns when it has ended. The first signal begins the graceful end; the second ends
/// the process at once, with the exit code that shells give such an end (128 + number).
///
/// Call it from main() before other threads start, or block_stop_signals() before they do. Scope io: what
/// start() says.
Result<void> run_until_signal(Server& server, const RunOptions& options);
/// The same with several servers: they are started in this order, a signal ends all of them, and it returns
/// when the last has ended. When one can't start, those before it are ended at once.
Result<void> run_until_signal(std::span<Server* const> servers, const RunOptions& options);

}  // namespace hawser::server
