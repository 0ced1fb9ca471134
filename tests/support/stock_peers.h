// Stock grpc++ clients and servers on the addresses of test_family.h. grpc++ 1.51 has no name for VSOCK:
// there they get descriptors.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include <grpcpp/channel.h>
#include <grpcpp/server.h>
#include <grpcpp/support/channel_arguments.h>

#include "hawser/base/unique_fd.h"
#include "hawser/net/socket_address.h"

namespace hawser::test {

/// An insecure channel with a connection of its own. To VSOCK it is connected when this returns and doesn't
/// connect again; throws when it can't.
std::shared_ptr<::grpc::Channel> stock_channel(const std::string& target,
                                               ::grpc::ChannelArguments arguments = {});

/// Accepts connections and hands them to a stock server, from a thread of its own.
class DescriptorListener final {
 public:
  /// Listens when it returns, or throws. `server` outlives the object.
  DescriptorListener(const std::string& address, ::grpc::Server& server);
  /// Nobody can connect any more; what was handed over stays the server's.
  ~DescriptorListener();
  DescriptorListener(const DescriptorListener&) = delete;
  DescriptorListener& operator=(const DescriptorListener&) = delete;

  net::SocketAddress address() const;

 private:
  void accept_until_stopped(::grpc::Server& server);

  UniqueFd listener_;
  UniqueFd stop_;
  std::thread thread_;
};

}  // namespace hawser::test
