#include "hawser/binding/server_context_bridge.h"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <grpc/grpc.h>
#include <grpc/slice.h>
#include <grpc/support/time.h>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/support/server_interceptor.h>

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
  static experimental::ServerRpcInfo*& rpc_info(ServerContextBase& context) { return context.rpc_info_; }
  static void set_rpc_info(
      ServerContextBase& context,
      const std::vector<std::unique_ptr<experimental::ServerInterceptorFactoryInterface>>& interceptors) {
    context.set_server_rpc_info("", internal::RpcMethod::NORMAL_RPC, interceptors);
  }
  static grpc_call*& core_call(ServerContextBase& context) { return context.call_.call; }
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
class NoPeerProperty final : public ::grpc::AuthPropertyIterator {};  // opens the protected constructor
class InsecureAuthContext final : public ::grpc::AuthContext {
 public:
  bool IsPeerAuthenticated() const override { return false; }
  std::vector<::grpc::string_ref> GetPeerIdentity() const override { return {}; }
  std::string GetPeerIdentityPropertyName() const override { return {}; }
  std::vector<::grpc::string_ref> FindPropertyValues(const std::string&) const override { return {}; }
  ::grpc::AuthPropertyIterator begin() const override { return NoPeerProperty(); }
  ::grpc::AuthPropertyIterator end() const override { return NoPeerProperty(); }
  void AddProperty(const std::string&, const ::grpc::string_ref&) override {}
  bool SetPeerIdentityPropertyName(const std::string&) override { return false; }
};
const InsecureAuthContext kInsecure;

// set_compression_algorithm() leaves its choice in the initial metadata, where grpc-core would take it from.
constexpr std::string_view kCompressionRequest = "grpc-internal-encoding-request";

// As grpc-core maps levels (P-62): of the algorithms that the client accepts, ranked gzip, deflate, the first
// for low, the last for the others.
grpc::Encoding encoding_for_level(grpc_compression_level level, grpc::EncodingSet accepted) {
  using grpc::Encoding;
  if (level == GRPC_COMPRESS_LEVEL_NONE) return Encoding::kIdentity;
  const bool gzip_first = level == GRPC_COMPRESS_LEVEL_LOW;
  const Encoding preferred = gzip_first ? Encoding::kGzip : Encoding::kDeflate;
  return accepted.contains(preferred) ? preferred : gzip_first ? Encoding::kDeflate : Encoding::kGzip;
}

// grpc++ keeps wall-clock deadlines; ours are monotonic (P-34).
gpr_timespec to_wall_clock(Instant deadline) {
  const Duration left = deadline - Clock::now();
  return gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_nanos(left.count(), GPR_TIMESPAN));
}

grpc_slice borrowed(std::string_view text) { return grpc_slice_from_static_buffer(text.data(), text.size()); }

// A call of grpc-core's that never was: TryCancel() dereferences one after it has told the interceptors. Made
// when somebody first uses TryCancel(), for it starts grpc-core; kept for the life of the process.
grpc_call* call_to_cancel() {
  static grpc_call* const kCall = [] {
    grpc_init();
    grpc_channel* channel = grpc_lame_client_channel_create("", GRPC_STATUS_CANCELLED, "");
    grpc_completion_queue* queue = grpc_completion_queue_create_for_pluck(nullptr);
    return grpc_channel_create_call(channel, nullptr, 0, queue, borrowed("/"), nullptr,
                                    gpr_inf_future(GPR_CLOCK_REALTIME), nullptr);
  }();
  return kCall;
}

class CancelHook final : public ::grpc::experimental::Interceptor {
 public:
  explicit CancelHook(ContextBacking& backing) : backing_(backing) {}
  void Intercept(::grpc::experimental::InterceptorBatchMethods*) override {
    Inspector::core_call(*backing_.context) = call_to_cancel();
    backing_.try_cancel();
  }

 private:
  ContextBacking& backing_;
};

class CancelHookFactory final : public ::grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit CancelHookFactory(ContextBacking& backing) : backing_(backing) {}
  ::grpc::experimental::Interceptor* CreateServerInterceptor(::grpc::experimental::ServerRpcInfo*) override {
    return std::make_unique<CancelHook>(backing_).release();
  }

 private:
  ContextBacking& backing_;
};

// Only a context can make one, and only a context's end destroys it.
::grpc::experimental::ServerRpcInfo* make_cancel_hook(ContextBacking& backing) {
  std::vector<std::unique_ptr<::grpc::experimental::ServerInterceptorFactoryInterface>> factories;
  factories.push_back(std::make_unique<CancelHookFactory>(backing));
  ::grpc::ServerContext maker;
  Inspector::set_rpc_info(maker, factories);
  return std::exchange(Inspector::rpc_info(maker), nullptr);
}

