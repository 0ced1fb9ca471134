// Internal to http2/: what FrameSession knows of one stream (RFC 9113 5.1).
//
//   incoming: remote_closed says that the peer has sent its END_STREAM
//   outgoing: head, then body, then trailers, each when it is there; local_closed when END_STREAM has left
//   reset_due takes the place of all that: RST_STREAM is the next and the last frame
#pragma once

#include <cstdint>
#include <span>

#include "hawser/base/intrusive_list.h"
#include "hawser/http2/flow_window.h"
#include "hawser/http2/session_memory.h"
#include "hawser/http2/types.h"

namespace hawser::http2 {

/// Header fields that wait to be sent: the views, not the text.
class PendingFields final {
 public:
  bool is_set() const { return fields_ != nullptr; }
  std::span<const HeaderField> view() const { return {fields_, count_}; }
  /// Takes the place of what was there. False for lack of memory.
  bool set(std::span<const HeaderField> fields, SessionMemory& memory);
  void release(SessionMemory& memory) {
    if (fields_ == nullptr) return;
    memory.free(fields_);
    fields_ = nullptr;
    count_ = 0;
  }

 private:
  HeaderField* fields_ = nullptr;
  std::size_t count_ = 0;
};

struct StreamState final : ListLink {
  enum class Body : std::uint8_t {
    kNone,            ///< There is none, or all of it has been taken.
    kReady,           ///< Ask for it, when the connection's window is open.
    kWaitsForBytes,   ///< on_body_wanted said kWait.
    kWaitsForWindow,  ///< The stream's window is used up.
  };
  enum class Queue : std::uint8_t {
    kNone,
    kReady,       ///< Something can be sent.
    kConnection,  ///< Its body waits for the connection's window.
    kRequests,    ///< A request that waits for its turn (P-5).
  };

  void release(SessionMemory& memory) {
    head.release(memory);
    trailers.release(memory);
  }

  StreamId id = kConnectionStream;
  Stream* user = nullptr;  // nullptr: nobody hears of it
  SendWindow send_window;
  ReceiveWindow receive_window;
  PendingFields head;
  PendingFields trailers;
  std::uint32_t credit = 0;  // WINDOW_UPDATE to be sent
  ErrorCode reset_code{};
  Queue queue = Queue::kNone;
  Body body = Body::kNone;
  bool head_has_body = false;  // it doesn't end the stream
  bool has_opened = false;     // a frame of it was sent or received
  bool has_block = false;      // the first header block from the peer has come
  bool counts = false;         // towards the limit of streams
  bool remote_closed = false;
  bool local_closed = false;
  bool reset_due = false;
};

}  // namespace hawser::http2
