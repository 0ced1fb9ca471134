// Private keys as PEM texts (RFC 7468), for exchange with openssl and its kin: PKCS#8, in the clear or
// encrypted (PBES2, RFC 8018). Nothing else is read: not the older forms that name the kind of key, not
// PBES1, not CMS or PKCS#12, whose parsers are large and whose protection is weak.
#pragma once

#include <string>
#include <string_view>

#include "hawser/base/result.h"
#include "src/crypto/secret.h"

namespace hawser::crypto {

/// Whether the text says that reading it takes a passphrase.
bool is_encrypted_pem(std::string_view pem);

/// The PKCS#8 (DER, unencrypted) of the one private key in a text; what is in it is PrivateKey's to check.
/// The passphrase counts for encrypted ones alone. Scope usage, without a byte of the input: it is something
/// else, with the command that makes it this; the passphrase is wrong or the text is damaged.
Result<SecretBytes> pkcs8_from_pem(std::string_view pem, const SecretBytes& passphrase);

/// In the clear, so the text is as secret as the key.
Result<SecretBytes> pkcs8_to_pem(const SecretBytes& pkcs8);
/// PBES2 with PBKDF2-HMAC-SHA256 of 600,000 iterations and AES-256-CBC, which everybody reads (scrypt of a
/// useful size is beyond the memory that OpenSSL grants when it reads). Takes a quarter of a second. Nothing
/// authenticates it: a damaged text may give another key.
Result<std::string> pkcs8_to_encrypted_pem(const SecretBytes& pkcs8, const SecretBytes& passphrase);

}  // namespace hawser::crypto
