#include "tools/profile/stock/server_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <string_view>
#include <utility>

#include "tools/common/parse.h"

namespace hawser::profile {
namespace {

constexpr std::string_view kReady = "listening on ";
constexpr Duration kDying = std::chrono::seconds(1);
constexpr std::size_t kTail = 2000;  // bytes of what a server said, in messages

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return io_error(errno, "make a pipe");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// What a child needs between fork() and exec(), where nothing may be allocated.
struct Launch {
  char* const* argv;
  const cpu_set_t* cores;  // null: any
  pid_t parent;
  int null;
  int out;
  int err;
  int failed;  // gets the errno of what went wrong; closed by exec()
};

// What the child couldn't do.
struct LaunchFailure {
  enum class Step { kPrepare, kPin, kExecute };

  Step step = Step::kPrepare;
  int error_number = 0;  // 0: it runs its program
};

// Returns when the program couldn't be started. Async-signal-safe.
LaunchFailure become(const Launch& launch) {
  using Step = LaunchFailure::Step;
  // The parent may have ended before the kernel knew what to do then.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != launch.parent) return {Step::kPrepare, errno};
  if (launch.cores != nullptr && ::sched_setaffinity(0, sizeof *launch.cores, launch.cores) != 0) {
    return {Step::kPin, errno};
  }
  if (::dup2(launch.null, STDIN_FILENO) < 0 || ::dup2(launch.out, STDOUT_FILENO) < 0 ||
      ::dup2(launch.err, STDERR_FILENO) < 0) {
    return {Step::kPrepare, errno};
  }
  ::execv(launch.argv[0], launch.argv);
  return {Step::kExecute, errno};
}

LaunchFailure read_failure(int fd) {
  LaunchFailure failure;
  ssize_t size = 0;
  do {
    size = ::read(fd, &failure, sizeof failure);
  } while (size < 0 && errno == EINTR);
  return size == static_cast<ssize_t>(sizeof failure) ? failure : LaunchFailure{};
}

tl::unexpected<Error> explain(const LaunchFailure& failure, const ServerCommand& command) {
  const std::string what =
      failure.step == LaunchFailure::Step::kPin
          ? "pin " + command.name + " to core " + std::to_string(command.core.value_or(0))
          : "start " + command.name + " (" + command.words.front() + ")";
  return io_error(failure.error_number, what);
}

int milliseconds_until(Instant deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000));
}

std::string read_all(int fd) {
  std::string text;
  char buffer[4096];
  ssize_t size = 0;
  while ((size = ::pread(fd, buffer, sizeof buffer, static_cast<off_t>(text.size()))) > 0) {
    text.append(buffer, static_cast<std::size_t>(size));
  }
  return text;
}

}  // namespace

