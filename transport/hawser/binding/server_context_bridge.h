// Between a call of ours and the stock grpc::ServerContext that its handler sees. The one door into grpc++
// internals (see the .cc); everything else of binding/ uses public headers.
//
// What a handler gets: client_metadata(), deadline(), IsCancelled(), auth_context(). What is taken from it:
// initial and trailing metadata, TryCancel(). docs/server_context.md lists every member of the context.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include <grpc/grpc.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/message_allocator.h>
#include <grpcpp/support/status.h>

#include "hawser/base/call_scope.h"
#include "hawser/base/cancellation.h"
#include "hawser/base/clock.h"
#include "hawser/base/delegate.h"
#include "hawser/base/result.h"
#include "hawser/binding/peer_auth_context.h"
#include "hawser/server/server_call.h"

namespace hawser::binding {

/// What Hawser knows of a call beyond the stock context. Valid while the handler has the context.
class CallInfo final : public ::grpc::RpcAllocatorState {
 public:
  /// nullptr when the context does not come from Hawser: the same handler served by stock grpc++.
  static const CallInfo* of(const ::grpc::ServerContextBase& context);

  /// Peer in gRPC's form: "ipv4:…", "unix:", "vsock:3:1024". (The context's own peer() is empty here.)
  const std::string& peer() const { return call_->peer().uri; }
  /// The same with what is known of its identity.
  const server::Peer& peer_facts() const { return call_->peer(); }
  /// The worker that the call runs on: below the number of workers. For state that is kept a worker.
  std::size_t worker() const { return call_->worker(); }
  /// The pass of its loop that is going on: for work that is bounded a pass. In the method, or on the loop.
  std::uint64_t loop_turn() const { return call_->loop_turn(); }
  /// The message that was read last came compressed. (Its handler gets it decompressed.)
  bool request_was_compressed() const { return call_->request_was_compressed(); }
  /// kNever without grpc-timeout. The context's own is by the system's clock.
  Instant deadline() const { return call_->expires_at(); }
  /// The first value of a metadata field of the request; empty: none. Without the map that
  /// client_metadata() makes. Valid as long as the context.
  std::string_view find_metadata(std::string_view name) const;
  /// Time since the last byte of the request was read from the socket.
  Duration since_request() const { return Clock::now() - call_->received_at(); }

  /// For calls made on behalf of this one. From the handler's thread.
  CallScope scope();

  // For the binding.
  void set_call(const server::ServerCall* call) { call_ = call; }
  /// The call is cancelled, so those made for it are. Any thread.
  void cancel_scope();
  /// The handler has let go of the context: calls made for it are cancelled, and the next call has a new
  /// scope.
  void end_scope() {
    if (has_scope_.load(std::memory_order_relaxed)) drop_scope();
  }

 private:
  void drop_scope();

  const server::ServerCall* call_ = nullptr;
  std::atomic<bool> has_scope_{false};
  std::mutex mutex_;
  Cancellation cancellation_;  // guarded by mutex_; made when somebody asks for it
};

/// The memory that a context points into; reused with the state of its method.
struct ContextBacking {
  ContextBacking() = default;
  ~ContextBacking();
  ContextBacking(const ContextBacking&) = delete;
  ContextBacking& operator=(const ContextBacking&) = delete;

  std::vector<grpc_metadata> client_metadata;
  CallInfo info;
  // lint: allow shared_ptr: a handler may keep it
  std::shared_ptr<const PeerAuthContext> auth_context;  // of the last call that came over TLS

  // How the context's TryCancel() gets to `try_cancel`.
  Delegate<void()> try_cancel;
  ::grpc::ServerContextBase* context = nullptr;
  ::grpc::experimental::ServerRpcInfo* cancel_hook = nullptr;  // owned
};

/// What CallOptions::parent of a client takes, to make calls on behalf of the one that the handler has
/// (P-35): they end at its deadline, and with CANCELLED when it is cancelled or over. A context of stock
/// grpc++ has a deadline only.
CallScope scope_of(::grpc::ServerContextBase& context);

/// Fills a fresh context. `backing` and `call` outlive it, or at least unlink_context(). `try_cancel` is what
/// the context's TryCancel() does, on the thread that calls it.
void link_context(::grpc::ServerContextBase& context, const server::ServerCall& call, ContextBacking& backing,
                  Delegate<void()> try_cancel);
/// Before the context is destroyed: takes back what was lent.
void unlink_context(::grpc::ServerContextBase& context);
/// IsCancelled() becomes true. Any thread.
void mark_cancelled(::grpc::ServerContextBase& context);
/// Moves the handler's metadata and its choice of compression into the reply. Scope stream when a field may
/// not be sent.
Result<void> take_metadata(::grpc::ServerContextBase& context, server::ServerCall& call);
/// The same in two steps, for a reply that is streamed.
Result<void> take_initial_metadata(::grpc::ServerContextBase& context, server::ServerCall& call);
Result<void> take_trailing_metadata(::grpc::ServerContextBase& context, server::ServerCall& call);

/// Stock status to ours.
grpc::Status from_stock(const ::grpc::Status& status);

}  // namespace hawser::binding
