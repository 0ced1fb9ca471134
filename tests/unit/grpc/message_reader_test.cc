#include "hawser/grpc/message_reader.h"

#include <doctest/doctest.h>

#include "hawser/grpc/status.h"
#include "support/allocation_counter.h"
#include "support/bytes.h"
#include "support/compressed.h"
#include "support/frame_script.h"
#include "support/in_all_chunkings.h"

namespace hawser::test {
namespace {

using grpc::MessageReader;
using Event = MessageReader::Event;

constexpr std::size_t kLimit = 1000;

// Everything that a reader makes of `bytes`, as text.
std::string read_all(std::string_view bytes, const Chunking& chunking, std::size_t limit = kLimit) {
  MessageReader reader;
  reader.reset(limit);
  std::string log;
  bool failed = false;
  chunking.split(as_bytes(bytes), [&](Bytes piece) {
    while (!piece.empty()) {
      const Event event = reader.feed(piece);
      if (event == Event::kMessage) {
        log += (reader.is_compressed() ? "z(" : "(") + as_text(reader.message()) + ")";
        reader.next_message();
      } else if (event == Event::kFailed && !failed) {
        failed = true;
        log += "failed " + std::string(to_string(static_cast<grpc::StatusCode>(reader.error().code)));
      }
    }
  });
  return log + (reader.at_boundary() ? "" : "...");
}

TEST_CASE("MessageReader: messages come whole, however they were cut") {
  in_all_chunkings([](const Chunking& chunking) {
    CHECK(read_all(grpc_message("hello"), chunking) == "(hello)");
    CHECK(read_all(grpc_message("a") + grpc_message("bc") + grpc_message("def"), chunking) == "(a)(bc)(def)");
    CHECK(read_all(grpc_message("z", true) + grpc_message("p"), chunking) == "z(z)(p)");
    CHECK(read_all("", chunking).empty());
  });
}

TEST_CASE("MessageReader: a compressed message is replaced by what it says") {
  using grpc::Encoding;
  for (const Encoding encoding : {Encoding::kDeflate, Encoding::kGzip}) {
    in_all_chunkings([&](const Chunking& chunking) {
      MessageReader reader;
      reader.reset(kLimit);
      std::string log;
      const std::string bytes = compressed_message(encoding, std::string(kLimit, 'a')) + grpc_message("raw") +
                                compressed_message(encoding, std::string(300, 'b'));
      chunking.split(as_bytes(bytes), [&](Bytes piece) {
        while (!piece.empty()) {
          if (reader.feed(piece) != Event::kMessage) continue;
          if (reader.is_compressed()) REQUIRE(reader.decompress(encoding));
          log += as_text(reader.message()) + (reader.is_compressed() ? " z, " : ", ");
          CHECK(reader.buffered_bytes() == reader.message().size());
          reader.next_message();
        }
      });
      CHECK(log == std::string(kLimit, 'a') + " z, raw, " + std::string(300, 'b') + " z, ");
      CHECK(reader.at_boundary());
    });
  }
}

TEST_CASE("MessageReader: a message that is over the limit once decompressed fails (P-47)") {
  MessageReader reader;
  reader.reset(kLimit);
  const std::string bytes = compressed_message(grpc::Encoding::kGzip, std::string(kLimit + 1, 'a'));
  Bytes input = as_bytes(bytes);
  REQUIRE(reader.feed(input) == Event::kMessage);
  const Result<void> done = reader.decompress(grpc::Encoding::kGzip);
  REQUIRE_FALSE(done);
  CHECK(done.error().scope == ErrorScope::kStream);
  CHECK(static_cast<grpc::StatusCode>(done.error().code) == grpc::StatusCode::kResourceExhausted);
}

TEST_CASE("MessageReader: a message of no bytes is a message (P-46)") {
  in_all_chunkings([](const Chunking& chunking) {
    CHECK(read_all(grpc_message(""), chunking) == "()");
    CHECK(read_all(grpc_message("") + grpc_message("") + grpc_message("x"), chunking) == "()()(x)");
  });
}

TEST_CASE("MessageReader: a stream that ends inside a prefix or a message isn't at a boundary (P-49)") {
  in_all_chunkings([](const Chunking& chunking) {
    const std::string message = grpc_message("hello");
    for (std::size_t size = 1; size < message.size(); ++size) {
      CAPTURE(size);
      CHECK(read_all(message.substr(0, size), chunking) == "...");
      CHECK(read_all(message + message.substr(0, size), chunking) == "(hello)...");
    }
  });
}

TEST_CASE("MessageReader: a flag above one is INTERNAL (P-45)") {
  in_all_chunkings([](const Chunking& chunking) {
    CHECK(read_all(grpc_prefix(1, 2) + "x", chunking) == "failed INTERNAL...");
    CHECK(read_all(grpc_prefix(1, 0xFF) + "x", chunking) == "failed INTERNAL...");
    CHECK(read_all(grpc_message("ok") + grpc_prefix(1, 2), chunking) == "(ok)failed INTERNAL...");
  });
}

TEST_CASE("MessageReader: a message over the limit is RESOURCE_EXHAUSTED before its bytes come (P-47)") {
  in_all_chunkings([](const Chunking& chunking) {
    CHECK(read_all(grpc_message(std::string(kLimit, 'x')), chunking).size() == kLimit + 2);
    CHECK(read_all(grpc_prefix(kLimit + 1), chunking) == "failed RESOURCE_EXHAUSTED...");
    CHECK(read_all(grpc_prefix(0xFFFF'FFFF), chunking) == "failed RESOURCE_EXHAUSTED...");
    CHECK(read_all(grpc_prefix(1) + "x", chunking, 0) == "failed RESOURCE_EXHAUSTED...");
    CHECK(read_all(grpc_message(""), chunking, 0) == "()");
  });
}

TEST_CASE("MessageReader: the error names both sizes") {
  MessageReader reader;
  reader.reset(10);
  const std::string prefix = grpc_prefix(11);
  Bytes input = as_bytes(prefix);
  REQUIRE(reader.feed(input) == Event::kFailed);
  CHECK(reader.error().scope == ErrorScope::kStream);
  CHECK(reader.error().detail.find("11") != std::string::npos);
  CHECK(reader.error().detail.find("10") != std::string::npos);
}

TEST_CASE("MessageReader: after a failure bytes are dropped, and reset() starts afresh") {
  MessageReader reader;
  reader.reset(kLimit);
  const std::string bad = grpc_prefix(1, 9) + "xyz";
  Bytes input = as_bytes(bad);
  CHECK(reader.feed(input) == Event::kFailed);
  CHECK(input.empty());
  CHECK(reader.buffered_bytes() == 0);
  input = as_bytes(bad);
  CHECK(reader.feed(input) == Event::kFailed);
  reader.reset(kLimit);
  CHECK(reader.at_boundary());
  const std::string good = grpc_message("good");
  input = as_bytes(good);
  CHECK(reader.feed(input) == Event::kMessage);
  CHECK(as_view(reader.message()) == "good");
}

TEST_CASE("MessageReader: feed stops after one message and leaves the rest") {
  MessageReader reader;
  reader.reset(kLimit);
  const std::string two = grpc_message("one") + grpc_message("two");
  Bytes input = as_bytes(two);
  REQUIRE(reader.feed(input) == Event::kMessage);
  CHECK(input.size() == 8);
  // Until next_message() the same message stays.
  Bytes nothing;
  CHECK(reader.feed(nothing) == Event::kMessage);
  CHECK(as_view(reader.message()) == "one");
  CHECK_FALSE(reader.at_boundary());
  reader.next_message();
  CHECK(reader.at_boundary());
  REQUIRE(reader.feed(input) == Event::kMessage);
  CHECK(as_view(reader.message()) == "two");
  CHECK(input.empty());
}

TEST_CASE("MessageReader: reset in the middle of a message forgets it") {
  MessageReader reader;
  reader.reset(kLimit);
  const std::string half = grpc_prefix(100) + "half";
  Bytes input = as_bytes(half);
  CHECK(reader.feed(input) == Event::kNeedMore);
  CHECK(reader.buffered_bytes() == 4);
  reader.reset(kLimit);
  CHECK(reader.buffered_bytes() == 0);
  CHECK(reader.at_boundary());
}

// P-48, S-18: memory follows the bytes that came, not the length that was announced.
TEST_CASE("MessageReader: an announced length allocates nothing" *
          doctest::skip(!AllocationCounter::kAvailable)) {
  MessageReader reader;
  reader.reset(0xFFFF'FFFF);
  const std::string prefix = grpc_prefix(0x7FFF'FFFF) + "x";
  Bytes input = as_bytes(prefix);
  const AllocationCounter allocations;
  const Event event = reader.feed(input);
  const std::uint64_t bytes = allocations.bytes();
  CHECK(event == Event::kNeedMore);
  CHECK(bytes < 4096);
}

// Of all that was ever asked for, with what is free again: blocks that double, and sizes that just miss them.
TEST_CASE("MessageReader: a long message's memory follows the bytes that came (P-48)" *
          doctest::skip(!AllocationCounter::kAvailable)) {
  MessageReader reader;
  reader.reset(4 << 20);
  const std::string message = grpc_message(std::string(4 << 20, 'x'));
  const AllocationCounter allocations;
  for (std::size_t fed = 0; fed < message.size();) {
    Bytes input = as_bytes(std::string_view(message).substr(fed, 16'384));
    fed += input.size();
    reader.feed(input);
    if (allocations.bytes() > 5 * fed) FAIL(allocations.bytes(), " bytes for the first ", fed);
  }
  CHECK(reader.message().size() == 4 << 20);
}

TEST_CASE("MessageReader: tiny pieces cost few allocations" * doctest::skip(!AllocationCounter::kAvailable)) {
  MessageReader reader;
  reader.reset(1 << 20);
  const std::string message = grpc_message(std::string(100'000, 'x'));
  const AllocationCounter allocations;
  for (std::size_t i = 0; i < message.size(); ++i) {
    Bytes input = as_bytes(std::string_view(message).substr(i, 1));
    reader.feed(input);
  }
  const std::uint64_t calls = allocations.calls();
  CHECK(reader.message().size() == 100'000);
  CHECK(calls <= 10);
}

}  // namespace
}  // namespace hawser::test
