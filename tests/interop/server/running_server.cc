#include "interop/server/running_server.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

namespace hawser::test {

RunningServer::RunningServer(const AddMethods& add_methods, const server::ServerOptions& options,
                             const server::ListenOptions& listen_options)
    : server_(value_of(server::Server::create(options))) {
  value_of(add_methods(*server_));
  const auto tcp = value_of(server_->listen(value_of(net::Address::parse("127.0.0.1:0")), listen_options));
  tcp_target_ = "127.0.0.1:" + std::to_string(tcp.front().port());
  unix_target_ = "unix:" + folder_.file("socket");
  value_of(server_->listen(value_of(net::Address::parse(unix_target_)), listen_options));
  value_of(server_->start());
}

std::shared_ptr<::grpc::Channel> RunningServer::channel() const { return connect_to(tcp_target_); }

std::shared_ptr<::grpc::Channel> RunningServer::unix_channel() const { return connect_to(unix_target_); }

std::shared_ptr<::grpc::Channel> connect_to(const std::string& target, int max_receive_bytes) {
  ::grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  if (max_receive_bytes != 0) arguments.SetMaxReceiveMessageSize(max_receive_bytes);
  return ::grpc::CreateCustomChannel(target, ::grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace hawser::test
