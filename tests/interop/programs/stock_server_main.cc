// stock-interop-server: the interop service by stock grpc++, as the measure for hawser-interop-server.
#include <csignal>
#include <iostream>
#include <memory>
#include <string>

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <unistd.h>

#include "interop/programs/message_flags.h"
#include "interop/programs/test_handler.h"
#include "tools/common/flags.h"

namespace grpc::testing {

// A friend of grpc::ServerContextBase that only grpc's own tests define.
class InteropServerContextInspector {
 public:
  static bool was_compressed(const ServerContextBase& context) {
    return hawser::interop::was_compressed(context.call_.call);
  }
};

}  // namespace grpc::testing

namespace hawser::interop {
namespace {

constexpr int kExitUsage = 2;
constexpr tools::FlagSpec kFlags[] = {
    {"listen", "ADDRESS", "Address to serve on, as grpc++ reads it", "127.0.0.1:0"}};

int complain(const std::string& what) {
  std::cerr << "stock-interop-server: " << what << '\n';
  return kExitUsage;
}

// SIGTERM and SIGINT are taken by sigwait() alone: blocked before grpc++ starts threads.
sigset_t block_end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

int serve(const std::string& address) {
  const sigset_t signals = block_end_signals();
  TestHandler handler("stock " + std::to_string(getpid()),
                      ::grpc::testing::InteropServerContextInspector::was_compressed);
  int port = 0;
  ::grpc::ServerBuilder builder;
  builder.AddListeningPort(address, ::grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&handler);
  const std::unique_ptr<::grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) return complain("can't listen on " + address);
  const bool is_tcp = !address.starts_with("unix:");
  std::cout << "listening on "
            << (is_tcp ? address.substr(0, address.rfind(':') + 1) + std::to_string(port) : address) << '\n'
            << std::flush;
  int signal = 0;
  sigwait(&signals, &signal);
  server->Shutdown(std::chrono::system_clock::now());
  return 0;
}

}  // namespace
}  // namespace hawser::interop

int main(int argc, char** argv) {
  using hawser::interop::complain;
  const auto flags = hawser::tools::Flags::parse(
      "stock-interop-server", "Serves gRPC's interop service.", hawser::interop::kFlags,
      {argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
  if (!flags) return complain(flags.error().detail);
  if (!flags->text_to_print().empty()) {
    std::cout << flags->text_to_print();
    return 0;
  }
  return hawser::interop::serve(flags->text("listen"));
}
