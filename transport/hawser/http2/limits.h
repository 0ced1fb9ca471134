// Every limit that the transport puts on a peer, with its default and its reason.
#pragma once

#include <cstddef>
#include <cstdint>

#include "hawser/base/clock.h"

namespace hawser::http2 {

struct Limits {
  /// Streams a client may have open at once. Finite, or one connection takes the process
  /// (CONFORMANCE S-27). Handlers that still run for streams that were reset may be as many again; then new
  /// streams are refused (S-6, CVE-2023-44487).
  std::uint32_t max_concurrent_streams = 128;

  /// Client: stream ids that a connection gives out; a new one follows. Three quarters of what there are, so
  /// that no call ever fails for want of one (P-10).
  std::uint32_t last_stream_id = (1U << 31) / 4 * 3;

  /// Size of a received header list, as RFC 9113 6.5.2 counts it: name + value + 32 for each field. Over it
  /// the call fails with RESOURCE_EXHAUSTED; the rest of the block is decoded and dropped (S-11, P-41).
  std::size_t header_list_bytes = 16 * 1024;
  /// Fields in one list; same consequence (S-13: tiny fields cost more than their bytes).
  std::size_t header_fields = 100;
  /// Over these the peer means harm: the connection ends with ENHANCE_YOUR_CALM (S-11).
  std::size_t header_list_bytes_fatal = 64 * 1024;
  std::size_t header_fields_fatal = 1000;

  /// Flow-control windows (P-9). Bytes of a unary message are credited back as they are copied out, so a
  /// large message needs a window for one round trip, not for its length.
  std::uint32_t stream_window_bytes = 512 * 1024;
  std::uint32_t connection_window_bytes = 4 * 1024 * 1024;

  /// SETTINGS and PING acknowledgements that may wait to be sent (S-16, CVE-2019-9512 and -9515).
  std::size_t pending_acks = 100;
  /// Frames that may wait to be sent before reading stops (S-16): replies whose calls the peer has reset,
  /// refusals. An open stream needs at most kQueuedFramesAStream.
  std::size_t queued_frames = 1000;
  /// HEADERS, DATA, trailers, RST_STREAM, WINDOW_UPDATE.
  static constexpr std::size_t kQueuedFramesAStream = 5;
  /// CONTINUATION frames a header block may have (S-10). Not 8: nghttp2's session (1.52) counts a frame
  /// header that arrives in pieces several times (S-12).
  std::size_t continuations = 32;
  /// RST_STREAM frames a peer may send: burst, and then a second. Looser than nghttp2's own default,
  /// which punishes clients with short deadlines (S-5).
  std::uint32_t reset_burst = 100'000;
  std::uint32_t resets_per_second = 10'000;

  /// Streams that end in a protocol fault, by our reset or the peer's: burst, then a second (S-7, S-8).
  std::uint32_t fault_burst = 500;
  std::uint32_t faults_per_second = 33;
  /// Frames that ask for work and carry none: PRIORITY, PING, SETTINGS, unknown types, empty DATA,
  /// WINDOW_UPDATE beyond what was sent (S-9).
  std::uint32_t idle_frame_burst = 1000;
  std::uint32_t idle_frames_per_second = 100;

  /// Connection preface and first SETTINGS (S-22).
  Duration handshake_timeout = std::chrono::seconds(10);
  /// Our SETTINGS acknowledged (S-22).
  Duration settings_ack_timeout = std::chrono::seconds(10);
  /// A header block, from its first byte to its last (S-22).
  Duration header_timeout = std::chrono::seconds(20);
  /// Silence in the middle of a unary request's body (S-22).
  Duration body_idle_timeout = std::chrono::seconds(60);
};

static_assert(Limits{}.header_list_bytes < Limits{}.header_list_bytes_fatal);
static_assert(Limits{}.header_fields < Limits{}.header_fields_fatal);
static_assert(Limits{}.stream_window_bytes <= Limits{}.connection_window_bytes);

}  // namespace hawser::http2
