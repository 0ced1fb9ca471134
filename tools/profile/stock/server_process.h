// A server that this program starts, measures and ends.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hawser/base/clock.h"
#include "hawser/base/result.h"
#include "hawser/base/unique_fd.h"

namespace hawser::profile {

struct ServerCommand {
  std::string name;                ///< For messages: "hawser".
  std::vector<std::string> words;  ///< The program's path, and its arguments.
  std::optional<int> core;         ///< The only one that it may run on.
};

/// As a shell takes it, for people to read.
std::string text_of(const ServerCommand& command);

/// The child can't outlive this program, however that ends: the kernel kills it when the thread that started
/// it ends.
class ServerProcess final {
 public:
  /// Returns when the server has printed a line `listening on ADDRESS` on its standard output. An error
  /// (scope io) has the end of what it said: it couldn't be started, it ended, or it wasn't ready in time.
  static Result<std::unique_ptr<ServerProcess>> start(const ServerCommand& command, Duration patience);
  /// Kills it where it still runs.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  int pid() const { return pid_; }
  const std::string& address() const { return address_; }
  /// The most memory that it ever had in use (VmHWM). None: the system doesn't say.
  std::optional<double> peak_rss_mib() const;
  /// An error (as of start()) when it has ended by itself.
  Result<void> check_alive();
  /// SIGTERM, and status 0. An error (as of start()) when it ends otherwise, or not in time; it is gone then.
  Result<void> stop(Duration patience);

 private:
  ServerProcess(std::string name, int pid, UniqueFd out, UniqueFd err);

  Result<void> wait_until_ready(Instant deadline);
  bool read_output(Instant deadline);
  std::optional<std::string> ready_address() const;
  bool wait_for_end(Instant deadline);
  void reap(int flags);
  tl::unexpected<Error> failure(const std::string& what) const;
  std::string end_text() const;
  std::string said() const;

  std::string name_;
  int pid_;
  bool is_running_ = true;
  int status_ = 0;  // of waitpid(), once it is not running
  UniqueFd out_;    // its standard output: a pipe, for its end is seen there
  UniqueFd err_;    // its standard error: a file in memory, so that a chatty server never waits for a reader
  std::string out_text_;
  std::string address_;
};

}  // namespace hawser::profile
