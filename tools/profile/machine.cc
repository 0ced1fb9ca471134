#include "tools/profile/machine.h"

#include <sched.h>
#include <sys/utsname.h>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "tools/profile/commit.h"

namespace hawser::profile {
namespace {

namespace fs = std::filesystem;

template <class Number>
std::optional<Number> parse(std::string_view text, int base = 10) {
  Number value{};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    const std::size_t colon = line.find(": ");
    return colon == std::string::npos ? std::string() : line.substr(colon + 2);
  }
  return {};
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// The port of "127.0.0.1:50051", "localhost:50051" or "[::1]:50051"; nullopt: the target isn't on this
// machine.
std::optional<std::uint16_t> loopback_port(std::string_view target) {
  const std::size_t colon = target.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view host = target.substr(0, colon);
  if (host != "localhost" && host != "[::1]" && !host.starts_with("127.")) return std::nullopt;
  return parse<std::uint16_t>(target.substr(colon + 1));
}

// Inodes of the sockets that listen on the port, on any address; proc(5), /proc/net/tcp.
std::set<std::string> listening_on(std::uint16_t port) {
  constexpr std::size_t kLocal = 1;
  constexpr std::size_t kState = 3;
  constexpr std::size_t kInode = 9;
  std::set<std::string> inodes;
  for (const char* path : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      const std::vector<std::string> words = words_of(line);
      if (words.size() <= kInode || words[kState] != "0A") continue;
      const std::string& local = words[kLocal];
      if (parse<std::uint16_t>(local.substr(local.rfind(':') + 1), 16) == port) inodes.insert(words[kInode]);
    }
  }
  return inodes;
}

// The same of a path; proc(5), /proc/net/unix. A listening socket has the flag 00010000.
std::set<std::string> listening_on(std::string_view path) {
  constexpr std::size_t kFlags = 3;
  constexpr std::size_t kInode = 6;
  constexpr std::size_t kPath = 7;
  std::set<std::string> inodes;
  std::ifstream file("/proc/net/unix");
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() > kPath && words[kFlags] == "00010000" && words[kPath] == path) {
      inodes.insert(words[kInode]);
    }
  }
  return inodes;
}

bool has_socket(const fs::path& process, const std::set<std::string>& inodes) {
  std::error_code error;
  for (fs::directory_iterator entry(process / "fd", error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code unreadable;
    const std::string to = fs::read_symlink(entry->path(), unreadable).string();
    constexpr std::string_view kSocket = "socket:[";
    if (!to.starts_with(kSocket)) continue;
    if (inodes.count(to.substr(kSocket.size(), to.size() - kSocket.size() - 1)) > 0) return true;
  }
  return false;
}

}  // namespace

void describe_machine(RunFacts& facts) {
  facts.version = HAWSER_VERSION;
  facts.commit = kCommit;
  facts.processor = processor_name();
  utsname names{};
  if (::uname(&names) == 0) facts.kernel = std::string(names.sysname) + ' ' + names.release;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) {
    facts.processors = static_cast<std::size_t>(CPU_COUNT(&set));
  }
}

std::optional<int> find_server_process(std::string_view target) {
  std::set<std::string> inodes;
  if (target.starts_with("unix:")) {
    std::string_view path = target.substr(5);
    if (path.starts_with("///")) path.remove_prefix(2);
    inodes = listening_on(path);
  } else if (const auto port = loopback_port(target)) {
    inodes = listening_on(*port);
  }
  if (inodes.empty()) return std::nullopt;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
    const auto pid = parse<int>(entry->path().filename().string());
    if (pid && has_socket(entry->path(), inodes)) return pid;
  }
  return std::nullopt;
}

}  // namespace hawser::profile
