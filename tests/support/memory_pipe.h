// Two io::Protocol objects joined in memory, in place of two sockets: any chunking, any write capacity, one
// fake clock, no thread. Where the bytes are cut and who goes first is drawn from the test's seed.
//
//   MemoryPipe pipe(client, server, {.most_bytes_a_piece = 7});
//   client.start_call(…);
//   CHECK(pipe.run_until([&] { return call.is_done(); }));
//   pipe.advance(std::chrono::seconds(5));
#pragma once

#include <array>
#include <functional>
#include <random>
#include <string>

#include "support/protocol_driver.h"

namespace hawser::test {

struct PipeOptions {
  /// Bytes arrive in pieces of 1 to this many; 0: all that is there.
  std::size_t most_bytes_a_piece = 0;
  /// Bytes that an end can write a turn; 0: all.
  std::size_t write_capacity = 0;
  /// The ends don't speak HTTP/2 in clear: what they send isn't parsed.
  bool opaque = false;
  /// Tells apart the random choices of pipes in one test.
  std::uint64_t salt = 0;
};

class MemoryPipe final {
 public:
  /// The protocols outlive the pipe. Nothing moves before the first run.
  MemoryPipe(io::Protocol& first, io::Protocol& second, PipeOptions options = {});

  /// Turns until no byte moves any more.
  void run();
  /// Turns until `done` is true; false when the pipe falls quiet before.
  bool run_until(const std::function<bool()>& done);
  /// Moves the clock, stopping at each instant that an end asked for, and runs after each.
  void advance(Duration duration);
  /// The connection breaks: what is on its way is lost, both ends are told.
  void cut(int error_number);

  ProtocolDriver& first() { return ends_[0].driver; }
  ProtocolDriver& second() { return ends_[1].driver; }
  Instant now() { return ends_[0].driver.now(); }
  bool is_closed() const { return closed_; }

 private:
  struct End {
    ProtocolDriver driver;
    std::string incoming;  // on its way to this end
  };

  bool turn();
  bool deliver(End& end);
  bool collect(End& from, End& to);
  void close_if_done();

  std::array<End, 2> ends_;
  PipeOptions options_;
  std::mt19937_64 generator_;
  bool closed_ = false;
};

}  // namespace hawser::test
