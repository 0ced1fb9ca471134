// One HTTP/2 connection without I/O: frames, streams and flow control of our own (RFC 9113) around nghttp2's
// HPACK coder.
//
// Bytes go in by receive(), come out by drain(); what the peer does arrives at SessionEvents; submit_* only
// queues. Flow control of received DATA is manual: consume().
//
// frame_session_receive.cc takes the peer's frames apart, frame_session_headers.cc and _frames.cc hear what
// they say, frame_session_send.cc makes ours. Nothing of a frame is kept but an unfinished frame header and
// short payloads: DATA and header blocks are passed on as they come.
//
// Threads: one.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "hawser/base/byte_queue.h"
#include "hawser/base/intrusive_list.h"
#include "hawser/base/result.h"
#include "hawser/http2/frame.h"
#include "hawser/http2/header_decoder.h"
#include "hawser/http2/header_encoder.h"
#include "hawser/http2/memory_pool.h"
#include "hawser/http2/session_config.h"
#include "hawser/http2/session_events.h"
#include "hawser/http2/session_memory.h"
#include "hawser/http2/stream_table.h"
#include "hawser/http2/types.h"

namespace hawser::http2 {

class HeaderBlock;
struct MemoryTable;

class FrameSession final {
 public:
  /// `config`, `events` and `pool` outlive the session. Queues the preface and SETTINGS. Fails for lack of
  /// memory only.
  static Result<std::unique_ptr<FrameSession>> create(const SessionConfig& config, SessionEvents& events,
                                                      MemoryPool& pool);
  ~FrameSession();
  FrameSession(const FrameSession&) = delete;
  FrameSession& operator=(const FrameSession&) = delete;

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
  std::size_t queued_frames() const { return ready_count_ + control_frames_; }

  /// Server: headers of a reply. `has_body`: on_body_wanted supplies it; else the block ends the stream.
  Result<void> submit_response(StreamId id, std::span<const HeaderField> fields, bool has_body);
  /// From on_body_wanted (then return kTrailers), or after it: what was left of the body is not sent.
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

  /// Gives back flow-control credit for `size` bytes of a stream and its connection.
  void consume(StreamId id, std::size_t size);
  /// The same for the connection alone: the stream expects nothing more.
  void consume_connection(std::size_t size);
  /// The same for the stream alone: the connection's share was given before.
  void consume_stream(StreamId id, std::size_t size);
  /// on_body_wanted said kWait and there is something now.
  void resume_body(StreamId id);
  /// The stream's events stop; its object may go.
  void forget(StreamId id);
  /// Gives back what a quiet connection needs nothing of; the next frames bring it again.
  void give_memory_back();

  std::uint32_t peer_max_concurrent_streams() const { return peer_max_streams_; }
  /// SETTINGS_MAX_HEADER_LIST_SIZE of the peer; 2^32-1 without one (P-42).
  std::uint32_t peer_max_header_list_bytes() const { return peer_max_list_bytes_; }
  /// Client: true when no more stream ids are to be had (P-10).
  bool is_out_of_stream_ids() const {
    return next_id_ < 0 || static_cast<std::uint32_t>(next_id_) > limits_.last_stream_id;
  }

 private:
  /// Where in the peer's bytes we are.
  enum class Expect : std::uint8_t {
    kGreeting,  // a client's preface
    kFrameHeader,
    kPadLength,
    kPriorityFields,
    kBlock,    // a fragment of a header block
    kData,     // the body of DATA
    kPayload,  // of a frame that is looked at as a whole
    kNothing,  // the rest of the frame is passed over: padding, and what we don't know
  };
  /// What receive() returns as an error.
  enum class Fault : std::uint8_t { kNone, kNoPreface, kFlood, kContinuations, kBomb, kMemory };
  /// Whose header block is arriving.
  struct Block {
    StreamId id = kConnectionStream;
    bool is_open = false;      // CONTINUATION must follow
    bool is_head = false;      // of a request, or the first of a response
    bool is_refused = false;   // on_stream_begin didn't want it
    bool is_started = false;   // a fragment was decoded
    bool is_finished = false;  // and the last one
    bool ends_stream = false;
    std::size_t continuations = 0;
    std::size_t unheard_fields = 0;
  };

