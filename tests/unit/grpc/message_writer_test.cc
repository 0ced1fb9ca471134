#include "hawser/grpc/message_writer.h"

#include <doctest/doctest.h>

#include <cstring>

#include "hawser/grpc/message_reader.h"
#include "support/bytes.h"
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

}  // namespace
}  // namespace hawser::test
