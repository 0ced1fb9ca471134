// What is known of one call to the signing service when it is over: the audit log, the metrics and the trace
// are made of this and of nothing else. No data, no signature, no key material.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hawser/base/clock.h"
#include "src/crypto/algorithm.h"

namespace hawser::access {

struct CallRecord {
  std::int64_t unix_us = 0;       ///< When the call began, by the system's clock.
  std::string_view service;       ///< "crypto.CryptoService"
  std::string_view method;        ///< "Sign"
  std::string peer;               ///< gRPC's form: "unix:", "vsock:3:1024"
  std::string principal;          ///< access::Principal::text(); empty: none
  std::string key_id;             ///< What was asked for, or the default that it became; empty: not known.
  std::uint32_t key_version = 0;  ///< What was used; 0: none.
  std::optional<crypto::Algorithm> algorithm;
  std::string input_sha256;  ///< 32 bytes, of data or of the given digest; empty: the call has no input.
  int code = 0;              ///< The gRPC status code.
  std::string_view lane;     ///< "fast", "slow"; empty: it was in none.
  Duration queue{};          ///< From admission to the worker.
  Duration exec{};           ///< On the worker.
  Duration total{};          ///< From the request's last byte to the reply.
  std::string traceparent;   ///< The request's (W3C Trace Context); empty: none.
};

/// Told of every call, from any thread; never blocks.
class CallObserver {
 public:
  virtual ~CallObserver() = default;
  /// Before anything is done for the call; of the record, service and method are known. False: no record of
  /// it can be kept, so it is refused (UNAVAILABLE) and this observer hears no more of it. Each true is
  /// followed by exactly one on_call(), of the same service and method.
  virtual bool reserve(const CallRecord&) { return true; }
  virtual void on_call(const CallRecord& record) = 0;
};

}  // namespace hawser::access
