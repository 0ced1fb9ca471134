#include "src/access/audit_log.h"

#include <chrono>
#include <utility>

#include "src/access/audit_line.h"

namespace hawser::access {
namespace {

std::int64_t now_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

logging::LineWriterOptions complete(logging::LineWriterOptions options) {
  options.what = "the audit log";
  options.lost_line = [](std::uint64_t lost) { return audit_lost_line(lost, now_us()); };
  return options;
}

}  // namespace

AuditLog::AuditLog(AuditMode mode, std::unique_ptr<logging::LineOutput> output,
                   logging::LineWriterOptions options)
    : mode_(mode), writer_(std::move(output), complete(std::move(options))) {}

bool AuditLog::reserve(const CallRecord& record) {
  return mode_ == AuditMode::kBestEffort || !is_audited(record) || writer_.reserve();
}

void AuditLog::on_call(const CallRecord& record) {
  if (!is_audited(record)) return;
  thread_local std::string line;  // keeps its memory from call to call
  line.clear();
  append_audit_line(line, record);
  if (mode_ == AuditMode::kRequired) {
    writer_.append_reserved(line);
  } else {
    writer_.append(line);
  }
}

}  // namespace hawser::access
