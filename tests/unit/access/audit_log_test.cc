#include "src/access/audit_log.h"

#include <atomic>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "src/access/audit_line.h"
#include "src/access/code_name.h"
#include "src/logging/line_file.h"
#include "support/eventually.h"
#include "support/sockets.h"

namespace hawser::test {
namespace {

using access::AuditLog;
using access::AuditMode;
using access::CallRecord;

CallRecord sign_record() {
  CallRecord record;
  record.unix_us = 1'769'904'000'000'007;  // 2026-02-01T00:00:00.000007Z
  record.service = "crypto.CryptoService";
  record.method = "Sign";
  record.peer = "unix:";
  record.principal = "uid:1000";
  record.key_id = "payments";
  record.key_version = 2;
  record.algorithm = crypto::Algorithm::kEcdsaP256Sha256;
  record.input_sha256 = std::string(32, '\xab');
  record.queue = std::chrono::nanoseconds(12'999);
  record.exec = std::chrono::microseconds(31);
  record.total = std::chrono::microseconds(60);
  record.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
  return record;
}

std::string line_of(const CallRecord& record) {
  std::string line;
  access::append_audit_line(line, record);
  return line;
}

// Fails while it is told to.
class SwitchedOutput final : public logging::LineOutput {
 public:
  SwitchedOutput(std::atomic<bool>& broken, std::string& text) : broken_(broken), text_(text) {}
  Result<bool> prepare() override { return false; }
  Result<std::size_t> write(std::string_view bytes) override {
    if (broken_) return io_error(ENOSPC, "write to the disk");
    text_ += bytes;
    return bytes.size();
  }
  const std::string& name() const override { return name_; }

 private:
  std::atomic<bool>& broken_;
  std::string& text_;  // read when the log is gone
  std::string name_ = "the disk";
};

logging::LineWriterOptions quick(std::size_t capacity = 64) {
  logging::LineWriterOptions options;
  options.capacity = capacity;
  options.linger = std::chrono::milliseconds(1);
  options.retry = std::chrono::milliseconds(1);
  return options;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; at += part.size()) ++found;
  return found;
}

}  // namespace

TEST_CASE("audit line: every field of a signing call") {
  CHECK(line_of(sign_record()) ==
        R"({"time":"2026-02-01T00:00:00.000007Z","event":"call","peer":"unix:","principal":"uid:1000",)"
        R"("service":"crypto.CryptoService","method":"Sign","key_id":"payments","version":2,)"
        R"("alg":"ECDSA_P256_SHA256","input_sha256":")" +
            std::string("abababababababababababababababababababababababababababababababab") +
            R"(","code":"OK","queue_us":12,"exec_us":31,"total_us":60,)"
            R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"})"
            "\n");
}

TEST_CASE("audit line: what isn't known is null") {
  CallRecord record;
  record.service = "crypto.KeyService";
  record.method = "ListKeys";
  record.peer = "ipv4:127.0.0.1:4711";
  record.code = 7;
  record.traceparent = "no trace";
  CHECK(
      line_of(record) ==
      R"({"time":"1970-01-01T00:00:00.000000Z","event":"call","peer":"ipv4:127.0.0.1:4711","principal":null,)"
      R"("service":"crypto.KeyService","method":"ListKeys","key_id":null,"version":null,"alg":null,)"
      R"("input_sha256":null,"code":"PERMISSION_DENIED","queue_us":0,"exec_us":0,"total_us":0,)"
      R"("trace_id":null})"
      "\n");
}

