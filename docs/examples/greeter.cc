#include <iostream>

#include "greeter.grpc.pb.h"
#include "hawser/binding/service_binding.h"
#include "hawser/server/run_until_signal.h"

class GreeterService final : public greeter::Greeter::Service {  // as for any grpc++ server
  grpc::Status Greet(grpc::ServerContext*, const greeter::GreetRequest* request,
                     greeter::GreetReply* reply) override {
    reply->set_text("Hello " + request->name());
    return grpc::Status::OK;
  }
};

hawser::Result<void> serve(const std::string& address_text) {
  GreeterService service;
  auto server = hawser::server::Server::create({});
  if (!server) return tl::unexpected(server.error());
  hawser::binding::ServiceBinding<greeter::Greeter, greeter::Greeter::Service> greeter(service);
  greeter.unary("Greet", &greeter::Greeter::Service::Greet);  // one line a method, checked by add_to
  if (auto added = greeter.add_to(**server); !added) return added;
  auto address = hawser::net::Address::parse(address_text);
  if (!address) return tl::unexpected(address.error());
  auto bound = (*server)->listen(*address);
  if (!bound) return tl::unexpected(bound.error());
  std::cout << "listening on " << bound->front().to_string() << '\n' << std::flush;
  return hawser::server::run_until_signal(**server, {});
}

int main(int argc, char** argv) {
  const auto served = serve(argc > 1 ? argv[1] : "127.0.0.1:50052");
  if (!served) std::cerr << "greeter: " << served.error().detail << '\n';
  return served ? 0 : 2;
}
