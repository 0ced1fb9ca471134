#include "hawser/codec/protobuf_codec.h"

#include <doctest/doctest.h>

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/wrappers.pb.h>

#include <string>
#include <vector>

#include "support/bytes.h"
#include "support/seed.h"

namespace hawser::test {
namespace {

using google::protobuf::BytesValue;
using google::protobuf::StringValue;
using google::protobuf::UninterpretedOption_NamePart;

std::string encode(const google::protobuf::MessageLite& message) {
  std::string bytes(codec::serialized_size(message), '?');
  codec::serialize(message, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  return bytes;
}

TEST_CASE("protobuf codec: what is serialised can be parsed") {
  std::mt19937_64 random = seeded_generator(0xC0DEC);
  for (int i = 0; i < 100; ++i) {
    BytesValue sent;
    std::string value(random() % 1000, '\0');
    for (char& byte : value) byte = static_cast<char>(random());
    sent.set_value(value);
    BytesValue received;
    received.set_value("replaced");
    REQUIRE(codec::parse(received, as_bytes(encode(sent))));
    CHECK(received.value() == value);
  }
}

TEST_CASE("protobuf codec: an empty message is no bytes, and back") {
  StringValue message;
  CHECK(codec::serialized_size(message) == 0);
  codec::serialize(message, {});
  message.set_value("gone after this");
  CHECK(codec::parse(message, {}));
  CHECK(message.value() == "");
}

TEST_CASE("protobuf codec: the size is that of ByteSizeLong") {
  StringValue message;
  message.set_value("hello");
  CHECK(codec::serialized_size(message) == 7);
  CHECK(encode(message) == "\x0A\x05hello");
}

TEST_CASE("protobuf codec: bytes of another kind are refused") {
  StringValue message;
  CHECK_FALSE(codec::parse(message, as_bytes("\x0A\x05hell")));
  CHECK_FALSE(codec::parse(message, as_bytes("\xFF\xFF\xFF")));
  CHECK_FALSE(codec::parse(message, as_bytes(std::string_view("\0", 1))));
}

TEST_CASE("protobuf codec: a proto3 string is UTF-8, bytes are anything") {
  const std::string not_utf8 = "\x0A\x02\xC3\x28";
  StringValue text;
  CHECK_FALSE(codec::parse(text, as_bytes(not_utf8)));
  BytesValue bytes;
  CHECK(codec::parse(bytes, as_bytes(not_utf8)));
}

TEST_CASE("protobuf codec: a missing required field is refused both ways") {
  UninterpretedOption_NamePart part;  // proto2, two required fields
  CHECK(codec::serialized_size(part) == codec::kNotSerializable);
  CHECK_FALSE(codec::parse(part, {}));
  part.set_name_part("name");
  CHECK(codec::serialized_size(part) == codec::kNotSerializable);
  part.set_is_extension(false);
  UninterpretedOption_NamePart copy;
  CHECK(codec::parse(copy, as_bytes(encode(part))));
  CHECK(copy.name_part() == "name");
}

TEST_CASE("protobuf codec: input of 2 GiB is refused before it is looked at") {
  StringValue message;
  // The pointer is never followed.
  const Bytes huge(reinterpret_cast<const std::uint8_t*>(""), std::size_t{1} << 31);
  CHECK_FALSE(codec::parse(message, huge));
}

TEST_CASE("protobuf codec: the type's name, for people") {
  CHECK(codec::type_name(StringValue()) == "google.protobuf.StringValue");
}

}  // namespace
}  // namespace hawser::test
