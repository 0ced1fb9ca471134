#include "src/metrics/measured_storage.h"

#include <doctest/doctest.h>

#include "src/keys/refusal.h"

namespace hawser::test {
namespace {

class Storage final : public keys::KeyStorage {
 public:
  Result<void> answer;
  int saves = 0;

  Result<void> save(const keys::KeyMap&) override {
    ++saves;
    return answer;
  }
  Result<void> change_passphrase(const crypto::SecretBytes&, const crypto::SecretBytes&) override {
    return answer;
  }
  Result<keys::StorageFacts> verify() override { return keys::StorageFacts{7, 1, 2}; }
  std::uint64_t generation() const override { return 7; }
  bool is_durable() const override { return true; }
};

std::uint64_t observed(const metrics::Histogram& histogram) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i <= metrics::Histogram::kBounds; ++i) sum += histogram.count(i);
  return sum;
}

}  // namespace

TEST_CASE("measured storage: saves are passed on, timed and counted when they fail") {
  Storage storage;
  metrics::StorageMeter meter;
  metrics::MeasuredStorage measured(storage, meter);
  CHECK(measured.save(keys::KeyMap()));
  CHECK(observed(meter.writes) == 1);
  CHECK(meter.errors == 0);
  storage.answer = keys::refuse(keys::Refusal::kUnavailable, "the disk is full");
  const auto saved = measured.save(keys::KeyMap());
  REQUIRE_FALSE(saved);
  CHECK(saved.error().detail == "the disk is full");
  CHECK(storage.saves == 2);
  CHECK(observed(meter.writes) == 2);
  CHECK(meter.errors == 1);
  CHECK(measured.generation() == 7);
  CHECK(measured.is_durable());
  CHECK(measured.verify()->versions == 2);
}

TEST_CASE("measured storage: a wrong passphrase is no failed write") {
  Storage storage;
  metrics::StorageMeter meter;
  metrics::MeasuredStorage measured(storage, meter);
  storage.answer = keys::refuse(keys::Refusal::kInvalidArgument, "the old passphrase is wrong");
  CHECK_FALSE(measured.change_passphrase({}, {}));
  CHECK(meter.errors == 0);
  storage.answer = keys::refuse(keys::Refusal::kUnavailable, "the disk is full");
  CHECK_FALSE(measured.change_passphrase({}, {}));
  CHECK(meter.errors == 1);
}

}  // namespace hawser::test
