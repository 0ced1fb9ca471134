// The floor under a unary call: bytes to and fro over TCP with nothing but epoll, as a server and a client on
// a core each.
//
//   ping-pong --server-core 0 --client-core 1 --request 60 --reply 80 --rounds 20000 --spin 0
//
// With `--spin 1` both sides look again and again instead of sleeping. Prints one line of JSON: rounds,
// p50_us and p99_us.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "bench/flags.h"

namespace {

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

void pin(long core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<std::size_t>(core), &cores);
  if (pthread_setaffinity_np(pthread_self(), sizeof cores, &cores) != 0) fail("affinity");
}

// One end: a connected socket that is waited for as an event loop does.
class End final {
 public:
  End(int socket, bool spin) : socket_(socket), epoll_(epoll_create1(EPOLL_CLOEXEC)), wait_(spin ? 0 : -1) {
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    if (epoll_ < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, socket_, &event) != 0) fail("epoll");
  }
  End(const End&) = delete;
  End& operator=(const End&) = delete;
  ~End() {
    close(epoll_);
    close(socket_);
  }

  void send_all(const std::string& bytes) {
    if (send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) {
      fail("send");
    }
  }
  // False at the peer's end.
  bool receive_all(std::size_t size) {
    char buffer[16 * 1024];
    while (size > 0) {
      epoll_event event{};
      if (epoll_wait(epoll_, &event, 1, wait_) <= 0) continue;
      const ssize_t got = recv(socket_, buffer, std::min(size, sizeof buffer), MSG_DONTWAIT);
      if (got == 0) return false;
      if (got > 0) size -= static_cast<std::size_t>(got);
    }
    return true;
  }

 private:
  int socket_;
  int epoll_;
  int wait_;
};

struct Options {
  std::size_t request;
  std::size_t reply;
  long rounds;
  bool spin;
  long server_core;
  long client_core;
};

sockaddr_in loopback(in_port_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = port;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void serve(int listener, const Options& options) {
  pin(options.server_core);
  End end(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC), options.spin);
  const std::string reply(options.reply, 'r');
  while (end.receive_all(options.request)) end.send_all(reply);
}

std::vector<double> measure(in_port_t port, const Options& options) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("connect");
  End end(socket, options.spin);
  const std::string request(options.request, 'q');
  std::vector<double> took;
  took.reserve(static_cast<std::size_t>(options.rounds));
  for (long round = -options.rounds / 10; round < options.rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    end.send_all(request);
    if (!end.receive_all(options.reply)) fail("the server ended");
    const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - begin;
    if (round >= 0) took.push_back(time.count());  // those before warm both ends up
  }
  return took;
}

int run(const Options& options) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), size) != 0 || listen(listener, 1) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    fail("listen");
  }
  std::thread server([&] { serve(listener, options); });
  pin(options.client_core);
  std::vector<double> took = measure(address.sin_port, options);
  server.join();
  close(listener);
  std::sort(took.begin(), took.end());
  std::printf("{\"rounds\": %zu, \"p50_us\": %.3f, \"p99_us\": %.3f}\n", took.size(), took[took.size() / 2],
              took[took.size() * 99 / 100]);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Flags flags(argc, argv);
  const Options options{static_cast<std::size_t>(std::max(flags.number("request", 60), 1L)),
                        static_cast<std::size_t>(std::max(flags.number("reply", 80), 1L)),
                        std::max(flags.number("rounds", 20000), 10L),
                        flags.number("spin", 0) != 0,
                        flags.number("server-core", 0),
                        flags.number("client-core", 1)};
  return run(options);
}
