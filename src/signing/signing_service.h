// The signing service as a program uses it: workers, handler, self-test.
//
//   auto service = signing::SigningService::create(options, keyring, hasher);
//   key_manager.add_users((*service)->key_users());
//   (*service)->add_to(server);   // before the server starts; once for each server
//   (*service)->start();          // the self-test
//   … server.wait() …
//   (*service)->stop();           // what still waits is answered UNAVAILABLE
//
// Threads: stats(), key_users() and pending_keys() any; the rest by the owner. Outlives the servers.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "hawser/base/result.h"
#include "src/crypto/hasher.h"
#include "src/keys/keyring.h"
#include "src/lanes/lanes.h"
#include "src/signing/crypto_handler.h"
#include "src/signing/signing_options.h"

namespace hawser::server {
class Server;
}

namespace hawser::signing {

class SigningService final {
 public:
  /// Starts the workers. Keyring and hasher outlive the service. Scope usage or io: as lanes::Lanes.
  static Result<std::unique_ptr<SigningService>> create(const SigningOptions& options,
                                                        const keys::Keyring& keyring,
                                                        const crypto::Hasher& hasher);
  ~SigningService();
  SigningService(const SigningService&) = delete;
  SigningService& operator=(const SigningService&) = delete;

  Result<void> add_to(server::Server& server);
  /// For a server of stock grpc++.
  ::grpc::Service& stock_service();

  Result<void> start();
  void stop();
  /// For keys::KeyManager.
  keys::KeyUsers& key_users() { return users_; }
  /// Keys that somebody is making: calls for them wait. Nobody removes one when the service has gone.
  PendingKeys& pending_keys() { return rules_.pending; }

  struct Stats {
    lanes::LaneStats lanes;
    std::uint64_t faults_detected = 0;  ///< Wrong signatures that were kept back.
    bool is_self_test_passing = false;
  };
  Stats stats() const;

  // What add_to() and stock_service() are made of, for tests that have no server.
  /// Owned by the service.
  CryptoHandler& make_handler();
  lanes::Lanes& lanes() { return *lanes_; }

 private:
  SigningService(const SigningOptions& options, const crypto::Hasher& hasher);

  class Users final : public keys::KeyUsers {
   public:
    explicit Users(SigningService& service) : service_(service) {}
    void let_go_of_stale_keys() override {
      service_.lanes_->let_go_of_stale_keys();
      service_.inline_signers_.let_go_of_stale_keys();
    }

   private:
    SigningService& service_;
  };

  const SigningOptions options_;
  const access::Policy no_policy_;
  const CallObservers observers_;
  SigningRules rules_;
  const keys::Keyring* keyring_ = nullptr;
  std::unique_ptr<lanes::Lanes> lanes_;
  InlineSigners inline_signers_;
  Users users_{*this};
  std::unique_ptr<SelfTest> self_test_;
  std::vector<std::unique_ptr<CryptoHandler>> handlers_;
};

}  // namespace hawser::signing
