#include "src/metrics/exposer.h"

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include <prometheus/exposer.h>

#include "src/logging/signal_free_thread.h"

namespace hawser::metrics {
namespace {

tl::unexpected<Error> cant_listen(const std::string& address, std::string_view why) {
  return usage_error("can't serve metrics on " + address + ": " + std::string(why));
}

}  // namespace

Result<std::unique_ptr<Exposer>> Exposer::start(const net::Address& address,
                                                std::shared_ptr<prometheus::Collectable> metrics) {
  if (address.family() != net::Family::kTcp)
    return cant_listen(address.text(), "only host:port can be used for it");
  const auto resolved = address.resolve();
  if (!resolved) return cant_listen(address.text(), resolved.error().detail);
  // Debian's civetweb is built without IPv6.
  const auto ipv4 = std::find_if(resolved->begin(), resolved->end(),
                                 [](const net::SocketAddress& each) { return each.domain() == AF_INET; });
  if (ipv4 == resolved->end()) return cant_listen(address.text(), "only IPv4 can be used for it");
  std::string where = ipv4->to_string();
  const std::vector<std::string> options = {"listening_ports",    where, "num_threads", "2",
                                            "request_timeout_ms", "5000"};
  std::unique_ptr<prometheus::Exposer> http;
  std::string failure;
  logging::call_without_signals([&] {
    // The library's way to say that it can't listen; it doesn't say why.
    try {
      http = std::make_unique<prometheus::Exposer>(options);
      http->RegisterCollectable(metrics);
    } catch (const std::exception&) {
      failure = "the port is taken, or the address is not this machine's, or the port is one for root";
    }
  });
  if (!failure.empty()) return cant_listen(where, failure);
  const std::vector<int> ports = http->GetListeningPorts();
  if (!ports.empty()) where = where.substr(0, where.rfind(':') + 1) + std::to_string(ports.front());
  return std::unique_ptr<Exposer>(new Exposer(std::move(metrics), std::move(http), std::move(where)));
}

Exposer::Exposer(std::shared_ptr<prometheus::Collectable> metrics, std::unique_ptr<prometheus::Exposer> http,
                 std::string address)
    : metrics_(std::move(metrics)), http_(std::move(http)), address_(std::move(address)) {}

Exposer::~Exposer() = default;

}  // namespace hawser::metrics
