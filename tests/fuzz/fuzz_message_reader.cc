// grpc::MessageReader against bytes of any kind, cut in any way: the same messages must come out as from one
// piece. Input: limit (2 bytes), sizes of pieces (1 byte: seed), then the stream.
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

#include "fuzz/check.h"
#include "hawser/grpc/message_reader.h"
#include "support/bytes.h"

namespace hawser::test {
namespace {

using grpc::MessageReader;

// What a reader makes of the stream, as text. `seed` 0: in one piece.
std::string read(Bytes stream, std::size_t limit, unsigned seed) {
  MessageReader reader;
  reader.reset(limit);
  std::minstd_rand random(seed);
  std::string log;
  while (!stream.empty()) {
    const std::size_t most = seed == 0 ? stream.size() : 1 + random() % 40;
    Bytes piece = stream.first(std::min(most, stream.size()));
    stream = stream.subspan(piece.size());
    while (!piece.empty()) {
      const std::size_t before = piece.size();
      switch (reader.feed(piece)) {
        case MessageReader::Event::kNeedMore:
          fuzz_check(piece.empty(), "kNeedMore leaves no input");
          break;
        case MessageReader::Event::kMessage:
          fuzz_check(reader.message().size() <= limit, "no message is over the limit");
          log += (reader.is_compressed() ? "z" : "m") + std::to_string(reader.message().size()) + ":" +
                 as_text(reader.message());
          reader.next_message();
          fuzz_check(reader.at_boundary(), "after a message comes a boundary");
          break;
        case MessageReader::Event::kFailed:
          fuzz_check(piece.empty(), "a failed reader drops its input");
          fuzz_check(!reader.error().detail.empty(), "an error says why");
          return log + "failed " + reader.error().detail;
      }
      fuzz_check(piece.size() < before, "feeding makes progress");
      fuzz_check(reader.buffered_bytes() <= limit, "no more is buffered than the limit");
    }
  }
  return log + (reader.at_boundary() ? "." : "...");
}

}  // namespace
}  // namespace hawser::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hawser;
  if (size < 3) return 0;
  const std::size_t limit = static_cast<std::size_t>(data[0]) << 8 | data[1];
  const Bytes stream(data + 3, size - 3);
  test::fuzz_check(test::read(stream, limit, 0) == test::read(stream, limit, data[2] + 1U),
                   "pieces don't change what is read");
  return 0;
}
