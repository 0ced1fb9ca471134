// The examples of docs/interceptors.md, at work: a server and a channel in one program. Each block of that
// page is here word for word; tests/e2e/examples_test.py compares them and runs this.
#include <atomic>
#include <iostream>
#include <mutex>

#include "greeter.grpc.pb.h"
#include "hawser/binding/service_binding.h"
#include "hawser/client/channel.h"
#include "hawser/client/unary_call.h"
#include "hawser/interceptors/authentication.h"
#include "hawser/interceptors/bearer_token.h"
#include "hawser/interceptors/call_log.h"
#include "hawser/interceptors/client_call_log.h"
#include "hawser/interceptors/client_deadlines.h"
#include "hawser/interceptors/client_rate_limit.h"
#include "hawser/interceptors/deadline_policy.h"
#include "hawser/interceptors/rate_limit.h"
#include "hawser/server/server.h"

class Maintenance final : public hawser::server::Interceptor {
 public:
  std::optional<hawser::grpc::Status> before(hawser::server::CallView& call) override {
    if (!active || call.method().starts_with("/grpc.health.v1.")) return std::nullopt;
    return hawser::grpc::Status{hawser::grpc::StatusCode::kUnavailable, "down for maintenance", {}};
  }
  std::atomic<bool> active{false};
};

class RequestIds final : public hawser::client::Interceptor {
 public:
  std::optional<hawser::grpc::Status> before(hawser::client::CallView& call) override {
    static_cast<void>(call.add_metadata("request-id", std::to_string(++last_)));
    return std::nullopt;
  }
  void after(const hawser::client::CallView& call, hawser::grpc::Status& status) override {
    if (!status.ok()) status.message += " [request " + std::string(call.metadata().find("request-id")) + "]";
  }

 private:
  std::atomic<int> last_{0};
};

namespace {

class StandardOutput final : public hawser::log::Sink {
 public:
  bool enabled(hawser::log::Level) const override { return true; }
  void write(hawser::log::Level, std::string_view message,
             std::initializer_list<hawser::log::Field> fields) override {
    if (message != "call") return;
    const std::lock_guard lock(mutex_);
    for (const hawser::log::Field& field : fields) {
      if (field.key == "method" || field.key == "status") std::cout << field.value << ' ';
    }
    std::cout << '\n';
  }

 private:
  std::mutex mutex_;
};

class GreeterService final : public greeter::Greeter::Service {
  grpc::Status Greet(grpc::ServerContext*, const greeter::GreetRequest* request,
                     greeter::GreetReply* reply) override {
    reply->set_text("Hello " + request->name());
    return grpc::Status::OK;
  }
};

void greet(hawser::client::Channel& channel) {
  constexpr hawser::client::UnaryMethod<greeter::GreetRequest, greeter::GreetReply> kGreet{
      "/greeter.Greeter/Greet"};
  greeter::GreetRequest request;
  request.set_name("Ahab");
  const auto reply = hawser::client::call(channel, kGreet, request);
  std::cout << (reply.ok() ? reply.response.text() : reply.status.message) << '\n';
}

hawser::Result<void> run() {
  StandardOutput sink;
  const std::string token = "secret";
  Maintenance maintenance;
  RequestIds request_ids;

  hawser::interceptors::CallLog call_log(sink);  // a record a call: method, peer, status, microseconds

  hawser::interceptors::Authentication authentication(  // "authorization: Bearer TOKEN", else UNAUTHENTICATED
      hawser::interceptors::Authentication::one_of({token}), {"/grpc.health.v1.Health/"});

  hawser::interceptors::DeadlinePolicy deadlines({.longest = std::chrono::seconds(30), .required = false});

  hawser::interceptors::RateLimit limit(
      {.total = {.per_second = 50'000, .burst = 5'000}, .per_peer = {.per_second = 1'000, .burst = 100}});

  hawser::server::ServerOptions options;
  options.interceptors = {&call_log, &limit, &authentication, &deadlines};  // in this order; not owned

  options.interceptors.push_back(&maintenance);
  options.workers = 1;
  GreeterService service;
  auto server = hawser::server::Server::create(options);
  if (!server) return tl::unexpected(server.error());
  hawser::binding::ServiceBinding<greeter::Greeter, greeter::Greeter::Service> greeter(service);
  greeter.unary("Greet", &greeter::Greeter::Service::Greet);
  if (auto added = greeter.add_to(**server); !added) return added;
  auto bound = (*server)->listen(*hawser::net::Address::parse("127.0.0.1:0"));
  if (!bound) return tl::unexpected(bound.error());
  if (auto started = (*server)->start(); !started) return started;

  hawser::interceptors::ClientCallLog client_log(sink);  // method, authority, status, retries, microseconds

  hawser::interceptors::ClientRateLimit spare({.per_second = 10'000, .burst = 3});  // RESOURCE_EXHAUSTED here

  hawser::interceptors::BearerToken credential(token);  // or a function that gives the token for a call

  hawser::interceptors::ClientDeadlines client_deadlines(
      {.by_default = std::chrono::seconds(5), .longest = std::chrono::seconds(60)});

  hawser::client::ChannelOptions channel_options;
  channel_options.interceptors = {&client_log, &spare, &credential, &client_deadlines};  // not owned

  channel_options.interceptors.push_back(&request_ids);
  auto channel = hawser::client::Channel::create(bound->front().to_string(), channel_options);
  if (!channel) return tl::unexpected(channel.error());
  greet(**channel);
  maintenance.active = true;
  greet(**channel);
  return {};
}

}  // namespace

int main() {
  const auto ran = run();
  if (!ran) std::cerr << "interceptors: " << ran.error().detail << '\n';
  return ran ? 0 : 2;
}
