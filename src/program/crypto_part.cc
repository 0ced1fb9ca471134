#include "src/program/crypto_part.h"

#include <span>
#include <utility>

#include "crypto.grpc.pb.h"
#include "key.grpc.pb.h"
#include "src/admin/admin_address.h"
#include "src/config/access_config.h"
#include "src/config/keystore_config.h"
#include "src/config/signing_config.h"
#include "src/config/vsock_config.h"
#include "src/keys/key_id.h"
#include "src/program/service_stats_of.h"

namespace hawser {
namespace {

using tools::FlagSpec;

constexpr FlagSpec kFlags[] = {
    {.name = "no-crypto", .value_name = "", .help = "Do not serve crypto.CryptoService"},
};

}  // namespace

std::vector<FlagSpec> CryptoPart::flags() const {
  std::vector<FlagSpec> all;
  for (const std::span<const FlagSpec> group :
       {std::span<const FlagSpec>(kFlags), signing_flags(), keystore_flags(), admin_flags(), access_flags(),
        observability_flags()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

Result<void> CryptoPart::read(const tools::Flags& flags) {
  is_on_ = !flags.is_on("no-crypto");
  auto keystore = read_keystore_flags(flags);
  if (!keystore) return tl::unexpected<Error>(std::move(keystore.error()));
  keystore_config_ = std::move(*keystore);
  if (auto signing = read_signing_flags(flags, signing_options_); !signing) return signing;
  auto administration = read_admin_flags(flags);
  if (!administration) return tl::unexpected<Error>(std::move(administration.error()));
  admin_config_ = std::move(*administration);
  admin_options_.workers = 1;
  // Who may not call over VSOCK may not administer over it either.
  if (auto vsock = read_vsock_flags(flags, admin_options_); !vsock) return vsock;
  auto policy = read_access_flags(flags);
  if (!policy) return tl::unexpected<Error>(std::move(policy.error()));
  policy_ = std::move(*policy);
  auto observability = read_observability_flags(flags);
  if (!observability) return tl::unexpected<Error>(std::move(observability.error()));
  observability_config_ = std::move(*observability);
  return {};
}

Result<void> CryptoPart::prepare(log::Sink& log, services::HealthService& health) {
  if (!is_on_) return {};
  log_ = &log;
  health_ = &health;
  auto hasher = crypto::Hasher::create();
  if (!hasher) return tl::unexpected<Error>(std::move(hasher.error()));
  hasher_.emplace(std::move(*hasher));
  if (auto opened = open_keys(); !opened) return opened;  // before there are threads
  auto observability = Observability::create(observability_config_, log);
  if (!observability) return tl::unexpected<Error>(std::move(observability.error()));
  observability_ = std::move(*observability);
  if (metrics::StorageMeter* meter = observability_->storage_meter()) {
    measured_storage_ = std::make_unique<metrics::MeasuredStorage>(*storage_, *meter);
  }
  manager_ = std::make_unique<keys::KeyManager>(keyring_, storage(), *hasher_);
  if (auto made = make_services(); !made) return made;
  // Last: the RSA key is made beside, and its thread uses all of this.
  return keystore_config_ ? Result<void>() : make_default_keys();
}

keys::KeyStorage& CryptoPart::storage() {
  if (measured_storage_ != nullptr) return *measured_storage_;
  return *storage_;
}

Result<void> CryptoPart::open_keys() {
  if (!keystore_config_) {
    storage_ = std::make_unique<keys::EphemeralStorage>();
    return {};
  }
  auto opened = keystore::open_keystore(*keystore_config_, *hasher_, *log_);
  if (!opened) return tl::unexpected<Error>(std::move(opened.error()));
  keyring_.publish(std::make_shared<const keys::KeyMap>(std::move(opened->keys)));
  storage_ = std::move(opened->store);
  return {};
}

Result<void> CryptoPart::make_services() {
  health_->set(::crypto::CryptoService::service_full_name(), services::HealthService::Status::kNotServing);
  signing_options_.policy = &policy_;
  signing_options_.observers = observability_->observers();
  signing_options_.log = log_;
  signing_options_.on_health = [this](bool passed) {
    {
      const std::lock_guard lock(health_mutex_);
      self_test_passed_ = passed;
    }
    set_health();
  };
  auto signing = signing::SigningService::create(signing_options_, keyring_, *hasher_);
  if (!signing) return tl::unexpected<Error>(std::move(signing.error()));
  signing_ = std::move(*signing);
  manager_->add_users(signing_->key_users());

  admin::KeyAdministrationOptions options;
  options.operations.allow_export = admin_config_.allow_export;
  options.handler.policy = &policy_;
  options.handler.observers = signing_options_.observers;
  options.handler.log = log_;
  auto administration = admin::KeyAdministration::create(*manager_, std::move(options));
  if (!administration) return tl::unexpected<Error>(std::move(administration.error()));
  administration_ = std::move(*administration);
  return {};
}

Result<void> CryptoPart::make_default_keys() {
  signing_->pending_keys().add(keys::kDefaultRsa);
  auto made = keys::DefaultKeys::create(*manager_, {.finished = [this](const Error* failure) {
    if (failure != nullptr) {
      log_->write(log::Level::kError, "the default RSA key was not made", {{"error", failure->detail}});
    }
    signing_->pending_keys().remove(keys::kDefaultRsa);
    set_health();
  }});
  if (!made) return tl::unexpected<Error>(std::move(made.error()));
  default_keys_ = std::move(*made);
  return {};
}

// Serving: every default key that there is to be is there, and the last self-test passed.
void CryptoPart::set_health() {
  const std::lock_guard lock(health_mutex_);
  const bool serving = self_test_passed_ && !signing_->pending_keys().contains(keys::kDefaultRsa);
  health_->set(
      ::crypto::CryptoService::service_full_name(),
      serving ? services::HealthService::Status::kServing : services::HealthService::Status::kNotServing);
}

Result<void> CryptoPart::add_to(server::Server& server) {
  if (!is_on_) return {};
  const std::lock_guard lock(server_mutex_);
  server_ = &server;
  return signing_->add_to(server);
}

void CryptoPart::leave_server() {
  const std::lock_guard lock(server_mutex_);
  server_ = nullptr;
  counted_admin_server_ = nullptr;
}

// On the metrics' thread, which outlives the server.
metrics::ServiceStats CryptoPart::stats() {
  metrics::ServiceStats stats = service_stats_of(signing_->stats(), keyring_, *storage_);
  const std::lock_guard lock(server_mutex_);
  if (server_ != nullptr) {
    std::uint64_t refused = server_->refused_by_cid();
    if (counted_admin_server_ != nullptr) refused += counted_admin_server_->refused_by_cid();
    stats.connections = metrics::ServiceStats::Connections{server_->open_connections(), refused};
  }
  return stats;
}

Result<std::vector<server::Server*>> CryptoPart::extra_servers(std::string& lines) {
  std::vector<server::Server*> servers;
  if (!is_on_) return servers;
  auto metrics = observability_->start([this] { return stats(); });
  if (!metrics) return tl::unexpected<Error>(std::move(metrics.error()));
  lines += *metrics;
  if (!admin_config_.listen) return servers;
  admin_options_.log = log_;
  auto server = server::Server::create(admin_options_);
  if (!server) return tl::unexpected<Error>(std::move(server.error()));
  admin_server_ = std::move(*server);
  if (auto added = administration_->add_to(*admin_server_); !added) {
    return tl::unexpected<Error>(std::move(added.error()));
  }
  admin_reflection_ = std::make_unique<services::ReflectionService>(*admin_server_);
  if (auto added = admin_reflection_->add_to(*admin_server_); !added) {
    return tl::unexpected<Error>(std::move(added.error()));
  }
  auto bound = admin::listen_for_administration(*admin_server_, *admin_config_.listen);
  if (!bound) return tl::unexpected<Error>(std::move(bound.error()));
  for (const net::SocketAddress& one : *bound) {
    lines += "administered on " + one.to_string() + '\n';
    admin_ports_.push_back(one.port());
  }
  {
    const std::lock_guard lock(server_mutex_);
    counted_admin_server_ = admin_server_.get();
  }
  servers.push_back(admin_server_.get());
  return servers;
}

// Their callers would be refused like any others, and nobody would know why.
void CryptoPart::warn_of_rules(std::span<const std::uint32_t> data_ports) const {
  std::vector<std::uint32_t> ports(data_ports.begin(), data_ports.end());
  ports.insert(ports.end(), admin_ports_.begin(), admin_ports_.end());
  for (const std::uint32_t port : policy_.ports_missing_from(ports)) {
    log_->write(log::Level::kWarning,
                "the policy has rules for a port that this server doesn't listen on: they let nobody in",
                {{"port", std::to_string(port)}});
  }
}

Result<void> CryptoPart::start(std::span<const std::uint32_t> ports) {
  if (!is_on_) return {};
  warn_of_rules(ports);
  if (!storage_->is_durable()) {
    log_->write(log::Level::kWarning,
                "no keystore: the keys were made for this run and are gone at its end; --keystore keeps them",
                {});
  }
  return signing_->start();
}

void CryptoPart::stop() {
  if (observability_ != nullptr) observability_->stop_serving();
  default_keys_.reset();
  if (administration_ != nullptr) administration_->stop();
  if (signing_ != nullptr) signing_->stop();
  admin_reflection_.reset();
  admin_server_.reset();
  // While the log is there: the last lines of the audit may meet a full disk. Whoever observes goes before
  // it.
  administration_.reset();
  signing_.reset();
  manager_.reset();
  measured_storage_.reset();
  observability_.reset();
}

}  // namespace hawser
