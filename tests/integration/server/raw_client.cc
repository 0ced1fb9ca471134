#include "integration/server/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <stdexcept>

#include "integration/server/test_server.h"
#include "support/sockets.h"

namespace hawser::test {

RawClient::RawClient(const net::SocketAddress& server, const std::string& from)
    : fd_(::socket(server.domain(), SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (!from.empty()) {
    sockaddr_in local{};
    local.sin_family = AF_INET;
    ::inet_pton(AF_INET, from.c_str(), &local.sin_addr);
    if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) {
      throw std::runtime_error("bind " + from + ": " + errno_text(errno));
    }
  }
  if (::connect(fd_.get(), server.data(), server.size()) != 0) {
    throw std::runtime_error("connect: " + errno_text(errno));
  }
}

void RawClient::send() { send(script.take()); }

void RawClient::send(std::string_view bytes) { write_some(fd_.get(), bytes); }

void RawClient::send_some() {
  const std::string bytes = script.take();
  static_cast<void>(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

bool RawClient::read_some() {
  if (ended_ || !wait_for(fd_.get(), POLLIN, 20'000)) return false;
  char buffer[16384];
  const ssize_t size = ::recv(fd_.get(), buffer, sizeof buffer, 0);
  ended_ = size <= 0;
  if (!ended_) frames.feed(std::string_view(buffer, static_cast<std::size_t>(size)));
  return !ended_;
}

bool RawClient::receive_until(const std::function<bool(FrameParser&)>& enough) {
  while (!enough(frames)) {
    if (!read_some()) return false;
  }
  return true;
}

bool RawClient::receive_end() {
  while (read_some()) {
  }
  return ended_;
}

RawClient& RawClient::handshake() {
  greeted_ = true;
  script.client_start().settings_ack();
  send();
  receive_until([](FrameParser& parser) { return parser.find(FrameType::kSettings) != nullptr; });
  return *this;
}

bool RawClient::echo(http2::StreamId id, std::string_view payload) {
  if (!greeted_) handshake();
  script.request(id, kEchoPath, payload);
  send();
  const bool answered = receive_until(
      [&](FrameParser& parser) { return parser.last_headers(id).header("grpc-status") != "(none)"; });
  return answered && frames.last_headers(id).header("grpc-status") == "0" &&
         frames.body(id) == grpc_message(payload);
}

net::SocketAddress RawClient::local_address() const { return value_of(net::local_address(fd_.get())); }

void RawClient::vanish() {
  const linger at_once{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fd_.reset();
}

}  // namespace hawser::test
