#include "hawser/net/hybrid_handshake.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

namespace hawser::net {
namespace {

constexpr std::string_view kOk = "OK ";
constexpr std::size_t kMostDigits = 10;  // of 32 bits
constexpr std::size_t kLongestLine = kOk.size() + kMostDigits + 1;

bool would_block(int error_number) { return error_number == EAGAIN || error_number == EWOULDBLOCK; }

/// Others are shown as '?': they come from outside.
std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  return text;
}

}  // namespace

HybridHandshake::HybridHandshake(const SocketAddress& address)
    : name_(address.to_string()),
      port_(address.hybrid_port().value_or(0)),
      request_("CONNECT " + std::to_string(port_) + '\n') {}

Result<bool> HybridHandshake::advance(int fd) {
  if (!request_.empty()) {
    const Result<bool> sent = send_request(fd);
    if (!sent || !*sent) return sent;
  }
  return read_answer(fd);
}

Result<bool> HybridHandshake::send_request(int fd) {
  while (!request_.empty()) {
    const ssize_t size = ::send(fd, request_.data(), request_.size(), MSG_NOSIGNAL);
    if (size >= 0) {
      request_.erase(0, static_cast<std::size_t>(size));
    } else if (would_block(errno)) {
      return false;
    } else if (errno != EINTR) {
      return tl::unexpected<Error>(failure(errno, "the monitor took no CONNECT: " + errno_text(errno)));
    }
  }
  return true;
}

Result<bool> HybridHandshake::read_answer(int fd) {
  for (;;) {
    char bytes[kLongestLine];
    // A look first: nothing behind the end of the line may be taken.
    ssize_t size = ::recv(fd, bytes, kLongestLine - answer_.size(), MSG_PEEK);
    if (size > 0) {
      const std::string_view seen(bytes, static_cast<std::size_t>(size));
      const std::size_t end = seen.find('\n');
      const bool complete = end != std::string_view::npos;
      const std::size_t wanted = complete ? end + 1 : seen.size();
      size = ::recv(fd, bytes, wanted, 0);  // they are there
      if (size != static_cast<ssize_t>(wanted)) {
        return tl::unexpected<Error>(failure(EPROTO, "bytes that were there have gone"));
      }
      answer_ += seen.substr(0, complete ? end : wanted);
      if (complete) return check_answer();
      if (answer_.size() == kLongestLine) return check_answer();
    } else if (size == 0 || errno == ECONNRESET) {
      return tl::unexpected<Error>(not_listening());
    } else if (would_block(errno)) {
      return false;
    } else if (errno != EINTR) {
      return tl::unexpected<Error>(failure(errno, "read the monitor's answer: " + errno_text(errno)));
    }
  }
}

Result<bool> HybridHandshake::check_answer() const {
  const std::string_view answer = answer_;
  const std::string_view number = answer.substr(std::min(kOk.size(), answer.size()));
  const bool is_number = !number.empty() && number.size() <= kMostDigits &&
                         number.find_first_not_of("0123456789") == std::string_view::npos;
  if (answer.starts_with(kOk) && is_number) return true;
  return tl::unexpected<Error>(
      failure(EPROTO, "the answer to CONNECT is not OK and a number but \"" + printable(answer_) +
                          "\"; is that the VSOCK socket of a virtual machine monitor?"));
}

Error HybridHandshake::failure(int error_number, const std::string& what) const {
  return Error{ErrorScope::kIo, error_number, "connect to " + name_ + ": " + what};
}

Error HybridHandshake::not_listening() const {
  if (!answer_.empty()) return failure(EPROTO, "the monitor closed in the middle of its answer");
  return failure(ECONNREFUSED, "the monitor closed: nothing listens on port " + std::to_string(port_) +
                                   " of its guest, or the guest is not up yet");
}

Error HybridHandshake::timed_out() const {
  return failure(ETIMEDOUT, "the monitor did not answer CONNECT in time; is its guest running?");
}

}  // namespace hawser::net
