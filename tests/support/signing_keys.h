// Keys for tests of the signing service. RSA keys are constants, the others are made.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "src/crypto/hasher.h"
#include "src/keys/keyring.h"

namespace hawser::test {

const crypto::Hasher& test_hasher();

/// Of RSA 2048 and 4096 there is one each; RSA 3072 takes a while.
crypto::PrivateKey make_private_key(crypto::KeySpec spec);
keys::KeyVersion make_version(std::uint32_t number, crypto::KeySpec spec);
/// With one version, and every algorithm of its kind.
keys::Key make_key(std::string_view id, crypto::KeySpec spec);
/// The five default keys: the same ones for the whole process, in slots of their own.
std::vector<keys::Key> make_default_keys();

void publish(keys::Keyring& keyring, std::vector<keys::Key> keys);

}  // namespace hawser::test
