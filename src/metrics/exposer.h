// Where Prometheus scrapes: GET /metrics over plain HTTP, by prometheus-cpp's embedded server on two threads
// of its own. Nothing of it touches the event loops.
//
// Whoever can connect can read it and, with a few idle connections, keep others from doing so: an address of
// the loop-back interface or of an inner network.
#pragma once

#include <memory>
#include <string>

#include <prometheus/collectable.h>

#include "hawser/base/result.h"
#include "hawser/net/address.h"

namespace prometheus {
class Exposer;
}

namespace hawser::metrics {

class Exposer final {
 public:
  /// TCP over IPv4 only. Scope usage: the address can't be listened on, and why. `metrics` is asked until the
  /// end.
  static Result<std::unique_ptr<Exposer>> start(const net::Address& address,
                                                std::shared_ptr<prometheus::Collectable> metrics);
  /// Takes up to two seconds: so seldom does the library look whether it is to end.
  ~Exposer();
  Exposer(const Exposer&) = delete;
  Exposer& operator=(const Exposer&) = delete;

  /// "127.0.0.1:9464": with the real port where 0 was asked for.
  const std::string& address() const { return address_; }

 private:
  Exposer(std::shared_ptr<prometheus::Collectable> metrics, std::unique_ptr<prometheus::Exposer> http,
          std::string address);

  std::shared_ptr<prometheus::Collectable> metrics_;
  std::unique_ptr<prometheus::Exposer> http_;
  std::string address_;
};

}  // namespace hawser::metrics
