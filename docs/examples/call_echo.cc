#include <iostream>

#include "echo.pb.h"
#include "hawser/client/channel.h"
#include "hawser/client/unary_call.h"

int main(int argc, char** argv) {
  constexpr hawser::client::UnaryMethod<echo::EchoRequest, echo::EchoResponse> kEcho{"/echo.EchoService/Echo"};
  auto channel = hawser::client::Channel::create(argc > 1 ? argv[1] : "127.0.0.1:50051");
  if (!channel) {
    std::cerr << channel.error().detail << '\n';
    return 2;
  }
  echo::EchoRequest request;
  request.set_payload("hello");
  hawser::client::CallOptions options;
  options.timeout = std::chrono::seconds(1);
  const auto reply = hawser::client::call(**channel, kEcho, request, options);
  std::cout << (reply.ok() ? reply.response.payload() : reply.status.message) << '\n';
  return reply.ok() ? 0 : 1;
}
