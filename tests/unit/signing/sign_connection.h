// The signing service behind one connection, all on the test's thread: the server side of HTTP/2, the
// generated service class, the lanes by hand, the reply back by the loop.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "crypto.grpc.pb.h"
#include "hawser/binding/service_binding.h"
#include "hawser/server/server_protocol.h"
#include "src/signing/crypto_handler.h"
#include "src/signing/signing_service.h"
#include "support/frame_parser.h"
#include "support/frame_script.h"
#include "support/loops.h"
#include "support/protocol_driver.h"
#include "support/signing_keys.h"

namespace hawser::test {

class SignConnection final {
 public:
  /// Whatever the options say of lanes, there are no threads.
  explicit SignConnection(signing::SigningOptions options = {},
                          std::vector<keys::Key> keys = make_default_keys())
      : config_(http2::SessionConfig::create(http2::Role::kServer, options_.limits).value()) {
    publish(keyring_, std::move(keys));
    options.lanes.workers = 1;
    options.lanes.by_hand = true;
    service_ = value_of(signing::SigningService::create(options, keyring_, test_hasher()));
    binding::ServiceBinding<::crypto::CryptoService, signing::CryptoHandler> binding(
        service_->make_handler());
    binding.callback_unary("Sign", &signing::CryptoHandler::Sign);
    for (auto& method : binding.take_methods()) REQUIRE(router_.add(std::move(method)));
    router_.prepare(1);
    protocol_ = server::ServerProtocol::create(resources_, {"unix:", ""}, kTestStart).value();
    output_.reserve(64 * 1024);
    // A window that all replies together fit into.
    exchange(script_.client_start().settings_ack().window_update(0, 100'000'000).take());
  }

  /// Calls written ahead, so that writing them isn't counted. Gives the first one's stream.
  http2::StreamId write_calls(int count, const ::crypto::SignRequest& request) {
    const http2::StreamId first = id_;
    for (int i = 0; i < count; ++i, id_ += 2) {
      requests_.push_back(
          script_.request(id_, "/crypto.CryptoService/Sign", request.SerializeAsString()).take());
    }
    return first;
  }
  /// The next of those that were written: received, signed, answered.
  void run(int count) {
    for (int i = 0; i < count; ++i) {
      exchange(requests_.at(next_++));
      while (service_->lanes().run_one()) {
      }
      settle();
    }
  }
  /// The next ones, all in one pass of the loop, without a worker.
  void receive_together(int count) {
    std::string bytes;
    for (int i = 0; i < count; ++i) bytes += requests_.at(next_++);
    exchange(bytes);
    settle();
  }
  /// What workers have to do.
  bool run_worker() { return service_->lanes().run_one(); }
  void settle() {
    loop_->run_once(Duration::zero());
    drain();
  }
  keys::Keyring& keyring() { return keyring_; }
  FrameParser& replies() { return replies_; }
  /// From now on replies are dropped instead of parsed: parsing allocates.
  void drop_replies() { keep_replies_ = false; }
  http2::MemoryPool& memory() { return memory_; }
  signing::SigningService& service() { return *service_; }

 private:
  void exchange(const std::string& bytes) {
    protocol_->receive(as_bytes(bytes), kTestStart);
    drain();
  }
  void drain() {
    protocol_->drain(output_, kTestStart);
    if (keep_replies_) replies_.feed(output_.readable());
    output_.clear();
  }

  keys::Keyring keyring_;
  std::unique_ptr<signing::SigningService> service_;
  std::unique_ptr<event::Loop> loop_ = make_loop();
  server::ServerOptions options_;
  server::Router router_;
  std::unique_ptr<http2::SessionConfig> config_;
  http2::MemoryPool memory_;
  server::CallPool calls_{loop_.get(), 0};
  server::WorkerResources resources_{router_, options_, *config_, memory_, calls_};
  std::unique_ptr<server::ServerProtocol> protocol_;
  ByteQueue output_;
  FrameScript script_;
  FrameParser replies_;
  bool keep_replies_ = true;
  http2::StreamId id_ = 1;
  std::vector<std::string> requests_;
  std::size_t next_ = 0;
};

}  // namespace hawser::test
