// Stock grpc++ channels over sockets that grpc++ 1.51 can't connect by itself: VSOCK, hybrid VSOCK.
//
//   auto channel = hawser::grpc_channel_over("vsock://3:50051");
//   if (!channel) …  // channel.error().detail
//   auto stub = echo::EchoService::NewStub(*channel);
//
// The channel is grpc++'s own, on a socket that is connected when the function returns, and so has limits:
//   - it never reconnects: when the connection ends, its calls fail with UNAVAILABLE for ever;
//   - one connection, in clear: no TLS, no load balancing, no wait for a server that isn't there yet;
//   - grpc++ knows nothing of VSOCK: it writes as much at once as it likes, and asks a silent server whether
//     it is there only with the GRPC_ARG_KEEPALIVE_… arguments, worth setting on VSOCK (CONFORMANCE V-14).
// hawser::client::Channel has none of them.
//
// Threads: any.
#pragma once

#include <memory>
#include <string_view>

#include <grpcpp/channel.h>
#include <grpcpp/support/channel_arguments.h>

#include "hawser/base/result.h"
#include "hawser/net/socket.h"

namespace hawser {

/// `address` as net::Address reads it. Connects, which blocks for at most `connect.timeout` (and the look-up
/// of a host name). `:authority` is the address' own unless `arguments` say otherwise. Scope usage: an
/// address that can't be right; scope io: it can't be connected to.
// lint: allow shared_ptr: what grpc++ calls a channel
Result<std::shared_ptr<::grpc::Channel>> grpc_channel_over(
    std::string_view address, const ::grpc::ChannelArguments& arguments = ::grpc::ChannelArguments(),
    const net::ConnectOptions& connect = {});

}  // namespace hawser