  FrameSession(const SessionConfig& config, SessionEvents& events, MemoryPool& pool);
  void submit_first_settings();

  // Receiving: frame_session_receive.cc.
  void step(Bytes& bytes);
  void check_preface(Bytes& bytes);
  void collect_frame_header(Bytes& bytes);
  void begin_frame();
  bool begin_first_frame();
  void begin_settings();
  void begin_connection_payload();
  void begin_stream_payload(std::size_t size);
  void begin_data();
  void begin_block_frame();
  void take_pad_length(std::uint8_t padding);
  void after_pad_length();
  void take_priority_fields(Bytes& bytes);
  void take_data(Bytes& bytes);
  void take_fragment(Bytes& bytes);
  void take_payload(Bytes& bytes);
  void end_frame();
  /// Bytes of the body of DATA that are still to come.
  std::size_t content_left() const { return left_ - padding_; }

  // Header blocks, ends of streams: frame_session_headers.cc.
  void begin_head();
  void begin_request();
  void begin_later_block(StreamState& stream);
  StreamState* open_stream(StreamId id);
  void decode(Bytes fragment, bool is_last);
  void decode_whole(Bytes block);
  void replay(const KnownBlock& known);
  /// False: the connection is over.
  bool on_field(HeaderField field);
  bool deliver_field(StreamState& stream, HeaderField field);
  bool on_unheard_field();
  void end_block();
  void end_data();
  void end_of_stream(StreamState& stream);

  // What other frames say: frame_session_frames.cc.
  void count_idle_frame();
  void on_payload(Bytes payload);
  void on_reset(ErrorCode code);
  void on_settings(Bytes payload);
  void on_settings_acknowledged();
  bool apply_setting(SettingId id, std::uint32_t value);
  bool set_peer_window(std::int64_t bytes);
  /// False: it would be over 2^31-1.
  bool open_window(StreamState& stream, std::int64_t difference);
  void on_ping(Bytes payload);
  void on_goaway(Bytes payload);
  void on_window_update(std::uint32_t increment);
  /// Answers a fault of the whole connection: GOAWAY, and nothing more is read.
  void terminate(ErrorCode code, std::string_view why);
  void count_acknowledgement();

  // Sending: frame_session_send.cc.
  void drain_control(ByteQueue& output);
  bool may_open_request() const {
    return !requests_.empty() && (goaway_received_ || counted_streams_ < peer_max_streams_);
  }
  void open_requests();
  void send(StreamState& stream, ByteQueue& output);
  /// False: nothing more of the stream can be sent now, or it is closed.
  bool send_head(StreamState& stream, ByteQueue& output);
  bool send_body(StreamState& stream, ByteQueue& output);
  void send_trailers(StreamState& stream, ByteQueue& output);
  void send_reset(StreamState& stream, ByteQueue& output);
  bool send_block(StreamId id, std::span<const HeaderField> fields, bool ends_stream, ByteQueue& output);
  bool end_local(StreamState& stream);
  Result<void> fault_error() const;
  static MutableBytes room_for_body(ByteQueue& output, std::size_t size, MutableBytes scratch);
  void write_control(FrameType type, std::uint8_t flags, StreamId id, Bytes payload, ByteQueue& queue);
  void submit_goaway(StreamId last, ErrorCode code, std::string_view debug);

