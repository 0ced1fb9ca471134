#include "tools/signing/text_form.h"

#include <doctest/doctest.h>

#include <string>

namespace hawser::test {
namespace {

using tools::read_back;
using tools::TextForm;
using tools::written;

std::string all_bytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes;
}

TEST_CASE("text form: what was written reads back") {
  for (const TextForm form : {TextForm::kRaw, TextForm::kBase64, TextForm::kHex}) {
    for (const std::size_t size : {0, 1, 2, 3, 64, 256}) {
      const std::string bytes = all_bytes().substr(0, size);
      const auto back = read_back(form, written(form, bytes));
      REQUIRE(back);
      CHECK(*back == bytes);
    }
  }
  CHECK(written(TextForm::kHex, "\x01\xAB") == "01ab\n");
  CHECK(written(TextForm::kBase64, "ab") == "YWI=\n");
}

TEST_CASE("text form: white space and upper case are read") {
  CHECK(read_back(TextForm::kHex, " 0A\n0b\t0C\r\n").value() == "\x0A\x0B\x0C");
  CHECK(read_back(TextForm::kBase64, "YW\n I=\n").value() == "ab");
}

TEST_CASE("text form: what is no such text is a usage error") {
  for (const char* text : {"0", "0g", "xx", "0x00", "-1"}) {
    CAPTURE(text);
    const auto bytes = read_back(TextForm::kHex, text);
    REQUIRE_FALSE(bytes);
    CHECK(bytes.error().scope == ErrorScope::kUsage);
  }
  for (const char* text : {"!", "YWI*", "Y"}) {
    CAPTURE(text);
    CHECK_FALSE(read_back(TextForm::kBase64, text));
  }
  CHECK_FALSE(tools::text_form_by_name("Base64"));
  CHECK(tools::text_form_by_name("hex").value() == TextForm::kHex);
}

TEST_CASE("text form: PEM of a public key has lines of 64 and reads back") {
  const std::string der = "\x30" + all_bytes();
  const std::string pem = tools::pem_of_public_key(der);
  CHECK(pem.starts_with("-----BEGIN PUBLIC KEY-----\n"));
  CHECK(pem.ends_with("\n-----END PUBLIC KEY-----\n"));
  CHECK(pem.find('\n', 27) == 27 + 64);
  CHECK(tools::public_key_der("comment\n" + pem + "more").value() == der);
}

TEST_CASE("text form: a public key file is PEM or DER, and nothing else") {
  CHECK(tools::public_key_der("\x30\x01").value() == "\x30\x01");
  for (const char* file : {"", "ssh-ed25519 AAAA", "-----BEGIN PUBLIC KEY-----\nAAAA\n",
                           "-----BEGIN PUBLIC KEY-----\n!!\n-----END PUBLIC KEY-----\n",
                           "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}) {
    CAPTURE(file);
    const auto der = tools::public_key_der(file);
    REQUIRE_FALSE(der);
    CHECK(der.error().scope == ErrorScope::kUsage);
  }
}

}  // namespace
}  // namespace hawser::test
