#include "hawser/http2/stream_table.h"

#include <bit>
#include <new>

namespace hawser::http2 {
namespace {

constexpr std::size_t kPlaceBytes = sizeof(void*);

}  // namespace

StreamTable::~StreamTable() {
  for_each([this](StreamState& stream) {
    stream.release(memory_);
    stream.~StreamState();
    memory_.free(&stream);
  });
  memory_.free(places_);
}

StreamState* StreamTable::add(StreamId id) {
  if ((places_ == nullptr || 2 * (size_ + 1) > mask_ + 1) && !grow()) return nullptr;
  void* memory = memory_.allocate(sizeof(StreamState));
  if (memory == nullptr) return nullptr;
  auto* stream = new (memory) StreamState();
  stream->id = id;
  put(stream);
  ++size_;
  return stream;
}

void StreamTable::give_memory_back() {
  if (size_ != 0) return;
  memory_.free(places_);
  places_ = nullptr;
}

bool StreamTable::grow() {
  const std::size_t places = places_ == nullptr ? kFewest : 2 * (mask_ + 1);
  auto* larger = static_cast<StreamState**>(memory_.allocate_zeroed(places * kPlaceBytes));
  if (larger == nullptr) return false;
  StreamState** old = places_;
  const std::size_t old_places = old == nullptr ? 0 : mask_ + 1;
  places_ = larger;
  mask_ = places - 1;
  shift_ = static_cast<std::uint32_t>(std::countl_zero(static_cast<std::uint32_t>(mask_)));
  for (std::size_t place = 0; place < old_places; ++place) {
    if (old[place] != nullptr) put(old[place]);
  }
  memory_.free(old);
  return true;
}

void StreamTable::put(StreamState* stream) {
  std::size_t place = home_of(stream->id);
  while (places_[place] != nullptr) place = (place + 1) & mask_;
  places_[place] = stream;
}

// Those that were pushed on by the one that goes move up, so that no gap is before them.
void StreamTable::remove(StreamState& stream) {
  std::size_t gap = home_of(stream.id);
  while (places_[gap] != &stream) gap = (gap + 1) & mask_;
  for (std::size_t place = (gap + 1) & mask_; places_[place] != nullptr; place = (place + 1) & mask_) {
    const std::size_t from_home = (place - home_of(places_[place]->id)) & mask_;
    if (from_home < ((place - gap) & mask_)) continue;
    places_[gap] = places_[place];
    gap = place;
  }
  places_[gap] = nullptr;
  --size_;
  stream.release(memory_);
  stream.~StreamState();
  memory_.free(&stream);
}

}  // namespace hawser::http2
