// What the audit log and the metrics hear of calls.
#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <string>
#include <vector>

#include "interop/crypto/crypto_calls.h"
#include "interop/crypto/crypto_server.h"
#include "src/access/audit_log.h"
#include "src/keys/key_id.h"
#include "src/logging/line_output.h"
#include "support/eventually.h"
#include "support/test_family.h"

namespace hawser::test {
namespace {

using crypto::Algorithm;
using ::grpc::StatusCode;

class Recorder final : public access::CallObserver {
 public:
  bool reserve(const access::CallRecord& record) override {
    CHECK(record.service == "crypto.CryptoService");
    CHECK_FALSE(record.method.empty());
    if (!has_room) return false;
    ++reserved;
    return true;
  }
  void on_call(const access::CallRecord& record) override {
    const std::lock_guard lock(mutex_);
    records_.push_back(record);
  }
  std::vector<access::CallRecord> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(records_, {});
  }
  std::atomic<bool> has_room{true};
  std::atomic<int> reserved{0};

 private:
  std::mutex mutex_;
  std::vector<access::CallRecord> records_;  // guarded by mutex_
};

// A disk that is full.
class FullOutput final : public logging::LineOutput {
 public:
  Result<bool> prepare() override { return false; }
  Result<std::size_t> write(std::string_view) override { return io_error(ENOSPC, "write to the disk"); }
  const std::string& name() const override { return name_; }

 private:
  const std::string name_ = "the disk";
};

}  // namespace

