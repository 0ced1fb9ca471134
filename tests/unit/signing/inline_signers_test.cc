#include "src/signing/inline_signers.h"

#include <doctest/doctest.h>

#include <string>

#include "src/signing/plan.h"
#include "unit/signing/sign_connection.h"

namespace hawser::test {
namespace {

using crypto::Algorithm;

::crypto::SignRequest request_of(Algorithm algorithm) {
  ::crypto::SignRequest request;
  request.set_algorithm(signing::wire_number(algorithm));
  request.set_key_type(signing::key_type_of(algorithm));
  request.set_data("a message");
  return request;
}

signing::SigningOptions inline_options() {
  signing::SigningOptions options;
  options.sign_inline = true;
  return options;
}

std::size_t answered(SignConnection& connection, http2::StreamId first, int count) {
  std::size_t found = 0;
  for (int i = 0; i < count; ++i) {
    const auto id = static_cast<http2::StreamId>(first + 2 * i);
    found += connection.replies().last_headers(id).header("grpc-status") == "0" ? 1 : 0;
  }
  return found;
}

}  // namespace

TEST_CASE("Inline signing: one a pass of the loop, the rest by the lane") {
  SignConnection connection(inline_options());
  for (const Algorithm algorithm : {Algorithm::kEcdsaP256Sha256, Algorithm::kEd25519}) {
    CAPTURE(crypto::facts(algorithm).name);
    const http2::StreamId first = connection.write_calls(4, request_of(algorithm));
    connection.receive_together(3);
    CHECK(answered(connection, first, 3) == 1);
    CHECK(connection.run_worker());
    CHECK(connection.run_worker());
    CHECK_FALSE(connection.run_worker());
    connection.settle();
    CHECK(answered(connection, first, 3) == 3);
    connection.receive_together(1);
    CHECK(answered(connection, first, 4) == 4);
    CHECK_FALSE(connection.run_worker());
  }
}

TEST_CASE("Inline signing: slow algorithms never, and nothing unless it is switched on") {
  for (const Algorithm algorithm :
       {Algorithm::kRsaPssSha256, Algorithm::kEcdsaP384Sha384, Algorithm::kEcdsaP521Sha512}) {
    SignConnection connection(inline_options());
    const http2::StreamId id = connection.write_calls(1, request_of(algorithm));
    connection.receive_together(1);
    CHECK(connection.run_worker());
    connection.settle();
    CHECK(answered(connection, id, 1) == 1);
  }
  SignConnection off;
  off.write_calls(1, request_of(Algorithm::kEcdsaP256Sha256));
  off.receive_together(1);
  CHECK(off.run_worker());
  off.settle();
}

TEST_CASE("Inline signing: a loop lets go of a key as workers do, and of all at the end") {
  std::vector<keys::Key> keys = make_default_keys();
  const auto slot = keys[1].versions[0].private_key;
  SignConnection connection(inline_options(), keys);
  const http2::StreamId first = connection.write_calls(3, request_of(Algorithm::kEcdsaP256Sha256));
  const long before = slot.use_count();
  connection.receive_together(1);
  CHECK(answered(connection, first, 1) == 1);
  CHECK(slot.use_count() == before + 1);
  keys[1].versions[0].state = keys::VersionState::kDisabled;
  publish(connection.keyring(), keys);
  connection.service().key_users().let_go_of_stale_keys();
  connection.receive_together(1);
  CHECK(connection.replies().last_headers(first + 2).header("grpc-status") == "9");
  const long disabled = slot.use_count();
  CHECK(disabled <= before);
  keys[1].versions[0].state = keys::VersionState::kEnabled;
  publish(connection.keyring(), keys);
  connection.receive_together(1);
  CHECK(answered(connection, first + 4, 1) == 1);
  CHECK(slot.use_count() > disabled);
  connection.service().stop();
  CHECK(slot.use_count() == disabled);
}

}  // namespace hawser::test
