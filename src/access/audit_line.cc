#include "src/access/audit_line.h"

#include <array>
#include <cstdio>
#include <ctime>

#include "src/access/code_name.h"
#include "src/access/traceparent.h"
#include "src/logging/json_text.h"

namespace hawser::access {
namespace {

using logging::append_json_string;

// Bytes of the caller's that a line has at most: a certificate's name is whole, a key's name that is none is
// cut.
constexpr std::size_t kMostPrincipal = 1024;
constexpr std::size_t kMostKeyId = 128;

// RFC 3339, in UTC: "2026-01-31T23:59:59.000001Z".
void append_time(std::string& out, std::int64_t unix_us) {
  constexpr std::int64_t kSecond = 1'000'000;
  std::int64_t us = unix_us % kSecond;
  std::time_t seconds = unix_us / kSecond;
  if (us < 0) {
    us += kSecond;
    --seconds;
  }
  std::tm time{};
  ::gmtime_r(&seconds, &time);
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
                                 time.tm_year + 1900, time.tm_mon + 1, time.tm_mday, time.tm_hour,
                                 time.tm_min, time.tm_sec, static_cast<int>(us));
  out.append(text.data(), static_cast<std::size_t>(size));
}

void append_name(std::string& out, std::string_view name) {
  out += ",\"";
  out += name;
  out += "\":";
}

// null when it is empty: not known.
void append_text(std::string& out, std::string_view name, std::string_view value, std::size_t most = 256) {
  append_name(out, name);
  if (value.empty()) {
    out += "null";
  } else {
    append_json_string(out, value, most);
  }
}

void append_hex_text(std::string& out, std::string_view name, std::string_view bytes) {
  append_name(out, name);
  if (bytes.empty()) {
    out += "null";
    return;
  }
  out += '"';
  logging::append_hex(out, bytes);
  out += '"';
}

void append_number(std::string& out, std::string_view name, std::int64_t value) {
  append_name(out, name);
  out += std::to_string(value);
}

void append_us(std::string& out, std::string_view name, Duration time) {
  append_number(out, name, std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

void open_line(std::string& out, std::int64_t unix_us, std::string_view event) {
  out += "{\"time\":\"";
  append_time(out, unix_us);
  out += '"';
  append_text(out, "event", event);
}

}  // namespace

bool is_audited(const CallRecord& record) {
  return record.service == "crypto.KeyService" || record.method == "Sign" || record.method == "BatchSign";
}

void append_audit_line(std::string& out, const CallRecord& record) {
  open_line(out, record.unix_us, "call");
  append_text(out, "peer", record.peer);
  append_text(out, "principal", record.principal, kMostPrincipal);
  append_text(out, "service", record.service);
  append_text(out, "method", record.method);
  append_text(out, "key_id", record.key_id, kMostKeyId);
  append_name(out, "version");
  out += record.key_version == 0 ? "null" : std::to_string(record.key_version);
  append_text(out, "alg", record.algorithm ? crypto::facts(*record.algorithm).name : std::string_view());
  append_hex_text(out, "input_sha256", record.input_sha256);
  append_text(out, "code", name_of_code(record.code));
  append_us(out, "queue_us", record.queue);
  append_us(out, "exec_us", record.exec);
  append_us(out, "total_us", record.total);
  const auto trace = parse_traceparent(record.traceparent);
  append_hex_text(
      out, "trace_id",
      trace ? std::string_view(reinterpret_cast<const char*>(trace->trace_id.data()), trace->trace_id.size())
            : std::string_view());
  out += "}\n";
}

std::string audit_lost_line(std::uint64_t lost, std::int64_t unix_us) {
  std::string line;
  open_line(line, unix_us, "lost");
  append_number(line, "lost", static_cast<std::int64_t>(lost));
  return line + "}\n";
}

}  // namespace hawser::access
