#include "hawser/grpc/encoding.h"

#include <doctest/doctest.h>

namespace hawser::test {

using grpc::Encoding;
using grpc::EncodingSet;

TEST_CASE("Encoding: names go both ways, empty is identity, the rest is unknown") {
  for (const Encoding encoding : grpc::kAllEncodings) {
    CHECK(grpc::parse_encoding(to_string(encoding)) == encoding);
  }
  CHECK(grpc::parse_encoding("") == Encoding::kIdentity);
  for (const char* name : {"br", "Gzip", "gzip ", "x-gzip", "identity,gzip"}) {
    CHECK_FALSE(grpc::parse_encoding(name).has_value());
  }
}

TEST_CASE("EncodingSet: grpc-accept-encoding is read with and without blanks (P-61)") {
  const EncodingSet all = EncodingSet::of({Encoding::kDeflate, Encoding::kGzip});
  CHECK(EncodingSet::parse("identity,deflate,gzip") == all);
  CHECK(EncodingSet::parse("identity, deflate, gzip") == all);
  CHECK(EncodingSet::parse(" gzip\t,deflate ,") == all);
  CHECK(EncodingSet::parse("gzip, br, zstd") == EncodingSet::of({Encoding::kGzip}));
}

TEST_CASE("EncodingSet: identity is always in it") {
  for (const char* text : {"", ",", ",,,", "br", "gzip"}) {
    CHECK(EncodingSet::parse(text).contains(Encoding::kIdentity));
  }
  CHECK_FALSE(EncodingSet().contains(Encoding::kGzip));
}

}  // namespace hawser::test
