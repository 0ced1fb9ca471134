// One streaming call without types: any number of messages out, one or any number in. The sibling of Call:
// its owner fills it, gives it to Channel::start(), and may start it again after on_done().
//
//   idle --Channel::start()--> running --on_done()--> over --reset(), start()--> ...
//
// Events come on the channel's loop, one at a time, never from inside a call of this object, in any order
// but:
//
//   on_initial_metadata   at most once, before the first on_read(true)
//   on_read               one for each read()
//   on_write_done         one after each end_write() since start(); one for several that came in between
//   on_done               once, the last: no read() or end_write() is unanswered then
//
// Back-pressure. Incoming: nothing is read ahead of read(), what comes meanwhile is held in the stream's
// flow-control window (docs/architecture.md, "Streaming"). Outgoing: on_write_done comes, and is_writable()
// is true, while less than kWriteMark bytes wait; who heeds either never has more than that and one message
// in memory. end_write() itself doesn't refuse.
//
// The end. The status is there when the server's trailers came, the deadline passed, the connection broke or
// cancel() was called. From then on writes fail; reads go on while messages are left, and on_done() comes
// after the last of them (P-78). An owner that doesn't want them calls cancel(), which drops them.
//
// Threads: while idle or over it belongs to its owner. While running, write and read operations may come from
// any thread, also from within events, but only one thread at a time may be in begin_write() … end_write();
// cancel() from any at any time. Operations on a call that is over do nothing and say so. After on_done() the
// owner sees to it that no other thread still uses the object when he destroys or restarts it, which he may
// do inside on_done(). A running call must not be destroyed: cancel() it and wait for on_done(). Destroying
// its channel ends it with CANCELLED.
//
// A call that a server refused before it had begun is sent again once, with all that was written, unless that
// was over 256 KiB (P-104).
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string_view>

#include "hawser/base/byte_queue.h"
#include "hawser/base/clock.h"
#include "hawser/base/intrusive_list.h"
#include "hawser/base/result.h"
#include "hawser/client/call.h"
#include "hawser/grpc/encoding.h"
#include "hawser/grpc/message_writer.h"
#include "hawser/grpc/status.h"
#include "hawser/http2/header_block.h"

namespace hawser::client {

class Channel;

class StreamCall final {
 public:
  /// What a full outgoing queue is.
  static constexpr std::size_t kWriteMark = 64 * 1024;

  enum class Responses {
    kOne,   ///< response() after on_done(); read() is not for these.
    kMany,  ///< read() one after the other.
  };
  /// Whether a message is the last: END_STREAM then goes with it.
  enum class Last { kNo, kYes };

  class Events {
   public:
    virtual ~Events() = default;
    /// initial_metadata() is there.
    virtual void on_initial_metadata() {}
    /// True: message() is the next one. False: none follows.
    virtual void on_read(bool has_message) = 0;
    /// False: the call is over, and what was written may not have left.
    virtual void on_write_done(bool ok) = 0;
    virtual void on_done() = 0;
  };

  /// `events` is not owned and outlives the call.
  StreamCall(Responses responses, Events& events);
  StreamCall(const StreamCall&) = delete;
  StreamCall& operator=(const StreamCall&) = delete;

  // While idle: as in Call, and kept over any number of starts. Messages may be written already.

  void set_path(std::string_view path) { call_.set_path(path); }
  void set_authority(std::string_view authority) { call_.set_authority(authority); }
  void set_timeout(Duration timeout) { call_.set_timeout(timeout); }
  void set_parent(const CallScope& parent) { call_.set_parent(parent); }
  void set_wait_for_ready(bool wait) { call_.set_wait_for_ready(wait); }
  void set_max_receive_bytes(std::size_t bytes) { call_.set_max_receive_bytes(bytes); }
  /// Messages that end_write() takes from now on are compressed, if that makes them smaller.
  void set_compression(grpc::Encoding encoding) { call_.set_compression(encoding); }
  Result<void> add_metadata(std::string_view name, std::string_view value) {
    return call_.add_metadata(name, value);
  }
  void clear_metadata() { call_.clear_metadata(); }
  /// From over to idle: forgets messages and results, for another start. Not while running.
  void reset();

