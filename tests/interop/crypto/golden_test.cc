// The bytes on the wire of what clients of the first proto send and get (W2: a request without newer fields
// gets a reply without them, byte for byte).
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "interop/crypto/crypto_calls.h"
#include "interop/crypto/crypto_server.h"

namespace hawser::test {
namespace {

// By openssl dgst -sha256 -sign and openssl pkey -pubout, with the test's RSA key.
constexpr std::string_view kSignatureOfHello =
    "3a29fac531e8f97fb2324b17f48d8cfbe2c5d95cecb901679549ac3cdeee0e2594e9c43492e18efb220f9bc99b9255a9"
    "be8651cf283b28f10f9bab42b8a0144ef7d684f232615b91da2c231ca87ff1f902cb76fa44151eef9438fbe1acae002c"
    "1ac415bd4f624215d1d33fd31968254cba4a3c4af1be8c6b5f42de049644ba8ec0a25a3b315d3b8ba877dad7ee2f52e6"
    "8c79857ceedd888eb685dc99859f14ebae8efdd68d6f041dddda9777eba3161aafe30f17344a41eb808847e73a7c64ae"
    "94cdae5f6462d142beebc38fa13001f10211ba1295dd3ca2e413cb0552b9d438ee690c3b1418c312ff91298668053a81"
    "b9af7954efb4364838f746e050797fb5";
constexpr std::string_view kSignatureOfNothing =
    "530797d8a424d22e740952c890d39cca621b39703f078eea1a71bb9ccfc670f3024e8959dbca2039dfc11c1801a01b29"
    "f4e6d0ad5d5c889f5701f500c619e68cc760f407679993ffa00d03cc04983fcaaefe4e0f68278f9877af70cf123987e6"
    "241f52e671fc6e1c5067485f9e7792f93761be8a9942f90ef69264e9808d35c5fdd61481fd33265472a920a8b66661c4"
    "6606d9dfe7cf0c231422d54e32d10316c9aaef2303c36672725766a118dee60c8beb340cfdd3475508889c5fbcf49856"
    "49e67bfd27f66438fe7e2cddb1608506daa6d7122e6d759fd4de2d85195e1423150feb82eb99d2afbbf0cec3c930ff95"
    "4534d8a36cba17bfa0195c723cab977e";
constexpr std::string_view kRsaPublicKey =
    "30820122300d06092a864886f70d01010105000382010f003082010a0282010100cbd99e1beef1f36950057e662b0970"
    "7ac7ce33c489fc49e5440ad3ca15a4306af094010c57447251a1c0f105488c8cf8c3d8fcebdd29a9b2050150da6a61b2"
    "faf6f38108e4e2401120e490a51f7a8342eb418b29268ec3321a38a011a82406d62561acb934057356404a167625320a"
    "d22495f955c672f4ebc87ed37ac88c22f7e3f973eee5c9ca42f9eaf647a2bd34feab19247719b8005947401535091f52"
    "da31c523ac4368b6e356e47ee6803c0d4da44426a1ad40649d57e28e08b0deb11b0e852cdf4f50e37226968cdfca2fc6"
    "35f680232954324dfa7d6d5115c989357cd6d493b67809d820506f11a864eccd790fa07ca8067c4d074c3e8bf3254d98"
    "510203010001";

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

std::int64_t unix_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

// Reads a reply field by field, as somebody who knows nothing but the wire format.
class Reader {
 public:
  explicit Reader(std::string bytes) : bytes_(std::move(bytes)) {}
  bool at_end() const { return at_ == bytes_.size(); }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; at_ < bytes_.size(); shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) break;
    }
    return value;
  }
  std::string take(std::size_t size) {
    const std::string taken = bytes_.substr(at_, size);
    at_ += taken.size();
    return taken;
  }
  std::string bytes() { return take(varint()); }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

// The last field of both replies: response_timestamp, of now.
void check_timestamp(Reader& reader, char tag) {
  CHECK(reader.take(1) == std::string(1, tag));
  const auto timestamp = static_cast<std::int64_t>(reader.varint());
  CHECK(timestamp > unix_ms() - 600'000);
  CHECK(timestamp < unix_ms() + 600'000);
  CHECK(reader.at_end());
}

}  // namespace

TEST_CASE("Wire: an RSA request of the first proto and its reply, byte for byte") {
  CryptoServer server;
  // data "hello", key_type and algorithm 0 (left out), timestamp 1234
  const std::string reply = raw_call(server, "Sign", from_hex("0a0568656c6c6f20d209"));
  Reader reader(reply);
  CHECK(reader.take(3 + 256) == from_hex("0a8002") + from_hex(kSignatureOfHello));
  CHECK(reader.take(3) == from_hex("20d209"));
  check_timestamp(reader, 0x28);
}

TEST_CASE("Wire: an empty request is a request: RSA PKCS#1 of the empty message") {
  CryptoServer server;
  Reader reader(raw_call(server, "Sign", ""));
  CHECK(reader.take(3 + 256) == from_hex("0a8002") + from_hex(kSignatureOfNothing));
  check_timestamp(reader, 0x28);
}

TEST_CASE("Wire: every algorithm of the first proto, with data and without, has a reply of the first proto") {
  CryptoServer server;
  struct Row {
    std::string_view request;  // key_type and algorithm
    std::string_view reply;
  };
  const Row rows[] = {{"", ""}, {"1801", "1801"}, {"10011802", "10011802"}, {"10011803", "10011803"}};
  for (const Row& row : rows) {
    for (const std::string_view data : {"", "0a03616263"}) {
      for (const std::string_view extra : {"", "a00601"}) {  // a field 100 that nobody knows
        CAPTURE(row.request);
        CAPTURE(data);
        const auto request = from_hex(data) + from_hex(row.request) + from_hex("20d209") + from_hex(extra);
        Reader reader(raw_call(server, "Sign", request));
        CHECK(reader.take(1) == from_hex("0a"));
        CHECK(reader.bytes().size() > 60);
        CHECK(reader.take(row.reply.size() / 2) == from_hex(row.reply));
        CHECK(reader.take(3) == from_hex("20d209"));
        check_timestamp(reader, 0x28);
      }
    }
  }
}

TEST_CASE("Wire: newer fields that are sent with their default values ask for nothing") {
  CryptoServer server;
  // key_id "", key_version 0, digest "", signature_encoding DER
  Reader reader(raw_call(server, "Sign", from_hex("2a0030003a004800")));
  CHECK(reader.take(3 + 256) == from_hex("0a8002") + from_hex(kSignatureOfNothing));
  check_timestamp(reader, 0x28);
}

TEST_CASE("Wire: public keys of the first proto, byte for byte") {
  CryptoServer server;
  {
    Reader reader(raw_call(server, "GetPublicKey", from_hex("10d209")));
    CHECK(reader.take(1) == from_hex("0a"));
    CHECK(reader.bytes() == from_hex(kRsaPublicKey));
    CHECK(reader.take(3) == from_hex("18d209"));
    check_timestamp(reader, 0x20);
  }
  {
    Reader reader(raw_call(server, "GetPublicKey", from_hex("0801")));
    CHECK(reader.take(1) == from_hex("0a"));
    // A P-256 key in SubjectPublicKeyInfo form has 91 bytes, of which these are the first.
    const std::string key = reader.bytes();
    CHECK(key.size() == 91);
    CHECK(key.substr(0, 27) == from_hex("3059301306072a8648ce3d020106082a8648ce3d03010703420004"));
    CHECK(reader.take(2) == from_hex("1001"));
    check_timestamp(reader, 0x20);
  }
}

}  // namespace hawser::test
