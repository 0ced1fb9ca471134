// A run as one JSON object, and back: nothing is lost on the way.
//
// Latencies are in microseconds. A run of one service has its numbers at the top; one of two services has an
// object for each, under its name. Each histogram has the figures that people ask for, and "hdr": all of it,
// in base64 of HdrHistogram's encoding V2 (hdr_encoding.h), values in nanoseconds.
#pragma once

#include <string>
#include <string_view>

#include "hawser/base/result.h"
#include "tools/profile/result.h"

namespace hawser::profile {

class JsonWriter;

/// In one line, with its end.
std::string json_report(const RunResult& run);
/// Into the open object: who measured what, where and when, as every kind of report has it.
void write_common_facts(JsonWriter& json, const RunFacts& facts);
/// Scope usage: it is not what json_report() writes, and where.
Result<RunResult> read_json_report(std::string_view text);

}  // namespace hawser::profile
