#include "hawser/stock/grpc_channel.h"

#include <grpcpp/create_channel_posix.h>

#include <string>
#include <utility>

#include "hawser/net/address.h"
#include "hawser/net/blocking_connect.h"

namespace hawser {

// lint: allow shared_ptr: what grpc++ calls a channel
Result<std::shared_ptr<grpc::Channel>> grpc_channel_over(std::string_view text,
                                                         const grpc::ChannelArguments& arguments,
                                                         const net::ConnectOptions& connect) {
  const Result<net::Address> address = net::Address::parse(text);
  if (!address) return tl::unexpected<Error>(address.error());
  Result<UniqueFd> fd = net::connect_blocking(*address, connect);
  if (!fd) return tl::unexpected<Error>(std::move(fd.error()));
  const std::string authority = address->authority();
  // Takes the descriptor.
  return grpc::CreateCustomInsecureChannelFromFd(authority, fd->release(), arguments);
}

}  // namespace hawser
