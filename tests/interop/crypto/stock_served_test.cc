// Our handler, served by stock grpc++: it is a service as any other.
#include <doctest/doctest.h>

#include <grpcpp/create_channel.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "interop/crypto/crypto_calls.h"
#include "interop/crypto/crypto_server.h"
#include "interop/crypto/pending_call.h"
#include "support/eventually.h"
#include "support/stock_peers.h"
#include "support/test_family.h"

namespace hawser::test {
namespace {

using crypto::Algorithm;
using ::grpc::StatusCode;

class StockServer final {
 public:
  explicit StockServer(const signing::SigningOptions& options = signing_options(),
                       std::vector<keys::Key> keys = make_default_keys()) {
    publish(keyring_, std::move(keys));
    service_ = value_of(signing::SigningService::create(options, keyring_, test_hasher()));
    ::grpc::ServerBuilder builder;
    int port = 0;
    if (!over_vsock()) builder.AddListeningPort(loopback(), ::grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_->stock_service());
    server_ = builder.BuildAndStart();
    target_ = "127.0.0.1:" + std::to_string(port);
    if (!over_vsock()) return;
    listener_ = std::make_unique<DescriptorListener>(loopback(), *server_);
    target_ = listener_->address().to_string();
  }
  ~StockServer() {
    listener_.reset();
    server_->Shutdown(in_seconds(5));
  }
  StockServer(const StockServer&) = delete;
  StockServer& operator=(const StockServer&) = delete;

  signing::SigningService& service() { return *service_; }
  keys::Keyring& keyring() { return keyring_; }
  std::unique_ptr<CryptoStub> stub() const { return ::crypto::CryptoService::NewStub(connect_to(target_)); }

 private:
  keys::Keyring keyring_;
  std::unique_ptr<signing::SigningService> service_;
  std::unique_ptr<::grpc::Server> server_;
  std::unique_ptr<DescriptorListener> listener_;
  std::string target_;
};

}  // namespace

TEST_CASE("Stock server: signs, verifies, gives keys and does batches as ours does") {
  StockServer server;
  const auto stub = server.stub();
  ::crypto::BatchSignRequest batch;
  for (std::size_t i = 0; i < crypto::kAlgorithms; ++i) {
    const auto request = sign_request(static_cast<Algorithm>(i));
    const auto signature = sign(*stub, request);
    REQUIRE(signature.status.ok());
    CHECK(verify(*stub, verify_request(request, signature.response.signature())).response.valid());
    *batch.add_items() = request;
  }
  const auto done = batch_sign(*stub, batch);
  REQUIRE(done.response.results_size() == static_cast<int>(crypto::kAlgorithms));
  for (const auto& result : done.response.results()) CHECK(result.code() == 0);
  CHECK(public_key(*stub, {}).response.public_key_der().size() == 294);
}

TEST_CASE("Stock server: errors have their statuses and their time to come back") {
  auto options = signing_options();
  options.lanes.max_slow_delay = Duration(-1);
  StockServer server(options);
  const auto stub = server.stub();
  const auto shed = sign(*stub, sign_request(Algorithm::kRsaPkcs1Sha256));
  CHECK(shed.status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
  CHECK(shed.pushback == "1");
  auto request = sign_request(Algorithm::kEcdsaP256Sha256);
  CHECK(sign(*stub, request).status.ok());
  request.set_key_id("others");
  CHECK(sign(*stub, request).status.error_code() == StatusCode::PERMISSION_DENIED);
  request.set_key_id("..");
  CHECK(sign(*stub, request).status.error_code() == StatusCode::INVALID_ARGUMENT);
  ::grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() - std::chrono::seconds(1));
  ::crypto::SignResponse response;
  CHECK(stub->Sign(&context, sign_request(Algorithm::kEd25519), &response).error_code() ==
        StatusCode::DEADLINE_EXCEEDED);
}

TEST_CASE("Stock server: calls from many threads at once") {
  StockServer server;
  std::vector<std::thread> threads;
  std::atomic<int> done{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const auto stub = server.stub();
      for (int n = 0; n < 50; ++n) {
        const bool asks = (n + i) % 3 == 0;
        const bool ok = asks ? public_key(*stub, {}).status.ok()
                             : sign(*stub, sign_request(Algorithm::kEd25519)).status.ok();
        if (ok) ++done;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(done == 200);
}

TEST_CASE("Stock server: calls for a key that is being made wait for it, unless they are cancelled") {
  std::vector<keys::Key> keys = make_default_keys();
  std::erase_if(keys, [](const keys::Key& key) { return key.id == "default-rsa"; });
  StockServer server(signing_options(), keys);
  signing::PendingKeys& pending = server.service().pending_keys();
  pending.add("default-rsa");
  const auto stub = server.stub();
  PendingCall stays(*stub, sign_request(Algorithm::kRsaPssSha256));
  PendingCall goes(*stub, sign_request(Algorithm::kRsaPssSha256));
  auto key = std::async(std::launch::async, [&] { return public_key(*stub, {}); });
  REQUIRE(eventually([&] { return pending.waiting() == 3; }));
  goes.cancel();
  CHECK(goes.wait().error_code() == StatusCode::CANCELLED);
  CHECK(eventually([&] { return pending.waiting() == 2; }));
  publish(server.keyring(), make_default_keys());
  pending.remove("default-rsa");
  CHECK(stays.wait().ok());
  CHECK(key.get().status.ok());
}

}  // namespace hawser::test
