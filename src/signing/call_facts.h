// What is known of a call when it arrives, for its admission and its record.
#pragma once

#include <grpcpp/server_context.h>

#include "hawser/base/clock.h"
#include "hawser/binding/server_context_bridge.h"
#include "src/access/call_record.h"
#include "src/access/principal.h"

namespace hawser::signing {

struct CallFacts {
  /// Null under stock grpc++: then the caller is anonymous and its connection unknown.
  const binding::CallInfo* info = nullptr;
  Instant arrived{};
  Instant deadline = kNever;

  static CallFacts of(const ::grpc::ServerContextBase& context, Instant now);

  access::Principal principal() const;
  /// Which connection it came by; null: not known.
  const void* connection() const { return info == nullptr ? nullptr : &info->peer_facts(); }
  /// Sets what is known now and empties the rest.
  void begin(access::CallRecord& record, std::string_view method) const;
};

}  // namespace hawser::signing
