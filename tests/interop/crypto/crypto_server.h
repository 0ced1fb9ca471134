// The signing service on a running server, with keys for tests.
#pragma once

#include <memory>
#include <vector>

#include "crypto.grpc.pb.h"
#include "interop/server/running_server.h"
#include "src/signing/signing_service.h"
#include "support/signing_keys.h"

namespace hawser::test {

/// Two workers, as nice as the rest.
inline signing::SigningOptions signing_options() {
  signing::SigningOptions options;
  options.lanes.workers = 2;
  options.lanes.nice = 0;
  // Sanitizers and busy machines make everything slow; what is about delays sets its own.
  options.lanes.max_fast_delay = options.lanes.max_slow_delay = std::chrono::minutes(1);
  return options;
}

class CryptoServer final {
 public:
  explicit CryptoServer(const signing::SigningOptions& options = signing_options(),
                        std::vector<keys::Key> keys = make_default_keys())
      : service_(with_keys(keyring_, std::move(keys), options)),
        server_([this](server::Server& server) { return service_->add_to(server); }) {}

  RunningServer& operator*() { return server_; }
  RunningServer* operator->() { return &server_; }
  keys::Keyring& keyring() { return keyring_; }
  signing::SigningService& service() { return *service_; }
  std::unique_ptr<::crypto::CryptoService::Stub> stub() const {
    return ::crypto::CryptoService::NewStub(server_.channel());
  }

 private:
  static std::unique_ptr<signing::SigningService> with_keys(keys::Keyring& keyring,
                                                            std::vector<keys::Key> keys,
                                                            const signing::SigningOptions& options) {
    publish(keyring, std::move(keys));
    return value_of(signing::SigningService::create(options, keyring, test_hasher()));
  }

  keys::Keyring keyring_;
  std::unique_ptr<signing::SigningService> service_;
  RunningServer server_;
};

}  // namespace hawser::test