std::string text_of(const ServerCommand& command) {
  std::string text;
  for (const std::string& word : command.words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

ServerProcess::ServerProcess(std::string name, int pid, UniqueFd out, UniqueFd err)
    : name_(std::move(name)), pid_(pid), out_(std::move(out)), err_(std::move(err)) {}

Result<std::unique_ptr<ServerProcess>> ServerProcess::start(const ServerCommand& command, Duration patience) {
  auto out = make_pipe();
  if (!out) return tl::unexpected<Error>(out.error());
  auto failed = make_pipe();
  if (!failed) return tl::unexpected<Error>(failed.error());
  UniqueFd err(::memfd_create("standard error", MFD_CLOEXEC));
  if (!err.is_open()) return io_error(errno, "make a file in memory");
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null.is_open()) return io_error(errno, "open /dev/null");

  std::vector<std::string> words = command.words;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (command.core) CPU_SET(*command.core, &cores);
  const Launch launch{
      argv.data(), command.core ? &cores : nullptr, ::getpid(), null.get(), out->write_end.get(),
      err.get(),   failed->write_end.get()};
  const pid_t pid = ::fork();
  if (pid < 0) return io_error(errno, "start " + command.name);
  if (pid == 0) {
    const LaunchFailure failure = become(launch);
    // Nobody is there to be told when this fails.
    static_cast<void>(::write(launch.failed, &failure, sizeof failure) < 0);
    ::_exit(127);  // lint: allow exit: a forked child has no main to return to
  }
  std::unique_ptr<ServerProcess> server(
      new ServerProcess(command.name, pid, std::move(out->read_end), std::move(err)));
  out->write_end.reset();
  failed->write_end.reset();
  const LaunchFailure failure = read_failure(failed->read_end.get());
  if (failure.error_number != 0) return explain(failure, command);
  if (auto ready = server->wait_until_ready(Clock::now() + patience); !ready) {
    return tl::unexpected<Error>(ready.error());
  }
  return server;
}

ServerProcess::~ServerProcess() {
  if (!is_running_) return;
  ::kill(pid_, SIGKILL);
  reap(0);
}

Result<void> ServerProcess::wait_until_ready(Instant deadline) {
  const Instant begin = Clock::now();
  while (read_output(deadline)) {
    if (auto address = ready_address()) {
      address_ = std::move(*address);
      return {};
    }
  }
  if (Clock::now() >= deadline) {
    return failure("did not print \"listening on ADDRESS\" within " +
                   tools::format_duration(deadline - begin));
  }
  if (wait_for_end(Clock::now() + kDying)) return failure(end_text() + " before it was ready");
  return failure("closed its standard output before it was ready");
}

// Waits for more of it; false: there is none in time, or it has ended.
bool ServerProcess::read_output(Instant deadline) {
  pollfd readable{out_.get(), POLLIN, 0};
  const int ready = ::poll(&readable, 1, milliseconds_until(deadline));
  if (ready < 0 && errno == EINTR) return true;
  if (ready <= 0) return false;
  char buffer[4096];
  const ssize_t size = ::read(out_.get(), buffer, sizeof buffer);
  if (size < 0 && errno == EINTR) return true;
  if (size <= 0) return false;
  out_text_.append(buffer, static_cast<std::size_t>(size));
  if (out_text_.size() > 2 * kTail && !address_.empty()) out_text_.erase(0, out_text_.size() - kTail);
  return true;
}

std::optional<std::string> ServerProcess::ready_address() const {
  for (std::size_t begin = 0; begin < out_text_.size();) {
    const std::size_t end = out_text_.find('\n', begin);
    if (end == std::string::npos) break;
    const std::string_view line(out_text_.data() + begin, end - begin);
    if (line.starts_with(kReady)) return std::string(line.substr(kReady.size()));
    begin = end + 1;
  }
  return std::nullopt;
}

std::optional<double> ServerProcess::peak_rss_mib() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
  for (std::string word; file >> word;) {
    double kib = 0;
    if (word == "VmHWM:" && file >> kib) return kib / 1024;
  }
  return std::nullopt;
}

Result<void> ServerProcess::check_alive() {
  reap(WNOHANG);
  if (is_running_) return {};
  return failure(end_text() + " in the middle of its load");
}

Result<void> ServerProcess::stop(Duration patience) {
  if (is_running_) ::kill(pid_, SIGTERM);
  const Instant deadline = Clock::now() + patience;
  while (read_output(deadline)) {
  }
  if (!wait_for_end(deadline)) {
    ::kill(pid_, SIGKILL);
    reap(0);
    return failure("did not end within " + tools::format_duration(patience) + " of SIGTERM");
  }
  if (WIFEXITED(status_) && WEXITSTATUS(status_) == 0) return {};
  return failure(end_text() + " after SIGTERM");
}

// Its output has ended: so will it, unless it only closed it.
bool ServerProcess::wait_for_end(Instant deadline) {
  constexpr int kPauseMs = 2;
  for (reap(WNOHANG); is_running_ && Clock::now() < deadline; reap(WNOHANG)) ::poll(nullptr, 0, kPauseMs);
  return !is_running_;
}

void ServerProcess::reap(int flags) {
  pid_t ended = 0;
  do {
    if (!is_running_) return;
    ended = ::waitpid(pid_, &status_, flags);
  } while (ended < 0 && errno == EINTR);
  if (ended != 0) is_running_ = false;
}

tl::unexpected<Error> ServerProcess::failure(const std::string& what) const {
  return tl::unexpected<Error>(Error{ErrorScope::kIo, 0, name_ + ' ' + what + ". " + said()});
}

std::string ServerProcess::end_text() const {
  if (WIFSIGNALED(status_)) return "was ended by signal " + std::to_string(WTERMSIG(status_));
  return "ended with status " + std::to_string(WEXITSTATUS(status_));
}

std::string ServerProcess::said() const {
  std::string text = out_text_ + read_all(err_.get());
  if (text.size() > kTail) text = "..." + text.substr(text.size() - kTail);
  while (text.ends_with('\n')) text.pop_back();
  return text.empty() ? "It said nothing." : "It said:\n" + text;
}

}  // namespace hawser::profile
