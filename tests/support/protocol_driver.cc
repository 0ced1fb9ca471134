#include "support/protocol_driver.h"

#include <algorithm>
#include <stdexcept>

namespace hawser::test {
namespace {
// More timers than any test has between two instants: a protocol that doesn't move its next_expiry() on.
constexpr int kMostExpiries = 100'000;
}  // namespace

ProtocolDriver::ProtocolDriver(io::Protocol& protocol, Sending sending)
    : protocol_(protocol), sending_(sending), opaque_(sending == Sending::kOpaque) {
  protocol_.attach(*this);
  drain();
}

void ProtocolDriver::feed(std::string_view bytes, const Chunking& chunking) {
  chunking.split(as_bytes(bytes), [this](Bytes piece) { receive(piece); });
}

void ProtocolDriver::receive(Bytes bytes) {
  if (protocol_.finished()) return;
  protocol_.receive(bytes, now_);
  drain();
}

void ProtocolDriver::drain() {
  output_ready_ = false;
  for (;;) {
    const std::size_t before = output_.size();
    if (before < io::Protocol::kOutputHighWater) protocol_.drain(output_, now_);
    const bool appended = output_.size() > before;
    const bool sent = sending_ != Sending::kByHand && !send().empty();
    if (!sent && (!appended || output_.size() >= io::Protocol::kOutputHighWater)) return;
  }
}

std::string ProtocolDriver::send() {
  if (blocked_) return {};
  const std::size_t size = write_capacity_ == 0 ? output_.size() : std::min(write_capacity_, output_.size());
  std::string bytes = as_text(output_.readable().first(size));
  output_.consume(size);
  if (!opaque_) sent_.feed(bytes);
  sent_bytes_ += size;
  return bytes;
}

void ProtocolDriver::set_blocked(bool blocked) {
  blocked_ = blocked;
  if (!blocked) drain();
}

void ProtocolDriver::expire_if_due() {
  for (int i = 0; !protocol_.finished() && protocol_.next_expiry() <= now_; ++i) {
    if (i == kMostExpiries) throw std::logic_error("next_expiry() stays in the past");
    protocol_.expire(now_);
    drain();
  }
}

void ProtocolDriver::advance(Duration duration) {
  const Instant end = now_ + duration;
  for (int i = 0; !protocol_.finished() && protocol_.next_expiry() <= end; ++i) {
    if (i == kMostExpiries) throw std::logic_error("next_expiry() never passes the end");
    now_ = std::max(now_, protocol_.next_expiry());
    expire_if_due();
  }
  now_ = end;
}

void ProtocolDriver::disconnect(int error_number) {
  protocol_.disconnected({ErrorScope::kIo, error_number, error_number == 0 ? "" : errno_text(error_number)});
}

}  // namespace hawser::test
