// OpenSSL's objects as owners, and what its failures become.
#pragma once

#include <memory>
#include <string_view>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "hawser/base/result.h"

namespace hawser::crypto {

template <auto kFree>
struct OpensslFree {
  template <class Object>
  void operator()(Object* object) const {
    kFree(object);
  }
};

using EvpKey = std::unique_ptr<EVP_PKEY, OpensslFree<&EVP_PKEY_free>>;
using EvpKeyContext = std::unique_ptr<EVP_PKEY_CTX, OpensslFree<&EVP_PKEY_CTX_free>>;
using EvpDigest = std::unique_ptr<EVP_MD, OpensslFree<&EVP_MD_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, OpensslFree<&ECDSA_SIG_free>>;
using BigNumber = std::unique_ptr<BIGNUM, OpensslFree<&BN_clear_free>>;

/// Empties the thread's queue of errors: their text stays in the library, for it may name keys and paths.
/// Call it after a failed call, or a later caller finds the error.
void forget_openssl_errors();

/// The library failed where nothing that a caller gave can be the reason ("RSA signing"). Scope io, code 0.
tl::unexpected<Error> openssl_failure(std::string_view what);

}  // namespace hawser::crypto
