#include "unit/vsock/socket_calls.h"

#include <linux/vm_sockets.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace hawser::test {
namespace {

SocketCalls* current = nullptr;

std::string text_of(const sockaddr* address, socklen_t size) {
  sockaddr_vm vsock{};
  if (size != sizeof vsock) return "an address of " + std::to_string(size) + " bytes";
  std::memcpy(&vsock, address, sizeof vsock);
  const auto* zero = vsock.svm_zero;
  if (vsock.svm_reserved1 != 0 || std::any_of(zero, zero + sizeof vsock.svm_zero, [](auto c) { return c; })) {
    return "an address with bytes that are not zero";
  }
  const auto number = [](std::uint32_t value) {
    return value == VMADDR_CID_ANY ? std::string("any") : std::to_string(value);
  };
  std::string text = number(vsock.svm_cid) + ':' + number(vsock.svm_port);
  if (vsock.svm_flags != 0) text += " flags " + std::to_string(vsock.svm_flags);
  return text;
}

std::string option_text(int name, const void* value, socklen_t size) {
  if (name == SO_VM_SOCKETS_CONNECT_TIMEOUT && size == sizeof(timeval)) {
    timeval time;
    std::memcpy(&time, value, sizeof time);
    return "CONNECT_TIMEOUT " + std::to_string(time.tv_sec) + " s " + std::to_string(time.tv_usec) + " us";
  }
  std::uint64_t number = 0;
  if (size != sizeof number) return "an option of " + std::to_string(size) + " bytes";
  std::memcpy(&number, value, sizeof number);
  const char* const text = name == SO_VM_SOCKETS_BUFFER_SIZE       ? "BUFFER_SIZE "
                           : name == SO_VM_SOCKETS_BUFFER_MAX_SIZE ? "BUFFER_MAX_SIZE "
                                                                   : "another option ";
  return text + std::to_string(number);
}

int answer(int error_number) {
  if (error_number == 0) return 0;
  errno = error_number;
  return -1;
}

}  // namespace

SocketCalls::SocketCalls() {
  if (current != nullptr) throw std::logic_error("there are SocketCalls already");
  current = this;
}

SocketCalls::~SocketCalls() { current = nullptr; }

std::optional<std::size_t> SocketCalls::place_of(const std::string& call) const {
  const auto found = std::find(log_.begin(), log_.end(), call);
  if (found == log_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - log_.begin());
}

bool SocketCalls::owns(int fd) const { return std::find(fds_.begin(), fds_.end(), fd) != fds_.end(); }

int SocketCalls::open(int type) {
  if (const int error = note("socket", "socket"); error != 0) return answer(error);
  const auto fd = static_cast<int>(::syscall(SYS_socket, AF_UNIX, type, 0));
  fds_.push_back(fd);
  return fd;
}

int SocketCalls::note(const std::string& name, const std::string& text) {
  log_.push_back(text);
  const auto failure = failures_.find(name);
  return failure == failures_.end() ? 0 : failure->second;
}

}  // namespace hawser::test

using hawser::test::current;

extern "C" {

int socket(int domain, int type, int protocol) noexcept {
  if (current != nullptr && domain == AF_VSOCK) return current->open(type);
  return static_cast<int>(::syscall(SYS_socket, domain, type, protocol));
}

int setsockopt(int fd, int level, int name, const void* value, socklen_t size) noexcept {
  if (current != nullptr && current->owns(fd) && level == AF_VSOCK) {
    return hawser::test::answer(current->note("setsockopt", hawser::test::option_text(name, value, size)));
  }
  return static_cast<int>(::syscall(SYS_setsockopt, fd, level, name, value, size));
}

int bind(int fd, const sockaddr* address, socklen_t size) noexcept {
  if (current != nullptr && current->owns(fd)) {
    return hawser::test::answer(current->note("bind", "bind " + hawser::test::text_of(address, size)));
  }
  return static_cast<int>(::syscall(SYS_bind, fd, address, size));
}

int listen(int fd, int backlog) noexcept {
  if (current != nullptr && current->owns(fd)) {
    return hawser::test::answer(current->note("listen", "listen"));
  }
  return static_cast<int>(::syscall(SYS_listen, fd, backlog));
}

int connect(int fd, const sockaddr* address, socklen_t size) {
  if (current != nullptr && current->owns(fd)) {
    return hawser::test::answer(current->note("connect", "connect " + hawser::test::text_of(address, size)));
  }
  return static_cast<int>(::syscall(SYS_connect, fd, address, size));
}

}  // extern "C"
