// A closed-loop client on stock gRPC C++, for rows that hold the client side constant.
//
//   stock-client --target 127.0.0.1:50051 --connections 1 --concurrency 100 --requests 100000
//
// One thread, one completion queue; `--concurrency` calls are in flight on each connection. Prints one line
// of JSON: calls, failures, calls a second, and this process's CPU microseconds a call.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/flags.h"
#include "echo.grpc.pb.h"

namespace {

struct Options {
  std::string target;
  long connections = 1;
  long concurrency = 1;
  long requests = 1;
};

// One place for a call in flight; it is used again as soon as its call is answered.
class Slot final {
 public:
  Slot(echo::EchoService::Stub& stub, grpc::CompletionQueue& queue, const echo::EchoRequest& request)
      : stub_(stub), queue_(queue), request_(request) {}

  void start() {
    reader_.reset();
    context_.emplace();
    reader_ = stub_.AsyncEcho(&*context_, request_, &queue_);
    reader_->Finish(&response_, &status_, this);
  }
  bool succeeded() const { return status_.ok() && response_.payload() == request_.payload(); }

 private:
  echo::EchoService::Stub& stub_;
  grpc::CompletionQueue& queue_;
  const echo::EchoRequest& request_;
  echo::EchoResponse response_;
  grpc::Status status_;
  std::optional<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<echo::EchoResponse>> reader_;
};

// Channels of one process share connections unless each has a subchannel pool of its own.
std::shared_ptr<grpc::Channel> connect(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  auto channel = grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
  channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10));
  return channel;
}

double cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

struct Outcome {
  long calls = 0;
  long failed = 0;
};

// Makes `requests` calls, keeping every slot busy until none is left to start.
Outcome run(grpc::CompletionQueue& queue, std::vector<std::unique_ptr<Slot>>& slots, long requests) {
  long started = 0;
  for (const auto& slot : slots) {
    if (started == requests) break;
    ++started;
    slot->start();
  }
  Outcome outcome;
  void* tag = nullptr;
  bool ok = false;
  while (outcome.calls < requests && queue.Next(&tag, &ok)) {
    Slot& slot = *static_cast<Slot*>(tag);
    ++outcome.calls;
    if (!ok || !slot.succeeded()) ++outcome.failed;
    if (started == requests) continue;
    ++started;
    slot.start();
  }
  return outcome;
}

int measure(const Options& options) {
  grpc::CompletionQueue queue;
  echo::EchoRequest request;
  request.set_payload("twenty-three bytes long");
  std::vector<std::unique_ptr<echo::EchoService::Stub>> stubs;
  std::vector<std::unique_ptr<Slot>> slots;
  for (long i = 0; i < options.connections; ++i) {
    stubs.push_back(echo::EchoService::NewStub(connect(options.target)));
    for (long j = 0; j < options.concurrency; ++j) {
      slots.push_back(std::make_unique<Slot>(*stubs.back(), queue, request));
    }
  }
  run(queue, slots, options.requests / 10);  // warms both ends up
  const auto begin = std::chrono::steady_clock::now();
  const double cpu_begin = cpu_seconds();
  const Outcome outcome = run(queue, slots, options.requests);
  const double cpu = cpu_seconds() - cpu_begin;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  const auto calls = static_cast<double>(outcome.calls);
  std::printf("{\"calls\": %ld, \"failed\": %ld, \"calls_per_second\": %.0f, \"cpu_us_per_call\": %.3f}\n",
              outcome.calls, outcome.failed, calls / elapsed.count(), cpu * 1e6 / calls);
  return outcome.failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Flags flags(argc, argv);
  return measure({flags.text("target", "127.0.0.1:50051"), flags.number("connections", 1),
                  flags.number("concurrency", 100), flags.number("requests", 100000)});
}
