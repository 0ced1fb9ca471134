// The signing service in hawser-server, wired: keys and where they are kept, workers, administration.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hawser/services/reflection.h"
#include "src/admin/key_administration.h"
#include "src/config/admin_config.h"
#include "src/config/observability_config.h"
#include "src/keys/default_keys.h"
#include "src/keys/key_manager.h"
#include "src/keystore/open_keystore.h"
#include "src/metrics/measured_storage.h"
#include "src/program/observability.h"
#include "src/program/server_part.h"
#include "src/signing/signing_service.h"

namespace hawser {

class CryptoPart final : public ServerPart {
 public:
  std::vector<tools::FlagSpec> flags() const override;
  Result<void> read(const tools::Flags& flags) override;
  Result<void> prepare(log::Sink& log, services::HealthService& health) override;
  Result<void> add_to(server::Server& server) override;
  Result<std::vector<server::Server*>> extra_servers(std::string& lines) override;
  Result<void> start(std::span<const std::uint32_t> ports) override;
  void leave_server() override;
  void stop() override;
  int exit_code_of(const Error& error) const override { return keystore::exit_code_of(error); }

 private:
  Result<void> open_keys();
  Result<void> make_default_keys();
  keys::KeyStorage& storage();
  Result<void> make_services();
  void set_health();
  void warn_of_rules(std::span<const std::uint32_t> data_ports) const;
  metrics::ServiceStats stats();

  bool is_on_ = true;
  // Read from flags.
  std::optional<keystore::KeystoreConfig> keystore_config_;
  signing::SigningOptions signing_options_;
  AdminConfig admin_config_;
  server::ServerOptions admin_options_;
  access::Policy policy_;
  ObservabilityConfig observability_config_;

  // Made by prepare(), in this order; each uses those before it.
  log::Sink* log_ = &log::null_sink();
  services::HealthService* health_ = nullptr;
  std::optional<crypto::Hasher> hasher_;
  keys::Keyring keyring_;
  std::unique_ptr<Observability> observability_;
  std::unique_ptr<keys::KeyStorage> storage_;
  std::unique_ptr<metrics::MeasuredStorage> measured_storage_;  // null without metrics
  std::unique_ptr<keys::KeyManager> manager_;
  std::mutex health_mutex_;
  bool self_test_passed_ = false;  // guarded by health_mutex_
  std::unique_ptr<signing::SigningService> signing_;
  std::unique_ptr<admin::KeyAdministration> administration_;
  std::unique_ptr<server::Server> admin_server_;
  std::vector<std::uint32_t> admin_ports_;
  std::unique_ptr<services::ReflectionService> admin_reflection_;
  std::mutex server_mutex_;
  server::Server* server_ = nullptr;                 // guarded by server_mutex_; that of the data calls
  server::Server* counted_admin_server_ = nullptr;   // guarded by server_mutex_; once it listens
  std::unique_ptr<keys::DefaultKeys> default_keys_;  // last: its thread uses the others
};

}  // namespace hawser
