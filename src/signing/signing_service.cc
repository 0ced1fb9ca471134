#include "src/signing/signing_service.h"

#include <utility>

#include "hawser/binding/service_binding.h"
#include "hawser/server/server.h"
#include "src/signing/costs.h"
#include "src/signing/worker_keys.h"

namespace hawser::signing {

SigningService::SigningService(const SigningOptions& options, const crypto::Hasher& hasher)
    : options_(options), observers_(options.observers), rules_(hasher) {
  rules_.verify = options.verify;
  rules_.tamper = options.tamper;
}

Result<std::unique_ptr<SigningService>> SigningService::create(const SigningOptions& options,
                                                               const keys::Keyring& keyring,
                                                               const crypto::Hasher& hasher) {
  std::unique_ptr<SigningService> service(new SigningService(options, hasher));
  service->keyring_ = &keyring;
  lanes::LaneOptions lane_options = options.lanes;
  lane_options.costs = first_guesses();
  SigningRules& rules = service->rules_;
  std::vector<WorkerKeys*> workers;  // the lanes'
  auto lanes = lanes::Lanes::create(lane_options, [&](std::size_t) {
    auto keys = std::make_unique<WorkerKeys>(keyring, rules);
    workers.push_back(keys.get());
    return keys;
  });
  if (!lanes) return tl::unexpected<Error>(std::move(lanes.error()));
  service->lanes_ = std::move(*lanes);
  if (workers.size() >= SignerCache::kWorkersForCopies) {
    for (WorkerKeys* keys : workers) keys->make_copies();
  }
  service->self_test_ =
      std::make_unique<SelfTest>(*service->lanes_, options.self_test, options.on_health, *options.log);
  return service;
}

SigningService::~SigningService() { stop(); }

CryptoHandler& SigningService::make_handler() {
  handlers_.push_back(std::make_unique<CryptoHandler>(CryptoHandler::Parts{
      *keyring_, *lanes_, rules_, options_.policy == nullptr ? no_policy_ : *options_.policy, observers_,
      options_.most_jobs_per_connection, options_.sign_inline ? &inline_signers_ : nullptr}));
  return *handlers_.back();
}

Result<void> SigningService::add_to(server::Server& server) {
  binding::ServiceBinding<::crypto::CryptoService, CryptoHandler> binding(make_handler());
  binding.callback_unary("Sign", &CryptoHandler::Sign);
  binding.callback_unary("GetPublicKey", &CryptoHandler::GetPublicKey);
  binding.callback_unary("Verify", &CryptoHandler::Verify);
  binding.callback_unary("BatchSign", &CryptoHandler::BatchSign);
  return binding.add_to(server);
}

::grpc::Service& SigningService::stock_service() { return make_handler(); }

Result<void> SigningService::start() { return self_test_->start(); }

void SigningService::stop() {
  if (self_test_ != nullptr) self_test_->stop();
  if (lanes_ != nullptr) lanes_->stop();
  inline_signers_.stop();
  rules_.pending.close();
}

SigningService::Stats SigningService::stats() const {
  return {lanes_->stats(), rules_.faults_detected.load(std::memory_order_relaxed), self_test_->is_passing()};
}

}  // namespace hawser::signing
