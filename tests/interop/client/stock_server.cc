#include "interop/client/stock_server.h"

#include <charconv>
#include <chrono>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace hawser::test {
namespace {

int number(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

::grpc::Status status_of(std::string_view text) {
  const std::size_t colon = text.find(':');
  return {static_cast<::grpc::StatusCode>(number(text.substr(0, colon))), std::string(text.substr(colon + 1)),
          "details\xFF"};
}

// Metadata whose key begins with "echo-" comes back, in both places.
void echo_metadata(::grpc::ServerContext& context) {
  for (const auto& [key, value] : context.client_metadata()) {
    if (!key.starts_with("echo-")) continue;
    const std::string name(key.data(), key.size());
    const std::string text(value.data(), value.size());
    context.AddInitialMetadata(name, text);
    context.AddTrailingMetadata("trailing-" + name, text);
  }
}

}  // namespace

::grpc::Status StockEcho::Echo(::grpc::ServerContext* context, const ::echo::EchoRequest* request,
                               ::echo::EchoResponse* response) {
  ++calls_;
  const int now = ++at_once_;
  for (int seen = most_at_once_; now > seen && !most_at_once_.compare_exchange_weak(seen, now);) {
  }
  echo_metadata(*context);
  const std::string_view payload = request->payload();
  ::grpc::Status status;
  if (payload.starts_with("status:")) {
    status = status_of(payload.substr(7));
  } else if (payload.starts_with("large:")) {
    response->set_payload(std::string(static_cast<std::size_t>(number(payload.substr(6))), 'x'));
  } else {
    while (payload.starts_with("wait") && !context->IsCancelled()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));  // grpc++'s sync API has nothing to wait on
    }
    response->set_payload(request->payload());
    response->set_request_timestamp(request->timestamp());
  }
  --at_once_;
  return status;
}

StockServer::StockServer(const std::string& address, int max_streams, grpc_compression_algorithm compression,
                         const std::shared_ptr<::grpc::ServerCredentials>& credentials)
    : address_(address) {
  ::grpc::ServerBuilder builder;
  const bool is_vsock = address.starts_with("vsock:");
  if (!is_vsock) builder.AddListeningPort(address, credentials, &port_);
  builder.RegisterService(&echo_);
  builder.RegisterService(&streams_);
  // Two servers must not share one port by chance: a test that restarts one wants its own.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(16 * 1024 * 1024);
  builder.SetDefaultCompressionAlgorithm(compression);
  if (max_streams > 0) builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, max_streams);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) throw std::runtime_error("the stock server doesn't start on " + address);
  if (is_vsock) listener_ = std::make_unique<DescriptorListener>(address, *server_);
}

std::string StockServer::target() const {
  if (address_.starts_with("unix:")) return address_;
  if (listener_ != nullptr) return listener_->address().to_string();
  return "127.0.0.1:" + std::to_string(port_);
}

void StockServer::stop() { drain(std::chrono::milliseconds(0)); }

void StockServer::drain(std::chrono::milliseconds grace) {
  if (server_ == nullptr) return;
  listener_.reset();
  server_->Shutdown(std::chrono::system_clock::now() + grace);
  server_->Wait();
  server_.reset();
}

}  // namespace hawser::test
