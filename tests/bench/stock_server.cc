// The peer that Hawser is measured against: the same Echo service on stock gRPC C++.
//
//   stock-server --mode async|callback|sync --listen 127.0.0.1:0 --threads 1
//
// Prints `listening on HOST:PORT` and serves until SIGTERM or SIGINT. `async` is the fastest way to serve
// with stock gRPC: --threads completion queues with one thread each, and calls that are used again.
#include <grpcpp/grpcpp.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bench/flags.h"
#include "echo.grpc.pb.h"

namespace {

using echo::EchoRequest;
using echo::EchoResponse;
using echo::EchoService;

// Calls that wait for a request on each completion queue: more than the streams of one connection, so that a
// request seldom waits for a call.
constexpr int kCallsPerQueue = 128;

// Set before the server shuts down: no call waits for a request any more.
std::atomic<bool> stopping{false};

std::int64_t now_ms() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
}

// What the handler of hawser-server does.
void fill(const EchoRequest& request, EchoResponse& response) {
  response.set_payload(request.payload());
  response.set_request_timestamp(request.timestamp());
  response.set_response_timestamp(now_ms());
}

class SyncService final : public EchoService::Service {
  grpc::Status Echo(grpc::ServerContext*, const EchoRequest* request, EchoResponse* response) override {
    fill(*request, *response);
    return grpc::Status::OK;
  }
};

class CallbackService final : public EchoService::CallbackService {
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context, const EchoRequest* request,
                                 EchoResponse* response) override {
    fill(*request, *response);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

// One call of the asynchronous API: waits for a request, replies, and begins again.
//
//   kWaiting --request--> kReplying --reply sent--> kWaiting
class AsyncCall final {
 public:
  AsyncCall(EchoService::AsyncService& service, grpc::ServerCompletionQueue& queue)
      : service_(service), queue_(queue) {
    wait();
  }

  // `ok` is false when the server is shutting down, or when the reply could not be sent.
  void proceed(bool ok) {
    if (state_ == State::kReplying) {
      wait();
    } else if (ok) {
      reply();
    }
  }

 private:
  enum class State { kWaiting, kReplying };

  void reply() {
    response_.Clear();
    fill(request_, response_);
    state_ = State::kReplying;
    writer_->Finish(response_, grpc::Status::OK, this);
  }

  void wait() {
    // Asking a queue that was shut down for a request ends the process.
    if (stopping) return;
    writer_.reset();
    context_.emplace();
    writer_.emplace(&*context_);
    state_ = State::kWaiting;
    service_.RequestEcho(&*context_, &request_, &*writer_, &queue_, &queue_, this);
  }

  EchoService::AsyncService& service_;
  grpc::ServerCompletionQueue& queue_;
  State state_ = State::kWaiting;
  EchoRequest request_;
  EchoResponse response_;
  std::optional<grpc::ServerContext> context_;
  std::optional<grpc::ServerAsyncResponseWriter<EchoResponse>> writer_;
};

// Works one queue off until it is shut down and empty.
void serve_queue(EchoService::AsyncService& service, grpc::ServerCompletionQueue& queue) {
  std::vector<std::unique_ptr<AsyncCall>> calls;
  for (int i = 0; i < kCallsPerQueue; ++i) calls.push_back(std::make_unique<AsyncCall>(service, queue));
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) static_cast<AsyncCall*>(tag)->proceed(ok);
}

void wait_for_signal(const sigset_t& signals) {
  int signal_number = 0;
  sigwait(&signals, &signal_number);
}

struct Options {
  std::string mode;
  std::string listen;
  int threads = 1;
};

// `HOST:0` becomes `HOST:port`, as clients have to type it.
void print_address(const std::string& listen, int port) {
  std::printf("listening on %s:%d\n", listen.substr(0, listen.rfind(':')).c_str(), port);
  std::fflush(stdout);
}

int serve(const Options& options, const sigset_t& signals) {
  SyncService sync_service;
  CallbackService callback_service;
  EchoService::AsyncService async_service;
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(options.listen, grpc::InsecureServerCredentials(), &port);
  if (options.mode == "async") {
    builder.RegisterService(&async_service);
    for (int i = 0; i < options.threads; ++i) queues.push_back(builder.AddCompletionQueue());
  } else if (options.mode == "callback") {
    builder.RegisterService(&callback_service);
  } else {
    builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, options.threads);
    builder.RegisterService(&sync_service);
  }
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server) {
    std::fprintf(stderr, "stock-server cannot listen on %s: is the port taken?\n", options.listen.c_str());
    return 1;
  }
  std::vector<std::thread> threads;
  for (const auto& queue : queues) {
    threads.emplace_back([&async_service, &queue] { serve_queue(async_service, *queue); });
  }
  print_address(options.listen, port);
  wait_for_signal(signals);
  stopping = true;
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  for (const auto& queue : queues) queue->Shutdown();
  for (std::thread& thread : threads) thread.join();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Flags flags(argc, argv);
  const Options options{flags.text("mode", "async"), flags.text("listen", "127.0.0.1:0"),
                        static_cast<int>(flags.number("threads", 1))};
  if (options.mode != "async" && options.mode != "callback" && options.mode != "sync") {
    std::fprintf(stderr, "--mode is async, callback or sync, not %s\n", options.mode.c_str());
    return 2;
  }
  // Before any thread exists, so that every thread inherits it and only sigwait() sees the signal.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return serve(options, signals);
}
