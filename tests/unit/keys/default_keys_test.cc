#include "src/keys/default_keys.h"

#include <doctest/doctest.h>

#include <string>

#include "src/keys/key_id.h"
#include "src/keys/refusal.h"
#include "unit/keys/managed_keys.h"
#include "unit/keys/rsa_keys.h"

namespace hawser::test {
namespace {

using crypto::KeySpec;
using keys::DefaultKeys;

TEST_CASE("Default keys: the quick ones are there at once, the RSA key a little later") {
  ManagedKeys keys;
  const auto defaults = DefaultKeys::create(keys.manager);
  REQUIRE(defaults);
  CHECK(keys.manager.get(keys::kDefaultP256)->spec == KeySpec::kEcP256);
  CHECK(keys.manager.get(keys::kDefaultP384)->spec == KeySpec::kEcP384);
  CHECK(keys.manager.get(keys::kDefaultP521)->spec == KeySpec::kEcP521);
  CHECK(keys.manager.get(keys::kDefaultEd25519)->spec == KeySpec::kEd25519);
  CHECK_FALSE((*defaults)->is_pending(keys::kDefaultP256));
  (*defaults)->wait();
  CHECK_FALSE((*defaults)->is_pending(keys::kDefaultRsa));
  CHECK(keys.manager.get(keys::kDefaultRsa)->spec == KeySpec::kRsa2048);
}

TEST_CASE("Default keys: what is stored already is left alone") {
  ManagedKeys keys;
  REQUIRE(keys.manager.import_key({std::string(keys::kDefaultRsa), {}, 0}, from_hex_text(kRsa2048)));
  REQUIRE(keys.manager.create({std::string(keys::kDefaultP256), {}, 0}, KeySpec::kEcP256));
  REQUIRE(keys.manager.rotate(keys::kDefaultP256));
  for (const bool in_background : {true, false}) {
    const auto defaults = DefaultKeys::create(keys.manager, {.rsa_in_background = in_background});
    REQUIRE(defaults);
    CHECK_FALSE((*defaults)->is_pending(keys::kDefaultRsa));
    CHECK(keys.manager.get(keys::kDefaultP256)->primary == 2);
    CHECK(keys.manager.get(keys::kDefaultRsa)->primary == 1);
    CHECK(keys.storage.saves().size() == 6);
  }
}

TEST_CASE("Default keys: they can be given up before the RSA key is made") {
  ManagedKeys keys;
  std::string failure;
  for (int i = 0; i < 3; ++i) {
    const auto defaults = DefaultKeys::create(keys.manager, {.finished = [&failure](const Error* error) {
                                                failure = error == nullptr ? "" : error->detail;
                                              }});
    REQUIRE(defaults);
  }
  CHECK(failure.empty());
}

TEST_CASE("Default keys: a storage that refuses is an error at once, or is told of later") {
  ManagedKeys keys;
  keys.storage.refuse_with(Error{ErrorScope::kStream, static_cast<int>(keys::Refusal::kUnavailable), "full"});
  CHECK(is_refused(DefaultKeys::create(keys.manager), keys::Refusal::kUnavailable));
  keys.storage.refuse_with(std::nullopt);
  std::string failure;
  // The quick ones are made; the RSA key's id is one too many.
  ManagedKeys full({.most_keys = 4});
  const auto defaults = DefaultKeys::create(full.manager, {.finished = [&failure](const Error* error) {
                                              failure = error == nullptr ? "" : error->detail;
                                            }});
  REQUIRE(defaults);
  (*defaults)->wait();
  CHECK(failure.find("as many as there may be") != std::string::npos);
  CHECK(is_refused(full.manager.get(keys::kDefaultRsa), keys::Refusal::kNotFound));
  CHECK(is_refused(DefaultKeys::create(full.manager, {.rsa_in_background = false}),
                   keys::Refusal::kResourceExhausted));
}

}  // namespace
}  // namespace hawser::test