TEST_CASE("Records: a signature's has everything that is known of it") {
  Recorder recorder;
  auto options = signing_options();
  options.observers = {&recorder};
  CryptoServer server(options);
  const auto stub = ::crypto::CryptoService::NewStub(server->unix_channel());
  ::grpc::ClientContext context;
  const std::string traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  context.AddMetadata("traceparent", traceparent);
  ::crypto::SignResponse response;
  REQUIRE(stub->Sign(&context, sign_request(Algorithm::kEcdsaP384Sha384), &response).ok());
  const auto records = recorder.take();
  REQUIRE(records.size() == 1);
  const access::CallRecord& record = records.front();
  CHECK(record.service == "crypto.CryptoService");
  CHECK(record.method == "Sign");
  CHECK(record.peer == "unix:");
  CHECK(record.principal == "uid:" + std::to_string(::geteuid()));
  CHECK(record.key_id == keys::kDefaultP384);
  CHECK(record.key_version == 1);
  CHECK(record.algorithm == Algorithm::kEcdsaP384Sha384);
  CHECK(record.input_sha256 == test_hasher().digest(crypto::Hash::kSha256, "a message"));
  CHECK(record.code == StatusCode::OK);
  CHECK(record.lane == "slow");
  CHECK(record.exec > Duration{});
  CHECK(record.queue >= Duration{});
  CHECK(record.total >= record.exec + record.queue);
  CHECK(record.traceparent == traceparent);
  CHECK(record.unix_us > 1'600'000'000'000'000);
}

TEST_CASE("Records: each call has one, whatever became of it; each item of a batch has one") {
  Recorder recorder;
  auto options = signing_options();
  options.observers = {&recorder};
  CryptoServer server(options);
  const auto stub = server.stub();

  auto request = sign_request(Algorithm::kEcdsaP256Sha256);
  request.set_key_type(::crypto::RSA);
  sign(*stub, request);
  request = sign_request(Algorithm::kEcdsaP256Sha256);
  request.set_key_id("others");
  sign(*stub, request);
  verify(*stub, verify_request(sign_request(Algorithm::kRsaPssSha256), "s"));
  public_key(*stub, {});
  ::crypto::BatchSignRequest batch;
  *batch.add_items() = sign_request(Algorithm::kEd25519);
  *batch.add_items() = request;
  batch_sign(*stub, batch);
  while (batch.items_size() < 65) batch.add_items();
  batch_sign(*stub, batch);

  const auto records = recorder.take();
  REQUIRE(records.size() == 7);
  CHECK(recorder.reserved == 7);
  CHECK(records[0].code == StatusCode::INVALID_ARGUMENT);
  CHECK(records[0].key_id.empty());
  CHECK(records[1].code == StatusCode::PERMISSION_DENIED);
  CHECK(records[1].key_id == "others");
  CHECK(records[1].key_version == 0);
  CHECK(records[1].lane.empty());
  CHECK(records[2].method == "Verify");
  CHECK(records[2].code == StatusCode::OK);
  CHECK(records[2].lane == "fast");
  CHECK(records[2].input_sha256.size() == 32);
  CHECK(records[3].method == "GetPublicKey");
  CHECK(records[3].key_id == keys::kDefaultRsa);
  CHECK(records[3].key_version == 1);
  CHECK(records[3].input_sha256.empty());
  // The order of a batch's items is that of their ends.
  CHECK(records[4].method == "BatchSign");
  CHECK(records[4].code + records[5].code == StatusCode::PERMISSION_DENIED);
  CHECK(records[6].method == "BatchSign");
  CHECK(records[6].code == StatusCode::INVALID_ARGUMENT);
  for (const access::CallRecord& record : records) {
    CHECK(record.principal == (over_vsock() ? "cid:1" : "anonymous"));
    CHECK(record.peer.starts_with(loopback_uri()));
  }
}

TEST_CASE("Records: a call that can't be recorded is refused, before anything is done for it") {
  Recorder first;
  Recorder second;
  second.has_room = false;
  auto options = signing_options();
  options.observers = {&first, &second};
  CryptoServer server(options);
  const auto stub = server.stub();
  const auto request = sign_request(Algorithm::kEcdsaP256Sha256);
  ::crypto::BatchSignRequest batch;
  *batch.add_items() = request;
  CHECK(sign(*stub, request).status.error_code() == StatusCode::UNAVAILABLE);
  CHECK(public_key(*stub, {}).status.error_code() == StatusCode::UNAVAILABLE);
  CHECK(batch_sign(*stub, batch).response.results(0).code() == StatusCode::UNAVAILABLE);
  CHECK(second.take().empty());
  // Who could keep a record hears of the refusals.
  const auto told = first.take();
  CHECK(told.size() == 3);
  for (const auto& record : told) CHECK(record.code == StatusCode::UNAVAILABLE);
  CHECK(server.service().stats().lanes.of(lanes::Lane::kFast).submitted == 0);
  second.has_room = true;
  CHECK(sign(*stub, request).status.ok());
  CHECK(second.take().size() == 1);
}

TEST_CASE("Records: a required audit log that can't be written refuses signing, and nothing else") {
  access::AuditLog log(access::AuditMode::kRequired, std::make_unique<FullOutput>(), {});
  auto options = signing_options();
  options.observers = {&log};
  CryptoServer server(options);
  const auto stub = server.stub();
  const auto request = sign_request(Algorithm::kEcdsaP256Sha256);
  const auto signature = sign(*stub, request);  // its line is what fails
  CHECK(signature.status.ok());
  REQUIRE(eventually([&] { return log.is_failing(); }));
  const auto refused = sign(*stub, request);
  CHECK(refused.status.error_code() == StatusCode::UNAVAILABLE);
  CHECK(refused.pushback == "1000");
  ::crypto::BatchSignRequest batch;
  *batch.add_items() = request;
  CHECK(batch_sign(*stub, batch).response.results(0).code() == StatusCode::UNAVAILABLE);
  CHECK(server.service().stats().lanes.of(lanes::Lane::kFast).submitted == 1);
  CHECK(public_key(*stub, {}).status.ok());
  const auto checked = verify(*stub, verify_request(request, signature.response.signature()));
  CHECK(checked.status.ok());
  CHECK(checked.response.valid());
}

}  // namespace hawser::test
