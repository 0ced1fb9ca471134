// A stock grpc++ server in the test's own process, with an Echo and a streaming service whose behaviour the
// test's messages choose.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include "echo.grpc.pb.h"
#include "interop/client/stock_streams.h"
#include "support/stock_peers.h"
#include "support/test_family.h"

namespace hawser::test {

/// Echoes; a payload that begins with one of these words does something else.
///   status:CODE:MESSAGE    fails so
///   wait                   until the call is cancelled
///   large:N                replies with N bytes
class StockEcho final : public ::echo::EchoService::Service {
 public:
  ::grpc::Status Echo(::grpc::ServerContext* context, const ::echo::EchoRequest* request,
                      ::echo::EchoResponse* response) override;

  int calls() const { return calls_; }
  int most_at_once() const { return most_at_once_; }

 private:
  std::atomic<int> calls_{0};
  std::atomic<int> at_once_{0};
  std::atomic<int> most_at_once_{0};
};

class StockServer final {
 public:
  /// `address` as grpc++ reads it, or of VSOCK, then without credentials; port 0 is chosen by the kernel. 0
  /// streams: no limit. `compression` is that of every reply.
  explicit StockServer(
      const std::string& address = loopback(), int max_streams = 0,
      grpc_compression_algorithm compression = GRPC_COMPRESS_NONE,
      const std::shared_ptr<::grpc::ServerCredentials>& credentials = ::grpc::InsecureServerCredentials());
  ~StockServer() { stop(); }

  /// For Channel::create.
  std::string target() const;
  StockEcho& echo() { return echo_; }
  StockStreams& streams() { return streams_; }
  /// Of a server that was made while grpc::EnableDefaultHealthCheckService(true) held.
  void set_serving(const std::string& service, bool serving) {
    server_->GetHealthCheckService()->SetServingStatus(service, serving);
  }
  /// Says goodbye, lets calls run on for as long, then ends them. Returns when all have ended.
  void drain(std::chrono::milliseconds grace);
  /// Ends all calls and connections at once.
  void stop();

 private:
  StockEcho echo_;
  StockStreams streams_;
  std::string address_;
  int port_ = 0;
  std::unique_ptr<::grpc::Server> server_;
  std::unique_ptr<DescriptorListener> listener_;  // VSOCK
};

}  // namespace hawser::test
