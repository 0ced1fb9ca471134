// hawser-interop-server: the interop service on Hawser.
#include <iostream>
#include <string>

#include <unistd.h>

#include "hawser/binding/service_binding.h"
#include "hawser/server/run_until_signal.h"
#include "hawser/server/server.h"
#include "interop/programs/test_handler.h"
#include "tools/common/flags.h"

namespace hawser::interop {
namespace {

using ::grpc::testing::TestService;

constexpr int kExitUsage = 2;
constexpr tools::FlagSpec kFlags[] = {
    {"listen", "ADDRESS", "Address to serve on: HOST:PORT, unix:PATH, vsock://CID:PORT", "127.0.0.1:0"}};

int complain(const std::string& what) {
  std::cerr << "hawser-interop-server: " << what << '\n';
  return kExitUsage;
}

bool was_compressed(const ::grpc::ServerContextBase& context) {
  return binding::CallInfo::of(context)->request_was_compressed();
}

Result<void> add_methods(server::Server& server, TestHandler& handler) {
  binding::ServiceBinding<TestService, TestHandler> service(handler);
  service.callback_unary("EmptyCall", &TestHandler::EmptyCall);
  service.callback_unary("UnaryCall", &TestHandler::UnaryCall);
  service.callback_unary("CacheableUnaryCall", &TestHandler::CacheableUnaryCall);
  service.callback_server_streaming("StreamingOutputCall", &TestHandler::StreamingOutputCall);
  service.callback_client_streaming("StreamingInputCall", &TestHandler::StreamingInputCall);
  service.callback_bidi("FullDuplexCall", &TestHandler::FullDuplexCall);
  service.callback_bidi("HalfDuplexCall", &TestHandler::HalfDuplexCall);
  service.unimplemented("UnimplementedCall");
  return service.add_to(server);
}

Result<void> serve(const std::string& address_text) {
  TestHandler handler("hawser " + std::to_string(getpid()), was_compressed);
  auto server = server::Server::create({});
  if (!server) return tl::unexpected(server.error());
  if (auto added = add_methods(**server, handler); !added) return added;
  auto address = net::Address::parse(address_text);
  if (!address) return tl::unexpected(address.error());
  auto bound = (*server)->listen(*address);
  if (!bound) return tl::unexpected(bound.error());
  server::RunOptions options;
  options.started = [&] { std::cout << "listening on " << bound->front().to_string() << '\n' << std::flush; };
  return server::run_until_signal(**server, options);
}

}  // namespace
}  // namespace hawser::interop

int main(int argc, char** argv) {
  using hawser::interop::complain;
  const auto flags = hawser::tools::Flags::parse(
      "hawser-interop-server", "Serves gRPC's interop service.", hawser::interop::kFlags,
      {argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
  if (!flags) return complain(flags.error().detail);
  if (!flags->text_to_print().empty()) {
    std::cout << flags->text_to_print();
    return 0;
  }
  const auto served = hawser::interop::serve(flags->text("listen"));
  return served ? 0 : complain(served.error().detail);
}
