#include "src/crypto/openssl.h"

#include <openssl/err.h>

namespace hawser::crypto {

void forget_openssl_errors() { ERR_clear_error(); }

tl::unexpected<Error> openssl_failure(std::string_view what) {
  forget_openssl_errors();
  return tl::unexpected<Error>(Error{ErrorScope::kIo, 0, "OpenSSL failed: " + std::string(what)});
}

}  // namespace hawser::crypto