  // Operations.

  /// Room for exactly `size` bytes of one message, to be filled before end_write(). A message over the
  /// channel's send limit ends the call with RESOURCE_EXHAUSTED, and nothing of it is sent (P-47): while
  /// running the room is empty then, while idle if 32 bits can't say its size.
  MutableBytes begin_write(std::size_t size);
  /// Sends it, compressed as the call is unless `compress` says never (P-60); that happens here, on the
  /// caller's thread. False: there is no message, the call is over, or its writes were ended; no event
  /// follows.
  bool end_write(Last last = Last::kNo, grpc::Compress compress = grpc::Compress::kAsCall);
  /// No message follows (half-close).
  void end_writes();
  /// Less than kWriteMark bytes wait, or on_write_done() answered the last end_write(). Else it will.
  bool is_writable() const;
  /// Asks for the next message; only when the read() before was answered. False: the call is over; no event
  /// follows.
  bool read();
  /// Ends the call with `status` (not OK) unless on_done() has come; on_done() follows on the loop. While
  /// idle: the next start ends so.
  void cancel(grpc::Status status = {grpc::StatusCode::kCancelled, "the call was cancelled", {}});
  bool is_running() const;

  // Results.

  /// From on_read(true) to the next read(), or until reset().
  Bytes message() const { return call_.stream_.response(); }
  /// Of message(), or of response().
  bool message_was_compressed() const { return call_.response_was_compressed(); }
  /// From on_initial_metadata() on.
  const http2::HeaderBlock& initial_metadata() const { return call_.initial_metadata(); }

  // From on_done() until reset() or destruction.

  const grpc::Status& status() const { return call_.status(); }
  /// Of kOne, with an OK status.
  Bytes response() const { return call_.response(); }
  const http2::HeaderBlock& trailing_metadata() const { return call_.trailing_metadata(); }
  const CallTimes& times() const { return call_.times(); }

 private:
  friend class Channel;

  enum class Phase { kIdle, kRunning, kOver };
  enum class Event { kNone, kInitialMetadata, kMessage, kNoMessage, kWritten, kNotWritten, kCancel, kDone };

  /// Hangs in the channel's list while there is work for the loop; guarded by the channel's mutex.
  struct WorkLink final : ListLink {
    explicit WorkLink(StreamCall& owner) : call(owner) {}
    StreamCall& call;
  };
  /// Hangs in the channel's list when the call has left its connection and messages wait to be read. Loop.
  struct UnreadLink final : ListLink {
    explicit UnreadLink(StreamCall& owner) : call(owner) {}
    StreamCall& call;
  };

  // For Channel.
  void prepare(Channel& channel);
  void undo_prepare();
  void close(grpc::Status status);

  void wake_loop();
  void on_progress() { advance(); }
  void on_wire_done(Call& call);
  void advance();
  Event next_event();
  void take_operations();
  void apply_cancel();

  Events& events_;
  const Responses responses_;
  Call call_;
  Call::Progress progress_;
  WorkLink work_link_;
  UnreadLink unread_link_;
  Channel* channel_ = nullptr;
  std::size_t max_send_bytes_ = 0;    // while running
  grpc::MessageWriter next_message_;  // the writer's, between begin_write() and end_write()

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  Phase phase_ = Phase::kIdle;
  bool loop_knows_ = false;       // the loop looks at all of these before it rests
  grpc::MessageWriter staged_;    // written, on the way to the loop
  int written_messages_ = 0;      // that no connection was told of yet
  std::size_t queued_bytes_ = 0;  // what the stream's own queue had when the loop last looked
  bool writes_ended_ = false;
  bool write_unanswered_ = false;
  bool read_wanted_ = false;
  std::optional<grpc::Status> cancel_status_;
  bool wire_over_ =
      false;  // call_ is complete: status, metadata, and what is left to be read. Set by the loop

  // The loop's.
  bool advancing_ = false;
  bool told_metadata_ = false;
  bool read_unanswered_ = false;
};

}  // namespace hawser::client
