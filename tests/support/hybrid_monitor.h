// A virtual machine monitor's UNIX socket for hybrid VSOCK (CONFORMANCE V-17), with a server of this machine
// as its guest: answers CONNECT and carries bytes. One thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "support/sockets.h"

namespace hawser::test {

class HybridMonitor final {
 public:
  /// Connections to `port` of the guest go to `target`; to others they are closed, as nobody listens.
  HybridMonitor(const std::string& target, std::uint32_t port)
      : guest_(address_of(target)),
        port_(port),
        listener_(tcp_listener(64, "unix:" + folder_.file("vm.sock"))) {
    thread_ = std::thread([this] { run(); });
  }
  ~HybridMonitor() {
    ending_ = true;
    thread_.join();
  }
  HybridMonitor(const HybridMonitor&) = delete;
  HybridMonitor& operator=(const HybridMonitor&) = delete;

  std::string target(std::uint32_t port) const {
    return "hvsock:" + folder_.file("vm.sock") + ':' + std::to_string(port);
  }

 private:
  struct Way {
    UniqueFd from;
    UniqueFd to;  // open: CONNECT was answered
    std::string forth;
    std::string back;
    bool over = false;
  };

  void run() {
    while (!ending_) {
      std::vector<pollfd> watched = {{listener_.fd.get(), POLLIN, 0}};
      for (const Way& way : ways_) {
        watched.push_back({way.from.get(), events_of(way.back), 0});
        if (way.to.is_open()) watched.push_back({way.to.get(), events_of(way.forth), 0});
      }
      ::poll(watched.data(), watched.size(), 20);
      while (auto accepted = value_of(net::accept(listener_.fd.get()))) {
        ways_.push_back({std::move(accepted->fd), {}, {}, {}, false});
      }
      for (Way& way : ways_) carry(way);
      std::erase_if(ways_, [](const Way& way) { return way.over; });
    }
  }

  static short events_of(const std::string& waiting) {
    return static_cast<short>(waiting.empty() ? POLLIN : POLLIN | POLLOUT);
  }

  void carry(Way& way) {
    take(way, way.from, way.forth);
    if (!way.to.is_open() && way.forth.find('\n') != std::string::npos) connect(way);
    if (!way.to.is_open()) return;
    take(way, way.to, way.back);
    way.forth.erase(0, write_some(way.to.get(), way.forth));
    way.back.erase(0, write_some(way.from.get(), way.back));
  }

  static void take(Way& way, const UniqueFd& fd, std::string& into) {
    const Read read = read_some(fd.get(), 1 << 20);
    into += read.bytes;
    way.over = way.over || read.end || read.error != 0;
  }

  void connect(Way& way) {
    const std::string line = way.forth.substr(0, way.forth.find('\n'));
    way.forth.erase(0, line.size() + 1);
    if (line == "CONNECT " + std::to_string(port_)) {
      way.to = value_of(net::start_connect(guest_));
      // A VSOCK that still connects has no EAGAIN but ENOTCONN to say.
      pollfd connected = {way.to.get(), POLLOUT, 0};
      ::poll(&connected, 1, 10'000);
      way.back = "OK 1073741824\n";
    } else {
      way.over = true;
    }
  }

  ScratchFolder folder_;
  const net::SocketAddress guest_;
  const std::uint32_t port_;
  TcpListener listener_;
  std::vector<Way> ways_;  // the thread's
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace hawser::test
