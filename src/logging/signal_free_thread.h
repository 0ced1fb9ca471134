// Threads beside the server's: no signal is delivered to them, so that the one that waits for signals gets
// all.
#pragma once

#include <functional>
#include <thread>

namespace hawser::logging {

/// Runs `body` on a new thread with all signals blocked. The file size limit's signal (SIGXFSZ) is among
/// them: a write beyond the limit fails with EFBIG instead of ending the process.
std::thread start_without_signals(std::function<void()> body);

/// Calls `start` with all signals blocked: threads that a library starts in it begin without any.
void call_without_signals(const std::function<void()>& start);

}  // namespace hawser::logging
