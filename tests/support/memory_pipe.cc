#include "support/memory_pipe.h"

#include <algorithm>
#include <stdexcept>

namespace hawser::test {
namespace {
// Far more than any test needs: two ends that answer each other for ever.
constexpr int kMostTurns = 10'000'000;
}  // namespace

MemoryPipe::MemoryPipe(io::Protocol& first, io::Protocol& second, PipeOptions options)
    : ends_{End{ProtocolDriver(first, ProtocolDriver::Sending::kByHand), {}},
            End{ProtocolDriver(second, ProtocolDriver::Sending::kByHand), {}}},
      options_(options),
      generator_(seeded_generator(0x9199 + options.salt)) {
  for (End& end : ends_) {
    end.driver.set_write_capacity(options.write_capacity);
    if (options.opaque) end.driver.set_opaque();
  }
}

void MemoryPipe::run() {
  run_until([] { return false; });
}

bool MemoryPipe::run_until(const std::function<bool()>& done) {
  for (int i = 0; i < kMostTurns; ++i) {
    if (done()) return true;
    if (!turn()) return done();
  }
  throw std::logic_error("the pipe never falls quiet");
}

void MemoryPipe::advance(Duration duration) {
  run();
  const Instant end = now() + duration;
  while (!closed_) {
    const Instant next = std::min(first().protocol().next_expiry(), second().protocol().next_expiry());
    if (next > end) break;
    for (End& e : ends_) e.driver.set_now(std::max(now(), next));
    for (End& e : ends_) e.driver.expire_if_due();
    run();
  }
  for (End& e : ends_) e.driver.set_now(end);
}

void MemoryPipe::cut(int error_number) {
  if (closed_) return;
  closed_ = true;
  for (End& end : ends_) end.driver.disconnect(error_number);
}

bool MemoryPipe::turn() {
  if (closed_) return false;
  const std::size_t leader = generator_() % 2;
  bool moved = false;
  for (const std::size_t i : {leader, 1 - leader}) {
    moved = collect(ends_[i], ends_[1 - i]) || moved;
    moved = deliver(ends_[1 - i]) || moved;
  }
  close_if_done();
  return moved;
}

bool MemoryPipe::collect(End& from, End& to) {
  from.driver.drain();
  const std::string bytes = from.driver.send();
  to.incoming += bytes;
  return !bytes.empty();
}

bool MemoryPipe::deliver(End& end) {
  if (end.incoming.empty()) return false;
  if (end.driver.protocol().finished()) {
    end.incoming.clear();
    return true;
  }
  if (!end.driver.wants_input()) return false;
  const std::size_t most = options_.most_bytes_a_piece;
  const std::size_t size =
      most == 0 ? end.incoming.size() : std::min(end.incoming.size(), 1 + generator_() % most);
  const std::string piece = end.incoming.substr(0, size);
  end.incoming.erase(0, size);
  end.driver.receive(as_bytes(piece));
  return true;
}

// An end that is finished closes; the other reads what was sent before, then the end of the stream.
void MemoryPipe::close_if_done() {
  for (const std::size_t i : {0U, 1U}) {
    if (closed_ || !ends_[i].driver.is_done() || !ends_[1 - i].incoming.empty()) continue;
    cut(0);
  }
}

}  // namespace hawser::test
