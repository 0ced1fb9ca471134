#include "support/stock_peers.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <cstdint>

#include <grpcpp/create_channel.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/server_posix.h>

#include "support/sockets.h"

namespace hawser::test {
namespace {

UniqueFd connected_socket(const net::SocketAddress& address) {
  UniqueFd fd = value_of(net::start_connect(address));
  if (!wait_for(fd.get(), POLLOUT)) throw std::runtime_error("no answer from " + address.to_string());
  if (const int error = net::finish_connect(fd.get()); error != 0) {
    throw std::runtime_error(address.to_string() + ": " + net::explain(error, address));
  }
  return fd;
}

}  // namespace

std::shared_ptr<::grpc::Channel> stock_channel(const std::string& target,
                                               ::grpc::ChannelArguments arguments) {
  const net::Address address = value_of(net::Address::parse(target));
  if (address.family() == net::Family::kVsock) {
    UniqueFd fd = connected_socket(address_of(target));
    return ::grpc::CreateCustomInsecureChannelFromFd(address.authority(), fd.release(), arguments);
  }
  // grpc++ shares connections between channels of the same arguments; this one doesn't take part.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return ::grpc::CreateCustomChannel(target, ::grpc::InsecureChannelCredentials(), arguments);
}

DescriptorListener::DescriptorListener(const std::string& address, ::grpc::Server& server)
    : listener_(value_of(net::listen(address_of(address), {}))),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      thread_([this, &server] { accept_until_stopped(server); }) {}

DescriptorListener::~DescriptorListener() {
  const std::uint64_t one = 1;
  static_cast<void>(::write(stop_.get(), &one, sizeof one));
  thread_.join();
}

net::SocketAddress DescriptorListener::address() const {
  return value_of(net::local_address(listener_.get()));
}

void DescriptorListener::accept_until_stopped(::grpc::Server& server) {
  std::array<pollfd, 2> waiting = {{{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
  while (::poll(waiting.data(), waiting.size(), -1) > 0 && waiting[1].revents == 0) {
    while (auto accepted = value_of(net::accept(listener_.get()))) {
      ::grpc::AddInsecureChannelFromFd(&server, accepted->fd.release());
    }
  }
}

}  // namespace hawser::test
