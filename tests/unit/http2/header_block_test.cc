#include "hawser/http2/header_block.h"

#include <doctest/doctest.h>

#include <cstring>

#include "support/allocation_counter.h"
#include "support/frame.h"
#include "support/seed.h"

namespace hawser::test {
namespace {

using http2::HeaderBlock;
using http2::HeaderField;

TEST_CASE("HeaderBlock: fields come back in the order they were added") {
  HeaderBlock block;
  CHECK(block.empty());
  block.add(":path", "/a/b");
  block.add("x", "1");
  block.add("x", "2");
  REQUIRE(block.size() == 3);
  CHECK(block[0].name == ":path");
  CHECK(block[0].value == "/a/b");
  CHECK(block[1].value == "1");
  CHECK(block[2].name == "x");
  CHECK(block[2].value == "2");
}

TEST_CASE("HeaderBlock: its size is counted as RFC 9113 6.5.2 does") {
  HeaderBlock block;
  CHECK(block.list_bytes() == 0);
  block.add("name", "value");
  CHECK(block.list_bytes() == 4 + 5 + 32);
  block.add("", "");
  CHECK(block.list_bytes() == 9 + 2 * 32);
  block.clear();
  CHECK(block.list_bytes() == 0);
}

TEST_CASE("HeaderBlock: find gives the first field of exactly that name") {
  HeaderBlock block;
  block.add("te", "trailers");
  block.add("te", "again");
  block.add("Te", "other");
  block.add("empty", "");
  CHECK(block.find("te") == "trailers");
  CHECK(block.find("Te") == "other");
  CHECK(block.find("t").data() == nullptr);
  CHECK(block.find("missing").data() == nullptr);
  // An empty value is not a missing one.
  CHECK(block.find("empty").data() != nullptr);
  CHECK(block.find("empty").empty());
}

TEST_CASE("HeaderBlock: bytes of any value are kept") {
  HeaderBlock block;
  const std::string name("na\0me", 5);
  const std::string value("\xff\0\x01", 3);
  block.add(name, value);
  CHECK(block[0].name == name);
  CHECK(block[0].value == value);
  CHECK(block.find(name) == value);
}

TEST_CASE("HeaderBlock: a value may be written in place and cut") {
  HeaderBlock block;
  block.add("first", "1");
  char* room = block.add_uninitialized("second", 10);
  std::memcpy(room, "0123456789", 10);
  CHECK(block[1].value == "0123456789");
  block.shrink_last(4);
  CHECK(block[1].value == "0123");
  CHECK(block.list_bytes() == 5 + 1 + 6 + 4 + 2 * 32);
  block.add("third", "3");
  CHECK(block[1].value == "0123");
  CHECK(block[2].name == "third");
  CHECK(block[2].value == "3");
  block.shrink_last(0);
  CHECK(block[2].value.empty());
}

TEST_CASE("HeaderBlock: many fields of random sizes survive growing") {
  std::mt19937_64 random = seeded_generator(0x4B);
  HeaderBlock block;
  Fields expected;
  std::size_t bytes = 0;
  for (int i = 0; i < 2000; ++i) {
    Field field{std::string(random() % 40, static_cast<char>('a' + random() % 26)),
                std::string(random() % 200, static_cast<char>(random()))};
    bytes += field.name.size() + field.value.size() + 32;
    block.add(field.name, field.value);
    expected.push_back(std::move(field));
  }
  REQUIRE(block.size() == expected.size());
  CHECK(block.list_bytes() == bytes);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    REQUIRE(block[i].name == expected[i].name);
    REQUIRE(block[i].value == expected[i].value);
  }
}

TEST_CASE("HeaderBlock: what came after a size can be forgotten") {
  HeaderBlock block;
  block.add("a", "1");
  const std::size_t bytes = block.list_bytes();
  block.add("b", "22");
  block.add("c", "");
  block.truncate(3);
  CHECK(block.size() == 3);
  block.truncate(1);
  REQUIRE(block.size() == 1);
  CHECK(block.list_bytes() == bytes);
  CHECK(block[0].value == "1");
  CHECK(block.find("b").data() == nullptr);
  block.add("d", "4");
  CHECK(block[1].name == "d");
  CHECK(block[1].value == "4");
  block.truncate(0);
  CHECK(block.empty());
  CHECK(block.list_bytes() == 0);
}

TEST_CASE("HeaderBlock: a warm block allocates nothing" * doctest::skip(!AllocationCounter::kAvailable)) {
  HeaderBlock block;
  const auto fill = [&] {
    for (int i = 0; i < 10; ++i) block.add("content-type", "application/grpc");
    block.clear();
  };
  for (int i = 0; i < 3; ++i) fill();
  const AllocationCounter allocations;
  for (int i = 0; i < 100; ++i) fill();
  const std::uint64_t calls = allocations.calls();
  CHECK(calls == 0);
}

TEST_CASE("HeaderBlock: a block that grew large gives its memory back" *
          doctest::skip(!AllocationCounter::kAvailable)) {
  HeaderBlock block;
  block.add("x", std::string(60'000, 'v'));
  block.clear();
  const AllocationCounter allocations;
  block.add("x", "v");
  const std::uint64_t calls = allocations.calls();
  CHECK(calls >= 1);
  CHECK(block[0].value == "v");
}

}  // namespace
}  // namespace hawser::test