  // Streams.
  StreamState* find(StreamId id) {
    if (recent_ != nullptr && recent_->id == id) return recent_;
    return look_up(id);
  }
  StreamState* look_up(StreamId id);
  /// The stream that an event may be told of: nullptr when nobody hears, or it was reset.
  StreamState* find_heard(StreamId id);
  bool is_own(StreamId id) const { return (id % 2 != 0) == (role_ == Role::kClient); }
  /// Nobody has opened it yet.
  bool is_idle(StreamId id) const { return is_own(id) ? id > last_opened_id_ : id > last_peer_id_; }
  void make_ready(StreamState& stream);
  void take_out(StreamState& stream);
  void reset(StreamState& stream, ErrorCode code);
  /// Its message is malformed (RFC 9113 8.1.1): of its events only on_stream_closed is still to come.
  void reject(StreamState& stream);
  /// The same for what ends with END_STREAM.
  void reject_last(StreamState& stream);
  void close(StreamState& stream, ErrorCode code);
  void credit_stream(StreamState& stream, std::size_t size);

  const Limits& limits_;
  const Role role_;
  SessionEvents& events_;
  MemoryPool& pool_;
  SessionMemory memory_;
  std::unique_ptr<MemoryTable> table_;  // of memory_; the HPACK coder keeps its address
  HeaderDecoder decoder_;
  HeaderEncoder encoder_;
  StreamTable streams_;
  StreamState* recent_ = nullptr;          // what find() found last
  StreamState* asked_for_body_ = nullptr;  // inside of on_body_wanted

  // Receiving.
  Expect expect_;
  Fault fault_ = Fault::kNone;
  FrameHeader frame_;     // the one that is arriving
  std::size_t left_ = 0;  // of its payload, padding included
  std::size_t padding_ = 0;
  std::uint8_t header_size_ = 0;  // of the next frame header, or the preface
  std::array<std::uint8_t, kFrameHeaderBytes> header_;
  bool settings_seen_ = false;     // the first frame of the peer has come
  bool settings_applied_ = false;  // ours: the peer has acknowledged them
  Block block_;
  HeaderBlock* learning_ = nullptr;  // the fields of the block that is being decoded are written down here
  ByteQueue partial_;                // of a payload that is looked at as a whole, or of priority fields

  // Streams.
  StreamId next_id_ = 1;         // client: of the next request
  StreamId last_opened_id_ = 0;  // client: of the last HEADERS that left
  StreamId last_peer_id_ = 0;    // server: of the last HEADERS that came
  StreamId last_taken_id_ = 0;   // server: of the last stream that is in no GOAWAY's refusal
  std::size_t counted_streams_ = 0;

  // Flow control.
  std::int64_t stream_window_ = kDefaultWindow;       // of new streams, as the peer knows it
  std::int64_t connection_window_;                    // as it is to be
  std::int64_t peer_stream_window_ = kDefaultWindow;  // of new streams, to send
  ReceiveWindow receive_window_;
  SendWindow send_window_;
  std::uint32_t connection_credit_ = 0;  // WINDOW_UPDATE to be sent

  // The peer's SETTINGS.
  bool peer_settings_seen_ = false;
  std::uint32_t peer_max_streams_ = 100;  // before they arrive (P-5)
  std::uint32_t peer_max_list_bytes_ = 0xFFFF'FFFF;

  // Sending.
  ByteQueue urgent_;   // SETTINGS, PING, and their acknowledgements
  ByteQueue control_;  // GOAWAY, and RST_STREAM of what has closed
  std::size_t control_frames_ = 0;
  std::size_t acknowledgements_ = 0;  // in urgent_
  IntrusiveList<StreamState> ready_;
  IntrusiveList<StreamState> waiting_for_connection_;
  IntrusiveList<StreamState> requests_;
  std::size_t ready_count_ = 0;
  bool ended_ = false;        // end() or terminate(): input is dropped, of the output only GOAWAY is left
  bool goaway_due_ = false;   // a final one is in control_
  bool goaway_sent_ = false;  // a final one has left
  StreamId named_id_ = 0x7FFF'FFFF;  // the last stream of our last GOAWAY
  bool goaway_received_ = false;
  StreamId peer_last_id_ = 0x7FFF'FFFF;  // of its GOAWAY
};

}  // namespace hawser::http2