TEST_CASE("audit line: no caller writes lines or fields of its own") {
  CallRecord record = sign_record();
  record.principal = "tls:a\"}\n{\"event\":\"call\"";
  record.key_id = std::string("\xff\0x", 3);
  const std::string line = line_of(record);
  CHECK(count(line, "\n") == 1);
  CHECK(line.find(R"("principal":"tls:a\"}\n{\"event\":\"call\"")") != std::string::npos);
  CHECK(line.find("\"key_id\":\"\xef\xbf\xbd\\u0000x\"") != std::string::npos);
}

TEST_CASE("audit line: its length is bounded, whatever a caller calls itself") {
  CallRecord record = sign_record();
  record.principal = std::string(100'000, '\x01');
  record.peer = std::string(100'000, '\x01');
  record.key_id = std::string(100'000, '"');
  CHECK(line_of(record).size() < 10 * 1024);
}

TEST_CASE("audit line: times before 1970 and of any year are times") {
  CallRecord record;
  record.unix_us = -1;
  CHECK(line_of(record).starts_with("{\"time\":\"1969-12-31T23:59:59.999999Z\""));
}

TEST_CASE("audit log: it is about signing and administration") {
  CallRecord record = sign_record();
  CHECK(access::is_audited(record));
  record.method = "BatchSign";
  CHECK(access::is_audited(record));
  record.method = "Verify";
  CHECK_FALSE(access::is_audited(record));
  record.method = "GetPublicKey";
  CHECK_FALSE(access::is_audited(record));
  record.service = "crypto.KeyService";
  record.method = "GetKey";
  CHECK(access::is_audited(record));
}

TEST_CASE("audit log: codes have gRPC's names") {
  CHECK(access::name_of_code(0) == "OK");
  CHECK(access::name_of_code(7) == "PERMISSION_DENIED");
  CHECK(access::name_of_code(16) == "UNAUTHENTICATED");
  CHECK(access::name_of_code(17) == "UNKNOWN");
  CHECK(access::name_of_code(-1) == "UNKNOWN");
}

TEST_CASE("audit log: calls become lines of a file, others leave nothing") {
  for (const AuditMode mode : {AuditMode::kBestEffort, AuditMode::kRequired}) {
    const ScratchFolder folder;
    const std::string path = folder.file("audit");
    {
      AuditLog log(mode, value_of(logging::LineFile::open(path)), quick());
      for (int i = 0; i < 200; ++i) {
        CallRecord record = sign_record();
        if (i % 2 == 1) record.method = "Verify";
        while (!log.reserve(record)) std::this_thread::yield();
        log.on_call(record);
        if (i % 8 == 0) std::this_thread::yield();
      }
      CHECK(eventually([&] { return log.reserve(sign_record()); }));
      log.on_call(sign_record());
      if (mode == AuditMode::kRequired) CHECK(log.lost() == 0);
    }
    std::ifstream file(path);
    const std::string text = (std::stringstream() << file.rdbuf()).str();
    if (mode == AuditMode::kRequired) CHECK(count(text, "\"event\":\"call\"") == 101);
    CHECK(count(text, "Verify") == 0);
  }
}

TEST_CASE("audit log: a required one refuses calls while the disk is full, and takes them again after") {
  std::atomic<bool> broken{true};
  std::string text;
  {
    AuditLog log(AuditMode::kRequired, std::make_unique<SwitchedOutput>(broken, text), quick());
    REQUIRE(log.reserve(sign_record()));  // nobody knows yet
    log.on_call(sign_record());
    CHECK(eventually([&] { return log.is_failing(); }));
    CHECK_FALSE(log.reserve(sign_record()));
    broken = false;
    CHECK(eventually([&] { return log.reserve(sign_record()); }));
    log.on_call(sign_record());
    CHECK(log.lost() == 0);
  }
  CHECK(count(text, "\"event\":\"call\"") >= 2);
  CHECK(count(text, "\"event\":\"lost\"") == 0);
}

TEST_CASE("audit log: a required one that can't be written refuses what it would have to hold, and no more") {
  AuditLog log(AuditMode::kRequired, value_of(logging::LineFile::open("/dev/full")), quick());
  REQUIRE(log.reserve(sign_record()));
  log.on_call(sign_record());
  REQUIRE(eventually([&] { return log.is_failing(); }));
  CallRecord record = sign_record();
  for (const char* method : {"Verify", "GetPublicKey"}) {
    record.method = method;
    CHECK(log.reserve(record));
    log.on_call(record);
  }
  record.method = "BatchSign";
  CHECK_FALSE(log.reserve(record));
  record.service = "crypto.KeyService";
  for (const char* method : {"DestroyKeyVersion", "GetKey", "ListKeys"}) {
    record.method = method;
    CHECK_FALSE(log.reserve(record));
  }
}

TEST_CASE("audit log: a best-effort one refuses nobody, and says how much it lost") {
  std::atomic<bool> broken{true};
  std::string text;
  std::uint64_t lost = 0;
  {
    AuditLog log(AuditMode::kBestEffort, std::make_unique<SwitchedOutput>(broken, text), quick(4));
    for (int i = 0; i < 10; ++i) {
      CHECK(log.reserve(sign_record()));
      log.on_call(sign_record());
    }
    lost = log.lost();
    CHECK(lost == 6);
    broken = false;
    CHECK(eventually([&] {
      log.on_call(sign_record());
      const bool taken = log.lost() == lost;
      lost = log.lost();
      return taken;
    }));
  }
  CHECK(count(text, "\"event\":\"lost\",\"lost\":") >= 1);
  CHECK(count(text, "\"event\":\"call\"") >= 5);
}

TEST_CASE("audit log: a device that is full makes a required log refuse from then on") {
  AuditLog log(AuditMode::kRequired, value_of(logging::LineFile::open("/dev/full")), quick());
  REQUIRE(log.reserve(sign_record()));
  log.on_call(sign_record());
  CHECK(eventually([&] { return log.is_failing(); }));
  CHECK_FALSE(log.reserve(sign_record()));
}

TEST_CASE("audit log: many threads at once") {
  std::atomic<bool> broken{false};
  std::string text;
  {
    AuditLog log(AuditMode::kRequired, std::make_unique<SwitchedOutput>(broken, text), quick(32));
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 200; ++i) {
          while (!log.reserve(sign_record())) std::this_thread::yield();
          log.on_call(sign_record());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  CHECK(count(text, line_of(sign_record())) == 800);
}

}  // namespace hawser::test
