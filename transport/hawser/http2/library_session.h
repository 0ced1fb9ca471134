// One HTTP/2 connection without I/O: a thin, typed face on nghttp2 (1.52), frames and all (http2/session.h).
//
// Bytes go in by receive(), come out by drain(); what the peer does arrives at SessionEvents; submit_* only
// queues. Stream user data is the only lookup of streams. Flow control of received DATA is manual: consume().
//
// Threads: one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "hawser/base/byte_queue.h"
#include "hawser/base/result.h"
#include "hawser/http2/memory_pool.h"
#include "hawser/http2/session_config.h"
#include "hawser/http2/session_events.h"
#include "hawser/http2/session_memory.h"
#include "hawser/http2/types.h"

struct nghttp2_session;

namespace hawser::http2 {

class LibrarySession final {
 public:
  /// `config`, `events` and `pool` outlive the session. Queues the preface and SETTINGS. Fails for lack of
  /// memory only.
  static Result<std::unique_ptr<LibrarySession>> create(const SessionConfig& config, SessionEvents& events,
                                                        MemoryPool& pool);
  ~LibrarySession();
  LibrarySession(const LibrarySession&) = delete;
  LibrarySession& operator=(const LibrarySession&) = delete;

  /// Feeds the peer's bytes, all of them. Faults that HTTP/2 answers by itself (RST_STREAM, GOAWAY) are
  /// queued and are no error here. An error (scope connection) means: end(code, detail), drain, close.
  Result<void> receive(Bytes bytes);
  /// Appends queued frames until `output` holds `high_water` bytes. Error: as for receive().
  Result<void> drain(ByteQueue& output, std::size_t high_water);
  /// False when neither direction can bring anything more: after a GOAWAY that ends the connection, or a
  /// graceful one whose streams have all closed.
  bool is_alive() const;
  bool wants_write() const;
  /// Frames that wait for drain(); bodies that wait for flow control or for their source don't count.
  std::size_t queued_frames() const;

  /// Server: headers of a reply. `has_body`: on_body_wanted supplies it; else the block ends the stream.
  Result<void> submit_response(StreamId id, std::span<const HeaderField> fields, bool has_body);
  /// From on_body_wanted (then return kTrailers) or after it.
  Result<void> submit_trailers(StreamId id, std::span<const HeaderField> fields);
  /// Client: opens a stream. The id is usable at once; the frame leaves when the peer's limit allows.
  Result<StreamId> submit_request(std::span<const HeaderField> fields, Stream& stream, bool has_body);
  void submit_reset(StreamId id, ErrorCode code);
  /// PING with an opaque payload; on_ping_acknowledged brings it back.
  void submit_ping(std::uint64_t payload);
  /// First step of a graceful end: GOAWAY(2^31-1), which refuses nothing yet (RFC 9113 6.8).
  void submit_shutdown_notice();
  /// Second step: GOAWAY with the last stream that was taken, and why in words.
  void submit_final_goaway(std::string_view debug = {});
  /// Ends the connection: GOAWAY(code, debug), nothing else is sent after it.
  void end(ErrorCode code, std::string_view debug);

  /// Gives back flow-control credit for `size` bytes of a stream and its connection. Within receive() it is
  /// collected: a stream that ends needs none of its own, and WINDOW_UPDATE frames come in larger steps.
  void consume(StreamId id, std::size_t size);
  /// The same for the connection alone: the stream expects nothing more.
  void consume_connection(std::size_t size);
  /// The same for the stream alone: the connection's share was given before.
  void consume_stream(StreamId id, std::size_t size);
  /// on_body_wanted said kWait and there is something now.
  void resume_body(StreamId id);
  /// The stream's events stop; its object may go.
  void forget(StreamId id);
  /// Gives back the pages that a quiet connection needs nothing of; the next frames bring them again. Nothing
  /// happens while frames wait to be sent. Costs a system call or two.
  void give_memory_back();

  std::uint32_t peer_max_concurrent_streams() const;
  /// SETTINGS_MAX_HEADER_LIST_SIZE of the peer; 2^32-1 without one (P-42).
  std::uint32_t peer_max_header_list_bytes() const;
  /// Client: true when no more stream ids are to be had (P-10).
  bool is_out_of_stream_ids() const;

 private:
  struct Callbacks;  // the static trampolines; session_callbacks.cc
  friend class SessionConfig;

  // Credit that was consumed and not told to nghttp2 yet.
  struct Credit {
    StreamId stream = kConnectionStream;
    std::size_t stream_bytes = 0;
    std::size_t connection_bytes = 0;  // of streams that have ended
  };

  LibrarySession(SessionEvents& events, MemoryPool& pool) : events_(events), memory_(pool) {}
  Result<void> submit_first_settings(const SessionConfig& config);
  Stream* find_stream(StreamId id) { return id == recent_id_ ? recent_stream_ : look_up_stream(id); }
  Stream* look_up_stream(StreamId id);
  /// Its message is malformed (RFC 9113 8.1.1): of its events only on_stream_closed is still to come.
  void reject(StreamId id, Stream& stream);
  void settle_stream_credit();
  void settle_ended_stream(StreamId id);
  void settle_connection_credit();

  SessionEvents& events_;
  SessionMemory memory_;
  nghttp2_session* session_ = nullptr;
  Role role_ = Role::kServer;
  bool ended_ = false;     // end() was called: input is dropped
  bool poisoned_ = false;  // an event asked for kEndConnection
  // The refused stream whose block is arriving, and fields of a block that no stream hears, or that were
  // dropped (S-11).
  StreamId refused_id_ = kConnectionStream;
  std::size_t unheard_fields_ = 0;
  std::size_t header_fields_fatal_ = 0;
  std::uint32_t last_stream_id_ = 0;
  // Within drain(): where frames go, and up to where.
  ByteQueue* output_ = nullptr;
  std::size_t high_water_ = 0;
  Credit credit_;
  std::size_t connection_step_ = 0;  // connection credit is told in steps of this size
  // The stream of the last event: fields and frames of one stream come in a row, and a look-up in nghttp2's
  // map costs more than the rest of the trampoline.
  StreamId recent_id_ = kConnectionStream;
  Stream* recent_stream_ = nullptr;
};

}  // namespace hawser::http2
