// The streams of one connection, by their id.
//
// Open addressing, at most half full. Threads: one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "hawser/http2/session_memory.h"
#include "hawser/http2/stream_state.h"
#include "hawser/http2/types.h"

namespace hawser::http2 {

class StreamTable final {
 public:
  /// `memory` outlives it.
  explicit StreamTable(SessionMemory& memory) : memory_(memory) {}
  /// Destroys the streams that are left.
  ~StreamTable();
  StreamTable(const StreamTable&) = delete;
  StreamTable& operator=(const StreamTable&) = delete;

  std::size_t size() const { return size_; }
  /// nullptr when there is none.
  StreamState* find(StreamId id) const {
    if (size_ == 0) return nullptr;
    for (std::size_t place = home_of(id);; place = (place + 1) & mask_) {
      StreamState* stream = places_[place];
      if (stream == nullptr || stream->id == id) return stream;
    }
  }
  /// Precondition: there is none of that id. nullptr for lack of memory.
  StreamState* add(StreamId id);
  void remove(StreamState& stream);
  /// Without streams it needs no memory.
  void give_memory_back();

  /// Calls `visit(stream)` for each; it may remove none.
  template <class Visit>
  void for_each(Visit visit) {
    for (std::size_t place = 0; size_ != 0 && place <= mask_; ++place) {
      if (places_[place] != nullptr) visit(*places_[place]);
    }
  }

 private:
  static constexpr std::size_t kFewest = 16;

  // Ids that are open together follow each other. Next to each other in the table they would be one long
  // row, all of which remove() has to look at.
  std::size_t home_of(StreamId id) const {
    return static_cast<std::uint32_t>(static_cast<std::uint32_t>(id) * 0x9E37'79B1U) >> shift_;
  }
  bool grow();
  void put(StreamState* stream);

  SessionMemory& memory_;
  StreamState** places_ = nullptr;
  std::size_t mask_ = 0;     // places - 1; they are a power of two
  std::uint32_t shift_ = 0;  // what is left of 32 bits are the bits of a place
  std::size_t size_ = 0;     // invariant: at most half of the places
};

}  // namespace hawser::http2