// Of a call in clear the pointer has no owner, so copies of it count nothing. Else the context of the call
// before is taken again when it says the same of the client, as is usual: no call allocates one.
void set_auth_context(::grpc::ServerContextBase& context, const server::Peer& peer, ContextBacking& backing) {
  if (peer.is_tls) {
    if (backing.auth_context == nullptr || !backing.auth_context->is_of(peer.certificate)) {
      // lint: allow shared_ptr: a handler may keep what auth_context() gives
      backing.auth_context = std::make_shared<const PeerAuthContext>(peer.certificate);
    }
    Inspector::auth_context(context) = backing.auth_context;
    return;
  }
  // lint: allow shared_ptr: what grpc++'s member takes
  Inspector::auth_context(context) =
      std::shared_ptr<const ::grpc::AuthContext>(std::shared_ptr<const ::grpc::AuthContext>(), &kInsecure);
}

}  // namespace

ContextBacking::~ContextBacking() {
  if (cancel_hook == nullptr) return;
  ::grpc::ServerContext destroyer;
  Inspector::rpc_info(destroyer) = cancel_hook;
}

const CallInfo* CallInfo::of(const ::grpc::ServerContextBase& context) {
  return dynamic_cast<const CallInfo*>(Inspector::allocator_state(context));
}

std::string_view CallInfo::find_metadata(std::string_view name) const {
  const http2::HeaderBlock& metadata = call_->head().metadata();
  for (std::size_t i = 0; i < metadata.size(); ++i) {
    const http2::HeaderField field = metadata[i];
    if (field.name == name) return field.value;
  }
  return {};
}

CallScope CallInfo::scope() {
  Cancellation cancellation;
  {
    const std::lock_guard lock(mutex_);
    if (!cancellation_) cancellation_ = Cancellation::create();
    has_scope_.store(true, std::memory_order_relaxed);
    cancellation = cancellation_;
  }
  // Either cancel_scope() comes behind the lock, or the call was cancelled before it.
  if (call_->is_cancelled()) cancellation.cancel();
  return {call_->expires_at(), std::move(cancellation)};
}

void CallInfo::cancel_scope() {
  Cancellation cancelled;
  {
    const std::lock_guard lock(mutex_);
    cancelled = cancellation_;
  }
  cancelled.cancel();
}

void CallInfo::drop_scope() {
  Cancellation ended;
  {
    const std::lock_guard lock(mutex_);
    std::swap(ended, cancellation_);
    has_scope_.store(false, std::memory_order_relaxed);
  }
  ended.cancel();
}

CallScope scope_of(::grpc::ServerContextBase& context) {
  if (auto* info = dynamic_cast<CallInfo*>(Inspector::allocator_state(context))) return info->scope();
  const std::chrono::system_clock::time_point deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return {};
  return {saturating_add(Clock::now(), deadline - std::chrono::system_clock::now()), {}};
}

void link_context(::grpc::ServerContextBase& context, const server::ServerCall& call, ContextBacking& backing,
                  Delegate<void()> try_cancel) {
  backing.info.set_call(&call);
  backing.try_cancel = try_cancel;
  backing.context = &context;
  if (backing.cancel_hook == nullptr) backing.cancel_hook = make_cancel_hook(backing);
  Inspector::rpc_info(context) = backing.cancel_hook;
  set_auth_context(context, call.peer(), backing);
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
  if (auto* info = static_cast<CallInfo*>(Inspector::allocator_state(context))) info->end_scope();
  Inspector::allocator_state(context) = nullptr;
  Inspector::rpc_info(context) = nullptr;
  Inspector::core_call(context) = nullptr;
}

void mark_cancelled(::grpc::ServerContextBase& context) {
  Inspector::cancelled(context).store(true, std::memory_order_release);
  if (auto* info = static_cast<CallInfo*>(Inspector::allocator_state(context))) info->cancel_scope();
}

Result<void> take_metadata(::grpc::ServerContextBase& context, server::ServerCall& call) {
  if (auto taken = take_initial_metadata(context, call); !taken) return taken;
  return take_trailing_metadata(context, call);
}

Result<void> take_initial_metadata(::grpc::ServerContextBase& context, server::ServerCall& call) {
  for (const auto& [name, value] : Inspector::initial_metadata(context)) {
    if (name == kCompressionRequest) {
      if (const auto encoding = grpc::parse_encoding(value)) call.set_compression(*encoding);
    } else if (auto added = call.add_initial_metadata(name, value); !added) {
      return added;
    }
  }
  if (context.compression_level_set()) {
    call.set_compression(encoding_for_level(context.compression_level(), call.head().accepted_encodings()));
  }
  return {};
}

Result<void> take_trailing_metadata(::grpc::ServerContextBase& context, server::ServerCall& call) {
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
