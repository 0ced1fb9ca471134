// What the audit log says: JSON, one object a line. The fields are in docs/observability.md.
#pragma once

#include <cstdint>
#include <string>

#include "src/access/call_record.h"

namespace hawser::access {

/// Signing and administration: what the log is about.
bool is_audited(const CallRecord& record);

/// With the line's end. Under 10 KiB, whatever the caller wrote.
void append_audit_line(std::string& out, const CallRecord& record);

/// Says that so many lines are missing before this one.
std::string audit_lost_line(std::uint64_t lost, std::int64_t unix_us);

}  // namespace hawser::access
