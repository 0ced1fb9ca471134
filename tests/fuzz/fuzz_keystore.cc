// The parsers of a keystore: the outer form, whose header anybody may have written, the body behind the
// encryption, and the PEM texts that keys come in as. The first byte chooses.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/check.h"
#include "src/crypto/pem.h"
#include "src/keystore/body.h"
#include "src/keystore/envelope.h"
#include "unit/crypto/hasher.h"

namespace hawser::test {
namespace {

void check_envelope(std::string_view file) {
  const auto header = keystore::parse_header(file);
  if (header) {
    const bool is_raw = header->kind == keystore::StoreSecret::Kind::kRawKey;
    fuzz_check(header->cost.memory_bytes <= keystore::kHighestCost.memory_bytes, "memory is bounded");
    fuzz_check(header->cost.passes <= keystore::kHighestCost.passes, "passes are bounded");
    fuzz_check(is_raw == (header->cost.passes == 0), "a raw key costs nothing, a passphrase something");
  }
  const keystore::StoreSecret key{keystore::StoreSecret::Kind::kRawKey,
                                  crypto::SecretBytes::copy_of(std::string(32, 'k')).value()};
  const auto envelope = keystore::Envelope::unlock(file, key);
  if (envelope) fuzz_check(header.has_value(), "what opens has a header");
}

void check_body(std::string_view bytes) {
  const auto body = keystore::decode_body(bytes, hasher());
  if (!body) {
    fuzz_check(body.error().scope == ErrorScope::kUsage, "what is malformed is named as that");
    return;
  }
  const auto written = keystore::encode_body(body->generation, body->keys);
  fuzz_check(written.has_value(), "what was read can be written");
  const auto again = keystore::decode_body(written->view(), hasher());
  fuzz_check(again && again->generation == body->generation && again->keys.size() == body->keys.size(),
             "a body makes the round trip");
}

void check_pem(std::string_view text) {
  // An encrypted one may ask for any number of iterations, which its owner waits for.
  if (crypto::is_encrypted_pem(text)) return;
  const auto der = crypto::pkcs8_from_pem(text, {});
  if (!der) return;
  const auto pem = crypto::pkcs8_to_pem(*der);
  fuzz_check(pem.has_value(), "what was read can be written");
  const auto again = crypto::pkcs8_from_pem(pem->view(), {});
  fuzz_check(again && again->view() == der->view(), "a PEM makes the round trip");
}

}  // namespace
}  // namespace hawser::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'b':
      hawser::test::check_body(rest);
      return 0;
    case 'p':
      hawser::test::check_pem(rest);
      return 0;
    default:
      hawser::test::check_envelope(rest);
      return 0;
  }
}
