#include "hawser/services/health.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "grpc/health/v1/health.grpc.pb.h"
#include "hawser/base/intrusive_list.h"
#include "hawser/binding/service_binding.h"

namespace hawser::services {
namespace {

using ::grpc::health::v1::Health;
using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;
using ::grpc::health::v1::HealthListRequest;
using ::grpc::health::v1::HealthListResponse;
using WireStatus = HealthCheckResponse::ServingStatus;

WireStatus to_wire(HealthService::Status status) {
  return status == HealthService::Status::kServing ? HealthCheckResponse::SERVING
                                                   : HealthCheckResponse::NOT_SERVING;
}

// One Watch call. Its fields are guarded by the registry's mutex; Start* and Finish may be called under it,
// because no reaction ever runs inside of them.
class Watcher final : public ::grpc::ServerWriteReactor<HealthCheckResponse>, public ListLink {
 public:
  Watcher(std::mutex& mutex, std::string service) : mutex_(mutex), service_(std::move(service)) {}

  const std::string& service() const { return service_; }

  // With the mutex held.
  void tell(WireStatus status) {
    wanted_ = status;
    write_if_changed();
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) return end();
    write_if_changed();
  }
  void OnCancel() override {
    const std::lock_guard lock(mutex_);
    end();
  }
  void OnDone() override { delete this; }  // lint: allow delete: reactors own themselves, as grpc++ has it

 private:
  void write_if_changed() {
    if (writing_ || ended_ || sent_ == wanted_) return;
    sent_ = wanted_;
    response_.set_status(wanted_);
    writing_ = true;
    StartWrite(&response_);
  }
  void end() {
    if (ended_) return;
    ended_ = true;
    unlink();
    Finish(::grpc::Status::CANCELLED);
  }

  std::mutex& mutex_;
  const std::string service_;
  HealthCheckResponse response_;
  WireStatus wanted_ = HealthCheckResponse::UNKNOWN;
  std::optional<WireStatus> sent_;
  bool writing_ = false;
  bool ended_ = false;
};

}  // namespace

class HealthService::Registry final {
 public:
  void set(std::string_view service, WireStatus status) {
    const std::lock_guard lock(mutex_);
    if (shut_down_) return;
    statuses_.insert_or_assign(std::string(service), status);
    tell(service, status);
  }

  void remove(std::string_view service) {
    const std::lock_guard lock(mutex_);
    const auto found = statuses_.find(service);
    if (shut_down_ || found == statuses_.end()) return;
    statuses_.erase(found);
    tell(service, HealthCheckResponse::SERVICE_UNKNOWN);
  }

  void shut_down() {
    const std::lock_guard lock(mutex_);
    shut_down_ = true;
    for (auto& [service, status] : statuses_) {
      status = HealthCheckResponse::NOT_SERVING;
      tell(service, status);
    }
  }

  std::optional<WireStatus> find(std::string_view service) const {
    const std::lock_guard lock(mutex_);
    const auto found = statuses_.find(service);
    return found == statuses_.end() ? std::nullopt : std::optional(found->second);
  }

  /// False: too many.
  bool list(HealthListResponse& response) const {
    const std::lock_guard lock(mutex_);
    if (statuses_.size() > kMostListed) return false;
    for (const auto& [service, status] : statuses_) {
      (*response.mutable_statuses())[service].set_status(status);
    }
    return true;
  }

  ::grpc::ServerWriteReactor<HealthCheckResponse>* watch(const std::string& service) {
    const std::lock_guard lock(mutex_);
    Watcher* watcher = std::make_unique<Watcher>(mutex_, service).release();  // until its OnDone
    watchers_.push_back(*watcher);
    const auto found = statuses_.find(service);
    watcher->tell(found == statuses_.end() ? HealthCheckResponse::SERVICE_UNKNOWN : found->second);
    return watcher;
  }

 private:
  void tell(std::string_view service, WireStatus status) {
    watchers_.for_each([&](Watcher& watcher) {
      if (watcher.service() == service) watcher.tell(status);
    });
  }

  mutable std::mutex mutex_;
  std::map<std::string, WireStatus, std::less<>> statuses_{{"", HealthCheckResponse::SERVING}};
  IntrusiveList<Watcher> watchers_;
  bool shut_down_ = false;
};

class HealthService::Handler final : public Health::CallbackService {
 public:
  explicit Handler(Registry& registry) : registry_(registry) {}

  ::grpc::ServerUnaryReactor* Check(::grpc::CallbackServerContext* context, const HealthCheckRequest* request,
                                    HealthCheckResponse* response) override {
    ::grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    if (const std::optional<WireStatus> status = registry_.find(request->service())) {
      response->set_status(*status);
      reactor->Finish(::grpc::Status::OK);
    } else {
      reactor->Finish({::grpc::StatusCode::NOT_FOUND, "service name unknown"});
    }
    return reactor;
  }

  ::grpc::ServerUnaryReactor* List(::grpc::CallbackServerContext* context, const HealthListRequest*,
                                   HealthListResponse* response) override {
    ::grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(registry_.list(*response)
                        ? ::grpc::Status::OK
                        : ::grpc::Status(::grpc::StatusCode::RESOURCE_EXHAUSTED,
                                         "more than " + std::to_string(kMostListed) + " services"));
    return reactor;
  }

  ::grpc::ServerWriteReactor<HealthCheckResponse>* Watch(::grpc::CallbackServerContext*,
                                                         const HealthCheckRequest* request) override {
    return registry_.watch(request->service());
  }

 private:
  Registry& registry_;
};

HealthService::HealthService()
    : registry_(std::make_unique<Registry>()), handler_(std::make_unique<Handler>(*registry_)) {}
HealthService::~HealthService() = default;

Result<void> HealthService::add_to(server::Server& server) {
  return binding::ServiceBinding<Health, Handler>(*handler_)
      .callback_unary("Check", &Handler::Check)
      .callback_unary("List", &Handler::List)
      .callback_server_streaming("Watch", &Handler::Watch)
      .add_to(server);
}

void HealthService::set(std::string_view service, Status status) { registry_->set(service, to_wire(status)); }
void HealthService::remove(std::string_view service) { registry_->remove(service); }
void HealthService::shut_down() { registry_->shut_down(); }

}  // namespace hawser::services
