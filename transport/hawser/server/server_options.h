// What a server can be told. Every limit on peers is here or in http2::Limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hawser/base/clock.h"
#include "hawser/base/log.h"
#include "hawser/grpc/encoding.h"
#include "hawser/http2/limits.h"
#include "hawser/net/vsock_options.h"

namespace hawser::server {

class Interceptor;

struct ServerOptions {
  /// Event loops, one thread each. 0: the number of CPUs this process may use.
  std::size_t workers = 0;

  /// Before it sleeps, an event loop looks for input for up to so long: see event/spin_budget.h for when that
  /// pays. Zero: it sleeps at once.
  Duration busy_poll = Duration::zero();

  http2::Limits limits;

  /// One request message, on the wire and decompressed; more is RESOURCE_EXHAUSTED before it is read (P-47).
  std::size_t max_receive_bytes = 4 * 1024 * 1024;
  /// One reply message; more is RESOURCE_EXHAUSTED. gRPC's own bound is 32 bits.
  std::size_t max_send_bytes = 0x7fffffff;
  /// How replies are compressed unless their handler chooses; only for clients that accept it (P-60).
  grpc::Encoding compression = grpc::Encoding::kIdentity;
  /// Request messages in assembly on one connection, all streams together; the stream that goes over gets
  /// RESOURCE_EXHAUSTED (S-24).
  std::size_t max_assembly_bytes = 256 * 1024 * 1024;
  /// Streamed request bytes that wait for their handlers on one connection. Beyond it the client is told to
  /// wait on all of its streams (each alone holds at most its window).
  std::size_t max_held_bytes = 4 * 1024 * 1024;

  /// Open connections; a newcomer over it is closed at once (S-23).
  std::size_t max_connections = 10'000;
  /// The same for one peer: an IP address or a CID. UNIX sockets have no peer and no such limit.
  std::size_t max_connections_per_peer = 2'000;

  /// Connections without a stream for that long are drained (P-83). kNever's distance: never.
  Duration max_connection_idle = Duration::max();
  /// Connections that old are drained, whatever they do, give or take a tenth: clients that came together
  /// shall not go together. Then calls have the grace to finish before they are cut off (P-83).
  Duration max_connection_age = Duration::max();
  Duration max_connection_age_grace = Duration::max();

  /// Connections that have brought so many calls are drained: behind a balancer of connections, calls find
  /// their way to new servers (P-87). 0: no limit.
  std::uint64_t max_connection_calls = 0;

  /// Memory that only traffic needs is taken from connections that were quiet for so long, or up to twice
  /// that, and comes back with the next byte. Duration::max(): never.
  Duration idle_memory_after = std::chrono::seconds(10);

  /// A client from which nothing was read for so long is sent a PING; silent for another `keepalive_timeout`
  /// it is dead, and its calls are cancelled (P-90). The timeout also bounds unacknowledged output on TCP
  /// (TCP_USER_TIMEOUT, P-93).
  Duration keepalive_time = std::chrono::hours(2);
  Duration keepalive_timeout = std::chrono::seconds(20);
  /// The shortest interval between a client's PINGs; one that sends more gets GOAWAY ENHANCE_YOUR_CALM,
  /// "too_many_pings" (P-91). Without open streams two hours, unless permitted otherwise.
  Duration min_ping_interval = std::chrono::minutes(5);
  bool permit_pings_without_calls = false;

  /// Bytes wait to be sent and the peer takes none (S-17).
  Duration write_timeout = std::chrono::seconds(30);
  /// A reply is complete and its client doesn't open the stream's window: RST_STREAM CANCEL, and the memory
  /// is free (S-17). Replies whose handlers still write are their handlers' business: a client that reads
  /// slowly is none that is to be cut off.
  Duration reply_stall_timeout = std::chrono::minutes(1);
  /// Between the two GOAWAYs of a graceful end, for clients that don't answer the PING between (P-81).
  Duration drain_notice_timeout = std::chrono::seconds(1);

  /// The machines that may connect over VSOCK; empty: all. A connection from another one is closed at once,
  /// counted and logged (Server::refused_by_cid). CIDs are used again and say nothing of who in a machine
  /// calls: a first gate, no identity (V-18). Hybrid VSOCK has no CIDs and passes.
  std::vector<std::uint32_t> vsock_allow_cids;
  /// Sockets of VSOCK connections and of those that listen for them.
  net::VsockOptions vsock_socket;
  /// In the place of keepalive_time, keepalive_timeout and min_ping_interval on connections over VSOCK,
  /// hybrid ones too: it has no keepalive of its own, and connections that a snapshot or a migration has cut
  /// are never told so (V-14, V-15). Clients may send PINGs without calls.
  Duration vsock_keepalive_time = std::chrono::seconds(30);
  Duration vsock_keepalive_timeout = std::chrono::seconds(10);
  Duration vsock_min_ping_interval = std::chrono::seconds(5);

  /// Unary calls that ask for it (grpc/server_timing.h) get a trailer that says how long they waited, how
  /// long their handler took, and how long their reply, to the nanosecond. Off, because it is more than a
  /// network lets a client measure: of a service with secrets, whose handlers' times may depend on them, that
  /// is no client's business. Calls that don't ask cost the same either way.
  bool report_timing = false;

  /// Run around every call, in this order (interceptor.h). Not owned; they outlive the server.
  std::vector<Interceptor*> interceptors;

  /// Not owned; outlives the server.
  log::Sink* log = &log::null_sink();
};

}  // namespace hawser::server
