// What a Sign costs in heap allocations of ours once everything is warm: from the bytes of its request,
// through lane and worker, to those of its reply. OpenSSL's own are its business.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include "src/signing/plan.h"
#include "support/allocation_counter.h"
#include "unit/signing/sign_connection.h"

namespace hawser::test {
namespace {

class Listener final : public access::CallObserver {
 public:
  void on_call(const access::CallRecord& record) override { ++(record.code == 0 ? succeeded : failed); }
  int succeeded = 0;
  int failed = 0;
};

::crypto::SignRequest request_of(crypto::Algorithm algorithm, std::size_t bytes) {
  ::crypto::SignRequest request;
  request.set_algorithm(signing::wire_number(algorithm));
  request.set_key_type(signing::key_type_of(algorithm));
  request.set_data(std::string(bytes, 'd'));
  request.set_timestamp(1'700'000'000'000);
  return request;
}

// Of the calls after the first ones.
std::uint64_t allocations_of(const ::crypto::SignRequest& request, const signing::SigningOptions& options) {
  constexpr int kWarmUp = 30;
  constexpr int kCalls = 200;
  SignConnection connection(options);
  connection.write_calls(kWarmUp + kCalls, request);
  connection.drop_replies();
  connection.run(kWarmUp);
  const std::uint64_t from_heap = connection.memory().heap_allocations();
  const AllocationCounter allocations;
  connection.run(kCalls);
  const std::uint64_t calls_of_new = allocations.calls();
  CHECK(connection.memory().heap_allocations() == from_heap);
  return calls_of_new;
}

}  // namespace

TEST_CASE("Sign: answers through the whole server side, on one thread") {
  SignConnection connection;
  const auto request = request_of(crypto::Algorithm::kEcdsaP256Sha256, 23);
  const http2::StreamId first = connection.write_calls(2, request);
  connection.run(2);
  for (const http2::StreamId id : {first, first + 2}) {
    ::crypto::SignResponse response;
    const std::string body = connection.replies().body(id);
    REQUIRE(body.size() > 5);
    REQUIRE(response.ParseFromString(body.substr(5)));
    CHECK(response.request_timestamp() == request.timestamp());
    CHECK(make_default_keys()[1].versions[0].public_key->verify_message(
        crypto::Algorithm::kEcdsaP256Sha256, request.data(), response.signature(), test_hasher()));
    CHECK(connection.replies().last_headers(id).header("grpc-status") == "0");
  }
}

TEST_CASE("Sign: a warm P-256 signature allocates nothing" * doctest::skip(!AllocationCounter::kAvailable)) {
  for (const std::size_t bytes : {0U, 32U, 4000U}) {
    CAPTURE(bytes);
    CHECK(allocations_of(request_of(crypto::Algorithm::kEcdsaP256Sha256, bytes), {}) == 0);
  }
}

TEST_CASE("Sign: nor do the other algorithms, what newer clients ask for, and its record" *
          doctest::skip(!AllocationCounter::kAvailable)) {
  for (const crypto::Algorithm algorithm :
       {crypto::Algorithm::kEd25519, crypto::Algorithm::kRsaPssSha256, crypto::Algorithm::kEcdsaP384Sha384}) {
    CAPTURE(crypto::facts(algorithm).name);
    CHECK(allocations_of(request_of(algorithm, 32), {}) == 0);
  }
  Listener listener;
  signing::SigningOptions options;
  options.observers = {&listener};
  auto request = request_of(crypto::Algorithm::kEcdsaP256Sha256, 32);
  request.set_key_id("default-ec-p256");
  CHECK(allocations_of(request, options) == 0);
  CHECK(listener.succeeded == 230);
  CHECK(listener.failed == 0);
}

}  // namespace hawser::test
