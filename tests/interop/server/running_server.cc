#include "interop/server/running_server.h"

#include <grpcpp/support/channel_arguments.h>

#include "support/stock_peers.h"
#include "support/test_family.h"

namespace hawser::test {

RunningServer::RunningServer(const AddMethods& add_methods, const server::ServerOptions& options,
                             const server::ListenOptions& listen_options)
    : server_(value_of(server::Server::create(options))) {
  value_of(add_methods(*server_));
  const auto bound = value_of(server_->listen(value_of(net::Address::parse(loopback())), listen_options));
  target_ = bound.front().to_string();
  unix_target_ = "unix:" + folder_.file("socket");
  value_of(server_->listen(value_of(net::Address::parse(unix_target_)), listen_options));
  value_of(server_->start());
}

std::shared_ptr<::grpc::Channel> RunningServer::channel() const { return connect_to(target_); }

std::shared_ptr<::grpc::Channel> RunningServer::unix_channel() const { return connect_to(unix_target_); }

std::shared_ptr<::grpc::Channel> connect_to(const std::string& target, int max_receive_bytes) {
  ::grpc::ChannelArguments arguments;
  if (max_receive_bytes != 0) arguments.SetMaxReceiveMessageSize(max_receive_bytes);
  return stock_channel(target, std::move(arguments));
}

}  // namespace hawser::test
