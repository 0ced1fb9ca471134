// What a channel can be told. Defaults are gRPC's (doc/connection-backoff.md and the C-core's channel
// arguments).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "hawser/base/clock.h"
#include "hawser/base/log.h"
#include "hawser/grpc/encoding.h"
#include "hawser/http2/limits.h"
#include "hawser/io/connection.h"
#include "hawser/net/vsock_options.h"

namespace hawser::tls {
class TlsContext;
}

namespace hawser::client {

class Interceptor;

/// How long a failed connection rests before the next attempt (P-95). The delay counts from the attempt's
/// start.
struct BackoffOptions {
  Duration initial = std::chrono::seconds(1);
  double multiplier = 1.6;
  Duration max = std::chrono::seconds(120);
  double jitter = 0.2;  ///< Each delay is multiplied by 1 - jitter … 1 + jitter.
};

/// Asking a silent server whether it is there (P-88). Servers end connections that ask too often: with most,
/// at least 5 minutes apart.
struct KeepaliveOptions {
  static constexpr Duration kShortestTime = std::chrono::seconds(10);

  /// After so long without a byte from the server it gets a PING. Less than 10 s counts as that (gRPC
  /// proposal A8). Max: never.
  Duration time = Duration::max();
  /// Without a byte so long after the PING the connection is dead, and its calls end with UNAVAILABLE. On TCP
  /// it also bounds unacknowledged output (TCP_USER_TIMEOUT, P-93).
  Duration timeout = std::chrono::seconds(20);
  /// Also while no call is open.
  bool without_calls = false;

  /// Half as often (P-86).
  void slow_down() { time = time < Duration::max() / 2 ? time * 2 : Duration::max(); }
};

/// Which of a target's addresses calls go to.
enum class LoadBalancing {
  kPickFirst,   ///< All to the first that answers, in the target's order (P-99).
  kRoundRobin,  ///< To all that answer, in turn (P-100).
};

struct ChannelOptions {
  /// Connections in the pool, for each address with kRoundRobin; calls go to the one with the fewest calls.
  /// All of them connect with the first call.
  std::size_t connections = 1;
  /// From the start of an attempt to the server's SETTINGS (P-4), over all addresses of the name.
  Duration connect_timeout = std::chrono::seconds(20);
  /// When a target has several addresses, the next one is tried so long after the one before, unless that one
  /// has answered or failed (P-99, RFC 8305).
  Duration next_address_delay = std::chrono::milliseconds(250);
  LoadBalancing load_balancing = LoadBalancing::kPickFirst;
  /// Whether the service config's healthCheckConfig counts: with kRoundRobin, servers that say they don't
  /// serve get no calls (gRPC proposal A17, P-114).
  bool health_checks = true;
  /// kPickFirst: a connection to any but the first address looks for those before it this often, and new
  /// calls go there when one answers. Max: never.
  Duration return_interval = Duration::max();
  BackoffOptions backoff;
  KeepaliveOptions keepalive;

  /// Sockets of VSOCK connections. Its send_bytes go before those of `connection`.
  net::VsockOptions vsock_socket;
  /// In the place of `keepalive` on connections over VSOCK, hybrid ones too: it has no keepalive of its own,
  /// and connections that a snapshot or a migration has cut are never told so (V-14, V-15). Servers of other
  /// stacks may have to permit it.
  KeepaliveOptions vsock_keepalive{
      .time = std::chrono::seconds(30), .timeout = std::chrono::seconds(10), .without_calls = true};
  /// In the place of `backoff` when all addresses are VSOCK: virtual machines come up within seconds, and the
  /// only one that is asked is the neighbour (V-16).
  BackoffOptions vsock_backoff{.initial = std::chrono::milliseconds(100), .max = std::chrono::seconds(2)};

  /// A connection without calls for so long is closed; the next call makes another (P-96). Max: never.
  Duration idle_timeout = std::chrono::minutes(30);

  /// Largest response message, on the wire and decompressed; over it the call fails with RESOURCE_EXHAUSTED
  /// (P-47).
  std::size_t max_receive_bytes = 4 * 1024 * 1024;
  /// Largest request message; over it the call fails with RESOURCE_EXHAUSTED and nothing is sent. 4 GiB - 1
  /// is what the length prefix can say.
  std::size_t max_send_bytes = std::numeric_limits<std::uint32_t>::max();

  /// How request messages of typed calls are compressed whose CallOptions don't say. The server has to
  /// understand it; responses may come in any encoding that is built in, whatever this says.
  grpc::Encoding compression = grpc::Encoding::kIdentity;

  /// What a connection holds of streamed responses that nobody reads, before it gives no more credit than for
  /// what is read. Up to one connection window comes on top.
  std::size_t max_held_bytes = 4 * 1024 * 1024;

  /// A gRPC service config in JSON (service_config.h), or empty. What is wrong with it fails
  /// Channel::create(). Its load balancing policy goes before load_balancing above.
  std::string service_config;

  /// Goes in front of the transport's own user-agent: "my-app/1.2" (P-26).
  std::string user_agent_prefix;
  /// `:authority` of all calls; empty: from the target (P-98).
  std::string authority;

  /// Not null: connections are TLS, and `:scheme` is https. The server's certificate has to be for the name
  /// that the context says, or else for the host of `:authority`. Not owned; outlives the channel.
  const tls::TlsContext* tls = nullptr;

  /// In this order around every call (interceptor.h). Not owned; they outlive the channel.
  std::vector<Interceptor*> interceptors;

  /// Before it sleeps, the channel's own event loop looks for input for up to so long (event/spin_budget.h).
  /// No matter for channels on a LoopThread of the caller's, who says it there. Zero: it sleeps at once.
  Duration busy_poll = Duration::zero();
  http2::Limits limits;
  io::ConnectionOptions connection;
  /// Not owned; outlives the channel. Null: nothing is logged.
  log::Sink* log = nullptr;
};

}  // namespace hawser::client
