#include "hawser/binding/server_context_bridge.h"

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include <grpc/slice.h>
#include <grpc/support/time.h>
#include <grpcpp/security/auth_context.h>

// grpc::ServerContextBase names this class its friend, and no installed header defines it, so its definition
// is ours to give. It only hands out references to members. tests/unit/binding/server_context_bridge_test.cc
// fails when a newer grpc++ changes what they mean.
namespace grpc::testing {

class InteropServerContextInspector {
 public:
  using Fields = std::multimap<std::string, std::string>;

  static gpr_timespec& deadline(ServerContextBase& context) { return context.deadline_; }
  static grpc_metadata_array& client_metadata(ServerContextBase& context) {
    return *context.client_metadata_.arr();
  }
  static std::atomic_bool& cancelled(ServerContextBase& context) { return context.marked_cancelled_; }
  // lint: allow shared_ptr: grpc++'s own member
  static std::shared_ptr<const AuthContext>& auth_context(ServerContextBase& context) {
    return context.auth_context_;
  }
  static RpcAllocatorState*& allocator_state(ServerContextBase& context) {
    return context.message_allocator_state_;
  }
  static const RpcAllocatorState* allocator_state(const ServerContextBase& context) {
    return context.message_allocator_state_;
  }
  static const Fields& initial_metadata(const ServerContextBase& context) {
    return context.initial_metadata_;
  }
  static const Fields& trailing_metadata(const ServerContextBase& context) {
    return context.trailing_metadata_;
  }
};

}  // namespace grpc::testing

namespace hawser::binding {
namespace {

using Inspector = ::grpc::testing::InteropServerContextInspector;

// What auth_context() gives: nothing is known of the peer. grpc++ would ask its own call, and give nullptr.
class NoProperty final : public ::grpc::AuthPropertyIterator {};  // opens the protected default constructor
class InsecureAuthContext final : public ::grpc::AuthContext {
 public:
  bool IsPeerAuthenticated() const override { return false; }
  std::vector<::grpc::string_ref> GetPeerIdentity() const override { return {}; }
  std::string GetPeerIdentityPropertyName() const override { return {}; }
  std::vector<::grpc::string_ref> FindPropertyValues(const std::string&) const override { return {}; }
  ::grpc::AuthPropertyIterator begin() const override { return NoProperty(); }
  ::grpc::AuthPropertyIterator end() const override { return NoProperty(); }
  void AddProperty(const std::string&, const ::grpc::string_ref&) override {}
  bool SetPeerIdentityPropertyName(const std::string&) override { return false; }
};
const InsecureAuthContext kInsecure;

// set_compression_algorithm() leaves this in the initial metadata for grpc-core, which we are not.
constexpr std::string_view kCompressionRequest = "grpc-internal-encoding-request";

// grpc++ keeps wall-clock deadlines; ours are monotonic (P-34).
gpr_timespec to_wall_clock(Instant deadline) {
  const Duration left = deadline - Clock::now();
  return gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_nanos(left.count(), GPR_TIMESPAN));
}

grpc_slice borrowed(std::string_view text) { return grpc_slice_from_static_buffer(text.data(), text.size()); }

}  // namespace

const CallInfo* CallInfo::of(const ::grpc::ServerContextBase& context) {
  return dynamic_cast<const CallInfo*>(Inspector::allocator_state(context));
}

void link_context(::grpc::ServerContextBase& context, const server::ServerCall& call,
                  ContextBacking& backing) {
  backing.info.set_call(&call);
  // Without an owner: copies of this pointer count nothing.
  // lint: allow shared_ptr: what grpc++'s member takes
  Inspector::auth_context(context) =
      std::shared_ptr<const ::grpc::AuthContext>(std::shared_ptr<const ::grpc::AuthContext>(), &kInsecure);
  Inspector::allocator_state(context) = &backing.info;
  if (call.expires_at() != kNever) Inspector::deadline(context) = to_wall_clock(call.expires_at());
  const http2::HeaderBlock& metadata = call.head().metadata();
  backing.client_metadata.resize(metadata.size());
  for (std::size_t i = 0; i < metadata.size(); ++i) {
    const http2::HeaderField field = metadata[i];
    backing.client_metadata[i].key = borrowed(field.name);
    backing.client_metadata[i].value = borrowed(field.value);
  }
  // The map that handlers see is built from this array when one asks for it, and not before.
  grpc_metadata_array& lent = Inspector::client_metadata(context);
  lent.metadata = backing.client_metadata.data();
  lent.count = lent.capacity = backing.client_metadata.size();
}

void unlink_context(::grpc::ServerContextBase& context) {
  grpc_metadata_array& lent = Inspector::client_metadata(context);
  lent.metadata = nullptr;
  lent.count = lent.capacity = 0;
  Inspector::allocator_state(context) = nullptr;
}

void mark_cancelled(::grpc::ServerContextBase& context) {
  Inspector::cancelled(context).store(true, std::memory_order_release);
}

Result<void> take_metadata(::grpc::ServerContextBase& context, server::ServerCall& call) {
  for (const auto& [name, value] : Inspector::initial_metadata(context)) {
    if (name == kCompressionRequest) continue;
    if (auto added = call.add_initial_metadata(name, value); !added) return added;
  }
  for (const auto& [name, value] : Inspector::trailing_metadata(context)) {
    if (auto added = call.add_trailing_metadata(name, value); !added) return added;
  }
  return {};
}

grpc::Status from_stock(const ::grpc::Status& status) {
  if (status.ok()) return {};
  return {static_cast<grpc::StatusCode>(status.error_code()), status.error_message(), status.error_details()};
}

}  // namespace hawser::binding
