#include "src/tracing/tracer.h"

#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "hawser/codec/json.h"
#include "support/sockets.h"

namespace hawser::test {
namespace {

using access::CallRecord;
using codec::Json;

const std::string kSampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const std::string kNotSampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

class TextOutput final : public logging::LineOutput {
 public:
  explicit TextOutput(std::string& text) : text_(text) {}
  Result<bool> prepare() override { return false; }
  Result<std::size_t> write(std::string_view bytes) override {
    text_ += bytes;
    return bytes.size();
  }
  const std::string& name() const override { return text_; }

 private:
  std::string& text_;  // read when the tracer is gone
};

CallRecord sign_record(std::string traceparent = kSampled) {
  CallRecord record;
  record.unix_us = 1'769'904'000'000'007;
  record.service = "crypto.CryptoService";
  record.method = "Sign";
  record.peer = "ipv4:127.0.0.1:4711";
  record.principal = "tls:somebody";
  record.key_id = "payments";
  record.key_version = 2;
  record.algorithm = crypto::Algorithm::kEcdsaP256Sha256;
  record.input_sha256 = std::string(32, 'S');
  record.lane = "fast";
  record.queue = std::chrono::microseconds(12);
  record.exec = std::chrono::microseconds(31);
  record.total = std::chrono::microseconds(60);
  record.traceparent = std::move(traceparent);
  return record;
}

// What a tracer writes for these calls, line by line.
std::vector<std::string> traced(const std::vector<CallRecord>& records, std::uint64_t sample = 1) {
  std::string text;
  {
    tracing::Tracer tracer(std::make_unique<TextOutput>(text), sample, 1, {});
    for (const CallRecord& record : records) {
      CHECK(tracer.reserve(record));
      tracer.on_call(record);
    }
  }
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// A member of nested objects, and first items of lists: "resourceSpans.scopeSpans.spans".
const Json& at(const Json& json, std::initializer_list<std::string_view> path) {
  const Json* found = &json;
  for (const std::string_view name : path) {
    if (found->kind == Json::Kind::kList) found = &found->items.at(0);
    found = found->find(name);
    if (found == nullptr) throw std::runtime_error("there is no " + std::string(name));
  }
  return *found;
}

std::vector<Json> spans(const std::string& line) {
  return at(value_of(codec::parse_json_object(line)), {"resourceSpans", "scopeSpans", "spans"}).items;
}

// "crypto.alg" -> "ECDSA_P256_SHA256", "12"; empty without it.
std::string attribute(const Json& span, std::string_view name) {
  for (const Json& each : at(span, {"attributes"}).items) {
    if (at(each, {"key"}).text == name) return at(each, {"value"}).items.at(0).text;
  }
  return "";
}

}  // namespace

TEST_CASE("tracer: a call is a span of the caller's trace, with its queue and its work inside") {
  const auto lines = traced({sign_record()});
  REQUIRE(lines.size() == 1);
  const auto found = spans(lines[0]);
  REQUIRE(found.size() == 3);
  const Json& call = found[0];
  const Json& queue = found[1];
  const Json& sign = found[2];
  CHECK(at(call, {"name"}).text == "crypto.CryptoService/Sign");
  CHECK(at(queue, {"name"}).text == "crypto.queue");
  CHECK(at(sign, {"name"}).text == "crypto.sign");
  for (const Json& span : found) CHECK(at(span, {"traceId"}).text == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(at(call, {"parentSpanId"}).text == "00f067aa0ba902b7");
  CHECK(at(queue, {"parentSpanId"}).text == at(call, {"spanId"}).text);
  CHECK(at(sign, {"parentSpanId"}).text == at(call, {"spanId"}).text);
  CHECK(at(call, {"spanId"}).text.size() == 16);
  CHECK(at(queue, {"spanId"}).text != at(sign, {"spanId"}).text);
  CHECK(at(call, {"kind"}).number == 2);
  CHECK(at(sign, {"kind"}).number == 1);
  CHECK(at(call, {"startTimeUnixNano"}).text == "1769904000000007000");
  CHECK(at(call, {"endTimeUnixNano"}).text == "1769904000000067000");
  CHECK(at(queue, {"endTimeUnixNano"}).text == "1769904000000019000");
  CHECK(at(sign, {"startTimeUnixNano"}).text == "1769904000000019000");
  CHECK(at(sign, {"endTimeUnixNano"}).text == "1769904000000050000");
}

TEST_CASE("tracer: spans say which key did what, and nothing of the data") {
  const auto lines = traced({sign_record()});
  const auto found = spans(lines.at(0));
  for (const Json& span : found) {
    CHECK(attribute(span, "crypto.alg") == "ECDSA_P256_SHA256");
    CHECK(attribute(span, "crypto.key_id") == "payments");
    CHECK(attribute(span, "crypto.key_version") == "2");
    CHECK(attribute(span, "crypto.lane") == "fast");
  }
  CHECK(attribute(found[0], "rpc.system") == "grpc");
  CHECK(attribute(found[0], "rpc.service") == "crypto.CryptoService");
  CHECK(attribute(found[0], "rpc.method") == "Sign");
  CHECK(attribute(found[0], "rpc.grpc.status_code") == "0");
  CHECK(attribute(found[0], "crypto.code") == "OK");
  CHECK(lines[0].find("SSSS") == std::string::npos);
  CHECK(lines[0].find("53535353") == std::string::npos);
}

TEST_CASE("tracer: only the server's own failures are failed spans") {
  const auto is_failed = [](int code) {
    CallRecord record = sign_record();
    record.code = code;
    return spans(traced({record}).at(0))[0].find("status") != nullptr;
  };
  for (const int code : {2, 4, 12, 13, 14, 15}) CHECK(is_failed(code));
  for (const int code : {0, 1, 3, 5, 7, 8, 9, 16}) CHECK_FALSE(is_failed(code));
}

TEST_CASE("tracer: a call that was in no lane is one span, one that was dropped has no work") {
  CallRecord refused = sign_record();
  refused.lane = {};
  refused.exec = {};
  refused.key_version = 0;
  refused.algorithm.reset();
  CallRecord dropped = sign_record();
  dropped.exec = {};
  CallRecord verified = sign_record();
  verified.method = "Verify";
  const auto lines = traced({refused, dropped, verified});
  REQUIRE(lines.size() == 3);
  CHECK(spans(lines[0]).size() == 1);
  CHECK(attribute(spans(lines[0])[0], "crypto.alg").empty());
  CHECK(attribute(spans(lines[0])[0], "crypto.key_version").empty());
  CHECK(spans(lines[1]).size() == 2);
  CHECK(at(spans(lines[2])[2], {"name"}).text == "crypto.verify");
}

TEST_CASE("tracer: the caller's traceparent decides whether its trace is written") {
  CHECK(traced({sign_record(kNotSampled)}).empty());
  CHECK(traced({sign_record(kSampled)}, 0).size() == 1);
  CHECK(traced({sign_record(kNotSampled), sign_record(kSampled)}, 1000).size() == 1);
}

TEST_CASE("tracer: of calls without a traceparent one in so many has a trace of its own") {
  const std::vector<CallRecord> calls(10, sign_record("not a traceparent"));
  CHECK(traced(calls, 0).empty());
  CHECK(traced(calls, 1).size() == 10);
  const auto lines = traced(calls, 5);
  REQUIRE(lines.size() == 2);
  const Json first = spans(lines[0])[0];
  const Json second = spans(lines[1])[0];
  CHECK(at(first, {"traceId"}).text.size() == 32);
  CHECK(at(first, {"traceId"}).text != at(second, {"traceId"}).text);
  CHECK(first.find("parentSpanId") == nullptr);
}

TEST_CASE("tracer: a name that a caller makes up is escaped and cut") {
  CallRecord record = sign_record();
  record.key_id = "\"}\n" + std::string(100'000, '\x01');
  const auto lines = traced({record});
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].size() < 6 * 1024);
  CHECK(attribute(spans(lines[0])[0], "crypto.key_id").starts_with("\"}\n"));
}

TEST_CASE("tracer: ids of many threads are never the same") {
  std::string text;
  {
    tracing::Tracer tracer(std::make_unique<TextOutput>(text), 1, 7, {});
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) tracer.on_call(sign_record(""));
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(tracer.lost() == 0);
  }
  std::set<std::string> ids;
  std::size_t lines = 0;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line); ++lines) {
    const std::size_t trace = line.find("\"traceId\":\"");
    ids.insert(line.substr(trace + 11, 32));
  }
  CHECK(lines == 400);
  CHECK(ids.size() == 400);
}

}  // namespace hawser::test
