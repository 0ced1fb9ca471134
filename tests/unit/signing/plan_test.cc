#include "src/signing/plan.h"

#include <doctest/doctest.h>

#include <string>

#include "src/keys/key_id.h"
#include "src/keys/refusal.h"

namespace hawser::signing {
namespace {

using crypto::Algorithm;

::crypto::SignRequest sign_request(int algorithm, int key_type) {
  ::crypto::SignRequest request;
  request.set_algorithm(static_cast<::crypto::SigningAlgorithm>(algorithm));
  request.set_key_type(static_cast<::crypto::KeyType>(key_type));
  return request;
}

template <class T>
std::string why_not(const Result<T>& result) {
  REQUIRE_FALSE(result);
  CHECK(result.error().scope == ErrorScope::kStream);
  CHECK(result.error().code == static_cast<int>(keys::Refusal::kInvalidArgument));
  CHECK_FALSE(result.error().detail.empty());
  return result.error().detail;
}

}  // namespace

TEST_CASE("plan_sign: an empty request signs the empty message with the default RSA key") {
  const ::crypto::SignRequest request;
  const auto plan = plan_sign(request);
  REQUIRE(plan);
  CHECK(plan->algorithm == Algorithm::kRsaPkcs1Sha256);
  CHECK(plan->key_id == keys::kDefaultRsa);
  CHECK(plan->key_version == 0);
  CHECK(plan->input.empty());
  CHECK_FALSE(plan->is_digest);
  CHECK_FALSE(plan->is_p1363);
  CHECK_FALSE(plan->is_extended);
  CHECK_FALSE(plan->input_crc32c);
}

TEST_CASE("plan_sign: each algorithm has its kind of key and its default key") {
  struct Row {
    int algorithm;
    ::crypto::KeyType type;
    std::string_view key;
  };
  const Row rows[] = {
      {0, ::crypto::RSA, keys::kDefaultRsa},          {1, ::crypto::RSA, keys::kDefaultRsa},
      {2, ::crypto::ECC, keys::kDefaultP256},         {3, ::crypto::ECC, keys::kDefaultP384},
      {4, ::crypto::RSA, keys::kDefaultRsa},          {5, ::crypto::RSA, keys::kDefaultRsa},
      {6, ::crypto::RSA, keys::kDefaultRsa},          {7, ::crypto::RSA, keys::kDefaultRsa},
      {8, ::crypto::ECC, keys::kDefaultP384},         {9, ::crypto::ECC, keys::kDefaultP521},
      {10, ::crypto::ED25519, keys::kDefaultEd25519},
  };
  for (const Row& row : rows) {
    CAPTURE(row.algorithm);
    for (int type = 0; type <= 2; ++type) {
      const ::crypto::SignRequest request = sign_request(row.algorithm, type);
      const auto plan = plan_sign(request);
      if (type != row.type) {
        CHECK(why_not(plan).find("does not go with") != std::string::npos);
        continue;
      }
      REQUIRE(plan);
      CHECK(static_cast<int>(plan->algorithm) == row.algorithm);
      CHECK(plan->key_id == row.key);
      CHECK(key_type_of(plan->algorithm) == row.type);
    }
  }
}

TEST_CASE("plan_sign: numbers that nobody knows are refused") {
  CHECK(why_not(plan_sign(sign_request(11, 0))) == "algorithm 11 is not known");
  CHECK(why_not(plan_sign(sign_request(-1, 0))) == "algorithm -1 is not known");
  CHECK(why_not(plan_sign(sign_request(0, 3))) == "key_type 3 is not known");
  ::crypto::SignRequest request = sign_request(2, 1);
  request.set_signature_encoding(static_cast<::crypto::SignatureEncoding>(2));
  CHECK(why_not(plan_sign(request)) == "signature_encoding 2 is not known");
}

TEST_CASE("plan_sign: every newer field, and no older one, makes the reply have newer fields") {
  ::crypto::SignRequest request = sign_request(2, 1);
  SUBCASE("old ones") {
    request.set_data("data");
    request.set_timestamp(5);
    // What an even newer client might send isn't ours to answer.
    request.GetReflection()->MutableUnknownFields(&request)->AddVarint(100, 1);
    CHECK_FALSE(plan_sign(request)->is_extended);
  }
  SUBCASE("key_id") {
    request.set_key_id("default-ec-p256");
    CHECK(plan_sign(request)->is_extended);
  }
  SUBCASE("key_version") {
    request.set_key_version(1);
    CHECK(plan_sign(request)->is_extended);
  }
  SUBCASE("digest") {
    request.set_digest(std::string(32, 'd'));
    CHECK(plan_sign(request)->is_extended);
  }
  SUBCASE("input_crc32c, also of the value 0") {
    request.set_input_crc32c(0);
    const auto plan = plan_sign(request);
    CHECK(plan->is_extended);
    CHECK(plan->input_crc32c == 0U);
  }
  SUBCASE("signature_encoding") {
    request.set_signature_encoding(::crypto::P1363);
    CHECK(plan_sign(request)->is_extended);
    CHECK(plan_sign(request)->is_p1363);
  }
}

TEST_CASE("plan_sign: a digest has its hash's length, no message beside it, and no Ed25519 key") {
  const std::size_t lengths[] = {32, 32, 32, 32, 48, 64, 48, 64, 48, 64};
  for (int algorithm = 0; algorithm < 10; ++algorithm) {
    CAPTURE(algorithm);
    const auto type = key_type_of(static_cast<Algorithm>(algorithm));
    ::crypto::SignRequest request = sign_request(algorithm, type);
    for (const std::size_t length : {std::size_t{1}, std::size_t{20}, lengths[algorithm], std::size_t{65}}) {
      request.set_digest(std::string(length, 'd'));
      const auto plan = plan_sign(request);
      if (length != lengths[algorithm]) {
        CHECK(why_not(plan).find("digest has " + std::to_string(length) + " bytes") == 0);
        continue;
      }
      REQUIRE(plan);
      CHECK(plan->is_digest);
      CHECK(plan->input == request.digest());
    }
    request.set_digest(std::string(lengths[algorithm], 'd'));
    request.set_data("m");
    CHECK(why_not(plan_sign(request)).find("both") != std::string::npos);
  }
  ::crypto::SignRequest request = sign_request(10, ::crypto::ED25519);
  request.set_digest(std::string(64, 'd'));
  CHECK(why_not(plan_sign(request)).find("Ed25519") != std::string::npos);
}

TEST_CASE("plan_sign: a malformed key_id is refused before anybody looks for it") {
  ::crypto::SignRequest request = sign_request(2, 1);
  for (const char* id : {"A", "a..b", "-a", "a/b", "a\n", "../keys"}) {
    CAPTURE(id);
    request.set_key_id(id);
    // The text doesn't repeat what may be anything.
    CHECK(why_not(plan_sign(request)).find("key_id is malformed: lower-case") == 0);
  }
  request.set_key_id("a.b_c-1");
  request.set_key_version(7);
  const auto plan = plan_sign(request);
  REQUIRE(plan);
  CHECK(plan->key_id == "a.b_c-1");
  CHECK(plan->key_version == 7);
}

TEST_CASE("plan_sign: only ECDSA signatures have another encoding; others can't be asked for it") {
  for (int number = 0; number < static_cast<int>(crypto::kAlgorithms); ++number) {
    const auto algorithm = static_cast<Algorithm>(number);
    CAPTURE(number);
    ::crypto::SignRequest request = sign_request(number, key_type_of(algorithm));
    request.set_signature_encoding(::crypto::P1363);
    const auto plan = plan_sign(request);
    if (key_type_of(algorithm) == ::crypto::ECC) {
      CHECK(plan);
    } else {
      CHECK(why_not(plan).find("signature_encoding P1363 is of ECDSA") == 0);
    }
  }
}

TEST_CASE("plan_verify: as signing, with the signature") {
  ::crypto::VerifyRequest request;
  request.set_algorithm(::crypto::ECDSA_P256_SHA256);
  request.set_key_type(::crypto::ECC);
  request.set_data("m");
  request.set_signature("s");
  request.set_signature_crc32c(0);
  const auto plan = plan_verify(request);
  REQUIRE(plan);
  CHECK(plan->key_id == keys::kDefaultP256);
  CHECK(plan->input == "m");
  CHECK(plan->signature == "s");
  CHECK(plan->signature_crc32c == 0U);
  request.set_key_type(::crypto::RSA);
  why_not(plan_verify(request));
}

TEST_CASE("plan_public_key: the default key is of the kind, or of the algorithm, that is asked for") {
  ::crypto::PublicKeyRequest request;
  CHECK(plan_public_key(request)->key_id == keys::kDefaultRsa);
  request.set_key_type(::crypto::ECC);
  CHECK(plan_public_key(request)->key_id == keys::kDefaultP256);
  CHECK_FALSE(plan_public_key(request)->is_extended);
  request.set_timestamp(3);
  CHECK_FALSE(plan_public_key(request)->is_extended);
  request.set_algorithm(::crypto::ECDSA_P384_SHA256);
  CHECK(plan_public_key(request)->key_id == keys::kDefaultP384);
  CHECK(plan_public_key(request)->is_extended);
  request.set_algorithm(::crypto::ECDSA_P521_SHA512);
  CHECK(plan_public_key(request)->key_id == keys::kDefaultP521);
  request.set_algorithm(::crypto::RSA_PKCS1_SHA256);  // 0, and set all the same
  CHECK(why_not(plan_public_key(request)).find("does not go with") != std::string::npos);
  request.clear_algorithm();
  request.set_key_type(::crypto::ED25519);
  CHECK(plan_public_key(request)->key_id == keys::kDefaultEd25519);
  request.set_key_type(static_cast<::crypto::KeyType>(3));
  CHECK(why_not(plan_public_key(request)) == "key_type 3 is not known");
}

TEST_CASE("plan_public_key: a key that is named may be of any kind, unless one is said") {
  ::crypto::PublicKeyRequest request;
  request.set_key_id("mine");
  CHECK_FALSE(plan_public_key(request)->key_type);
  CHECK(plan_public_key(request)->is_extended);
  request.set_algorithm(::crypto::ED25519_PURE);
  CHECK(plan_public_key(request)->algorithm == Algorithm::kEd25519);
  request.clear_algorithm();
  request.set_key_type(::crypto::ECC);
  CHECK(plan_public_key(request)->key_type == ::crypto::ECC);
  request.set_key_id("..");
  why_not(plan_public_key(request));
}

TEST_CASE("check_batch: 64 items and a mebibyte, and not one more") {
  ::crypto::BatchSignRequest request;
  CHECK(check_batch(request));
  for (int i = 0; i < kMostItems; ++i) request.add_items()->set_data(std::string(kMostBatchBytes / 64, 'x'));
  CHECK(check_batch(request));
  request.mutable_items(5)->mutable_data()->push_back('x');
  CHECK(why_not(check_batch(request)).find("1048577 bytes") != std::string::npos);
  request.mutable_items(5)->mutable_data()->pop_back();
  request.add_items();
  CHECK(why_not(check_batch(request)).find("65 items") == 0);
}

}  // namespace hawser::signing
