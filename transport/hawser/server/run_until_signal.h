// The usual life of a server program: serve until SIGTERM or SIGINT, end gracefully.
#pragma once

#include <functional>

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

/// Starts the server and returns when it has ended. The first signal begins the graceful end; the second ends
/// the process at once, with the exit code that shells give such an end (128 + number).
///
/// Call it from main() before other threads start: it blocks both signals for the calling thread and those
/// that it starts. Scope io: what start() says.
Result<void> run_until_signal(Server& server, const RunOptions& options);

}  // namespace hawser::server
