#include "hawser/grpc/message_writer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

#include "hawser/grpc/message_reader.h"
#include "support/bytes.h"
#include "support/compressed.h"
#include "support/frame_script.h"
#include "support/seed.h"

namespace hawser::test {
namespace {

using grpc::MessageWriter;

void write(MessageWriter& writer, std::string_view message) {
  MutableBytes room = writer.begin(message.size());
  REQUIRE(room.size() == message.size());
  if (!message.empty()) std::memcpy(room.data(), message.data(), message.size());
}

std::string read(MessageWriter& writer, std::size_t size) {
  std::string out(size, '?');
  out.resize(writer.read({reinterpret_cast<std::uint8_t*>(out.data()), out.size()}));
  return out;
}

TEST_CASE("MessageWriter: the prefix goes before the message") {
  MessageWriter writer;
  CHECK_FALSE(writer.has_message());
  write(writer, "hello");
  CHECK(writer.has_message());
  CHECK(writer.remaining() == 10);
  CHECK(read(writer, 100) == grpc_message("hello"));
  CHECK_FALSE(writer.has_message());
  CHECK(read(writer, 100).empty());
}

TEST_CASE("MessageWriter: a message of no bytes is its prefix (P-46)") {
  MessageWriter writer;
  write(writer, "");
  CHECK(writer.has_message());
  CHECK(read(writer, 100) == std::string(5, '\0'));
}

TEST_CASE("MessageWriter: a length is big-endian, in four bytes") {
  MessageWriter writer;
  write(writer, std::string(0x010203, 'x'));
  CHECK(read(writer, 5) == std::string("\0\0\x01\x02\x03", 5));
  CHECK(writer.remaining() == 0x010203);
}

TEST_CASE("MessageWriter: any pieces of reading give the same bytes") {
  std::mt19937_64 random = seeded_generator(0x3333);
  MessageWriter writer;
  for (int i = 0; i < 200; ++i) {
    std::string message(random() % 3000, '\0');
    for (char& byte : message) byte = static_cast<char>(random());
    write(writer, message);
    std::string got;
    while (writer.has_message()) got += read(writer, 1 + random() % 700);
    REQUIRE(got == grpc_message(message));
  }
}

TEST_CASE("MessageWriter: begin replaces, clear forgets") {
  MessageWriter writer;
  write(writer, "first, longer than the second");
  read(writer, 3);
  write(writer, "second");
  CHECK(read(writer, 100) == grpc_message("second"));
  write(writer, "third");
  writer.clear();
  CHECK_FALSE(writer.has_message());
  CHECK(writer.remaining() == 0);
}

TEST_CASE("MessageWriter: what it writes, MessageReader reads") {
  MessageWriter writer;
  grpc::MessageReader reader;
  reader.reset(100);
  for (const std::string_view message : {"", "a", "some more"}) {
    write(writer, message);
    const std::string bytes = read(writer, 100);
    Bytes input = as_bytes(bytes);
    REQUIRE(reader.feed(input) == grpc::MessageReader::Event::kMessage);
    CHECK(as_view(reader.message()) == message);
    reader.next_message();
  }
}

void append(MessageWriter& writer, std::string_view message, bool compressed = false) {
  MutableBytes room = writer.append(message.size(), compressed);
  REQUIRE(room.size() == message.size());
  if (!message.empty()) std::memcpy(room.data(), message.data(), message.size());
}

TEST_CASE("MessageWriter: messages wait in a queue, each with its own prefix and flag") {
  MessageWriter writer;
  append(writer, "one");
  append(writer, "two", true);
  CHECK(read(writer, 4) == grpc_message("one").substr(0, 4));
  append(writer, "");
  CHECK(read(writer, 100) == grpc_message("one").substr(4) + grpc_message("two", true) + grpc_message(""));
  CHECK_FALSE(writer.has_message());
}

TEST_CASE("MessageWriter: a queue that is never empty does not grow") {
  MessageWriter writer;
  append(writer, std::string(1000, 'a'));
  std::size_t most = 0;
  for (int i = 0; i < 10'000; ++i) {
    append(writer, std::string(1000, 'b'));
    read(writer, 1005);
    most = std::max(most, writer.remaining());
    REQUIRE(writer.kept() == 0);
  }
  CHECK(most == 1005);
}

TEST_CASE("MessageWriter: what is kept can be read again, until it is forgotten (P-104)") {
  MessageWriter writer;
  writer.begin_many(MessageWriter::AfterRead::kKeep);
  append(writer, "one");
  read(writer, 6);
  append(writer, "two");
  CHECK(writer.kept() == 6);
  CHECK(writer.remaining() == 10);
  CHECK(writer.can_rewind());
  writer.rewind();
  CHECK(read(writer, 10) == grpc_message("one") + grpc_message("two").substr(0, 2));
  writer.forget_read();
  CHECK_FALSE(writer.can_rewind());
  CHECK(writer.kept() == 0);
  CHECK(read(writer, 100) == grpc_message("two").substr(2));
}

TEST_CASE("MessageWriter: one takes over the rest of another") {
  MessageWriter to;
  MessageWriter from;
  append(from, "one");
  to.append_all(from);  // into an empty one: the block changes hands
  CHECK_FALSE(from.has_message());
  append(from, "two");
  append(from, "three");
  to.append_all(from);
  CHECK_FALSE(from.has_message());
  append(from, "four");
  to.append_all(from);
  to.append_all(from);
  CHECK(read(to, 100) ==
        grpc_message("one") + grpc_message("two") + grpc_message("three") + grpc_message("four"));
}

TEST_CASE("MessageWriter: it knows where messages end, also when it forgets in the middle of one") {
  MessageWriter writer;
  writer.begin_many(MessageWriter::AfterRead::kKeep);
  append(writer, std::string(100, '\xFF'));
  append(writer, std::string(3, '\xFF'));
  read(writer, 101);
  writer.forget_read();
  CHECK_FALSE(writer.at_message_boundary());
  read(writer, 3);
  CHECK_FALSE(writer.at_message_boundary());
  read(writer, 1);
  CHECK(writer.at_message_boundary());
  read(writer, 6);
  CHECK_FALSE(writer.at_message_boundary());
  read(writer, 2);
  CHECK(writer.at_message_boundary());
}

TEST_CASE("MessageWriter: knows whether half a message has left") {
  for (const std::size_t step : {1, 2, 3, 7, 100}) {
    CAPTURE(step);
    MessageWriter writer;
    CHECK(writer.at_message_boundary());
    for (const std::string_view message : {"one", "", "three"}) {
      const MutableBytes room = writer.append(message.size());
      if (!message.empty()) std::memcpy(room.data(), message.data(), message.size());
    }
    const std::size_t boundaries[] = {0, 8, 13, 23};
    std::size_t at = 0;
    while (writer.has_message()) {
      CHECK(writer.at_message_boundary() ==
            (std::find(std::begin(boundaries), std::end(boundaries), at) != std::end(boundaries)));
      at += read(writer, step).size();
    }
    CHECK(writer.at_message_boundary());
  }
}

TEST_CASE("MessageWriter: the message that was appended last is compressed, the ones before stay") {
  for (const grpc::Encoding encoding : {grpc::Encoding::kDeflate, grpc::Encoding::kGzip}) {
    const std::string text(3000, 'x');
    MessageWriter writer;
    writer.begin_many(MessageWriter::AfterRead::kForget);
    append(writer, "first");
    append(writer, text);
    writer.compress_last(encoding);
    append(writer, "third");
    const std::string expected =
        grpc_message("first") + compressed_message(encoding, text) + grpc_message("third");
    CHECK(writer.remaining() == expected.size());
    // Boundaries are found in what is really there.
    std::string got;
    while (writer.has_message()) {
      got += read(writer, 7);
      const bool at_end = got.size() == expected.size() || got.size() == 10 ||
                          got.size() == expected.size() - grpc_message("third").size();
      CHECK(writer.at_message_boundary() == at_end);
    }
    CHECK(got == expected);
  }
}

TEST_CASE("MessageWriter: what gets no smaller stays as it is (P-60)") {
  MessageWriter writer;
  for (const char* message : {"", "a", "short"}) {
    write(writer, message);
    writer.compress_last(grpc::Encoding::kGzip);
    CHECK(read(writer, 100) == grpc_message(message));
  }
}

TEST_CASE("MessageWriter: a compressed message that is kept comes again") {
  const std::string text(3000, 'x');
  MessageWriter writer;
  const MutableBytes room = writer.begin(text.size(), MessageWriter::AfterRead::kKeep);
  std::memcpy(room.data(), text.data(), text.size());
  writer.compress_last(grpc::Encoding::kGzip);
  const std::string expected = compressed_message(grpc::Encoding::kGzip, text);
  CHECK(read(writer, 5000) == expected);
  writer.rewind();
  CHECK(read(writer, 5000) == expected);
}

}  // namespace
}  // namespace hawser::test
