// The small parts of signing: counts, costs, settings, texts.
#include <doctest/doctest.h>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "src/keys/refusal.h"
#include "src/signing/call_observers.h"
#include "src/signing/connection_counts.h"
#include "src/signing/costs.h"
#include "src/signing/outcome.h"
#include "src/signing/verify_after_sign.h"

namespace hawser::signing {
namespace {

using access::Operation;
using crypto::Algorithm;
using crypto::KeySpec;
using lanes::Lane;
using lanes::Reason;

class TestObserver final : public access::CallObserver {
 public:
  explicit TestObserver(bool accepts = true) : accepts_(accepts) {}
  bool reserve(const access::CallRecord&) override { return accepts_; }
  void on_call(const access::CallRecord&) override { ++told; }
  int told = 0;

 private:
  bool accepts_;
};

}  // namespace

TEST_CASE("ConnectionCounts: counts each connection by itself") {
  ConnectionCounts counts;
  const std::array<int, 2> connections{};
  CHECK(counts.count(&connections[0]) == 0);
  counts.add(&connections[0]);
  counts.add(&connections[0]);
  counts.add(&connections[1]);
  CHECK(counts.count(&connections[0]) == 2);
  CHECK(counts.count(&connections[1]) == 1);
  counts.remove(&connections[0]);
  counts.remove(&connections[1], 1);
  CHECK(counts.count(&connections[0]) == 1);
  CHECK(counts.count(&connections[1]) == 0);
  counts.add(nullptr);
  counts.remove(nullptr);
  CHECK(counts.count(nullptr) == 0);
}

TEST_CASE("ConnectionCounts: thousands of connections come and go") {
  ConnectionCounts counts;
  const std::vector<std::array<char, 48>> connections(5000);
  std::map<const void*, std::size_t> expected;
  for (std::size_t round = 0; round < 5; ++round) {
    for (std::size_t i = 0; i < connections.size(); ++i) {
      if ((i * 7 + round) % 3 == 0) {
        counts.add(&connections[i]);
        ++expected[&connections[i]];
      } else if (expected[&connections[i]] > 0) {
        counts.remove(&connections[i]);
        --expected[&connections[i]];
      }
    }
  }
  bool is_right = true;
  for (const auto& connection : connections) {
    is_right = is_right && counts.count(&connection) == expected[&connection];
  }
  CHECK(is_right);
}

TEST_CASE("terms_of: which lane, by the kind of work and the size of its input") {
  const auto lane = [](Operation operation, KeySpec spec, Algorithm algorithm, std::size_t bytes = 32) {
    return terms_of(operation, spec, algorithm, bytes).lane;
  };
  CHECK(lane(Operation::kSign, KeySpec::kEcP256, Algorithm::kEcdsaP256Sha256) == Lane::kFast);
  CHECK(lane(Operation::kSign, KeySpec::kEd25519, Algorithm::kEd25519) == Lane::kFast);
  CHECK(lane(Operation::kSign, KeySpec::kRsa2048, Algorithm::kRsaPkcs1Sha256) == Lane::kSlow);
  CHECK(lane(Operation::kSign, KeySpec::kRsa4096, Algorithm::kRsaPssSha512) == Lane::kSlow);
  CHECK(lane(Operation::kSign, KeySpec::kEcP384, Algorithm::kEcdsaP384Sha256) == Lane::kSlow);
  CHECK(lane(Operation::kSign, KeySpec::kEcP521, Algorithm::kEcdsaP521Sha512) == Lane::kSlow);
  CHECK(lane(Operation::kVerify, KeySpec::kRsa4096, Algorithm::kRsaPkcs1Sha256) == Lane::kFast);
  CHECK(lane(Operation::kVerify, KeySpec::kEcP256, Algorithm::kEcdsaP256Sha256) == Lane::kFast);
  CHECK(lane(Operation::kVerify, KeySpec::kEcP384, Algorithm::kEcdsaP384Sha256) == Lane::kSlow);
  CHECK(lane(Operation::kSign, KeySpec::kEcP256, Algorithm::kEcdsaP256Sha256, 1 << 20) == Lane::kSlow);
  CHECK(lane(Operation::kVerify, KeySpec::kRsa2048, Algorithm::kRsaPkcs1Sha256, 1 << 20) == Lane::kSlow);
}

TEST_CASE("terms_of: a mebibyte of SHA-256 counts for about a millisecond; each class of cost is its own") {
  const auto terms = terms_of(Operation::kSign, KeySpec::kRsa2048, Algorithm::kRsaPkcs1Sha256, 1 << 20);
  CHECK(terms.extra_cost > std::chrono::microseconds(800));
  CHECK(terms.extra_cost < std::chrono::microseconds(1100));
  CHECK(terms_of(Operation::kSign, KeySpec::kEd25519, Algorithm::kEd25519, 1 << 20).extra_cost >
        terms.extra_cost);
  std::array<bool, 14> seen{};
  const auto guesses = first_guesses();
  REQUIRE(guesses.size() == seen.size());
  for (const Operation operation : {Operation::kSign, Operation::kVerify}) {
    for (int spec = 0; spec < 7; ++spec) {
      const auto kind = static_cast<KeySpec>(spec);
      const auto one = terms_of(operation, kind, crypto::algorithms_of(kind).front(), 0);
      CHECK(one.extra_cost == Duration{});
      CHECK_FALSE(std::exchange(seen.at(one.cost_class), true));
      CHECK((one.lane == Lane::kFast) == (guesses[one.cost_class] <= std::chrono::microseconds(100)));
    }
  }
}

TEST_CASE("VerifyAfterSign: reads its three forms, and nothing else") {
  CHECK(VerifyAfterSign::parse("off")->every == 0);
  CHECK(VerifyAfterSign::parse("always")->every == 1);
  CHECK(VerifyAfterSign::parse("sample:1000")->every == 1000);
  for (const char* text : {"", "on", "sample", "sample:", "sample:0", "sample:-1", "sample:1x", "sample: 1",
                           "sample:4294967296", "Always"}) {
    CAPTURE(text);
    const auto refused = VerifyAfterSign::parse(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().scope == ErrorScope::kUsage);
  }
}

TEST_CASE("outcome: refusals keep their words, other errors say nothing of the inside") {
  const auto refusal = keys::refuse(keys::Refusal::kNotFound, "there is no key");
  CHECK(status_of(refusal.value()).error_code() == ::grpc::StatusCode::NOT_FOUND);
  CHECK(status_of(refusal.value()).error_message() == "there is no key");
  const ::grpc::Status inside = status_of(Error{ErrorScope::kIo, 0, "OpenSSL failed: /etc/secret"});
  CHECK(inside.error_code() == ::grpc::StatusCode::INTERNAL);
  CHECK(inside.error_message().find("OpenSSL") == std::string::npos);
  CHECK(inside.error_message().find('/') == std::string::npos);
  CHECK(status_of(Result<void>()).ok());
}

TEST_CASE("outcome: why a job didn't run has its code") {
  const auto code = [](Reason reason) { return status_of(error_of(reason)).error_code(); };
  CHECK(code(Reason::kDelay) == ::grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(code(Reason::kCount) == ::grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(code(Reason::kConnection) == ::grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(code(Reason::kHopeless) == ::grpc::StatusCode::DEADLINE_EXCEEDED);
  CHECK(code(Reason::kExpired) == ::grpc::StatusCode::DEADLINE_EXCEEDED);
  CHECK(code(Reason::kCancelled) == ::grpc::StatusCode::CANCELLED);
  CHECK(code(Reason::kStopped) == ::grpc::StatusCode::UNAVAILABLE);
  CHECK(pushback_of(std::chrono::microseconds(10)) == "1");
  CHECK(pushback_of(std::chrono::microseconds(51'001)) == "52");
}

TEST_CASE("CallObservers: a refusal of one is told to those that said yes before it") {
  TestObserver first;
  TestObserver second(false);
  TestObserver third;
  const CallObservers observers({&first, &second, &third});
  std::size_t reserved = 0;
  CHECK_FALSE(observers.reserve({}, reserved));
  observers.tell_reserved({}, reserved);
  CHECK(first.told == 1);
  CHECK(second.told + third.told == 0);
}

}  // namespace hawser::signing
