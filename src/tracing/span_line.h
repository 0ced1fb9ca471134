// A call as spans, in the form of OpenTelemetry's file exporter: one TracesData in JSON a line (OTLP/JSON:
// ids in hexadecimal, enumerations and 64-bit integers as OTLP's JSON mapping has them).
//
//   crypto.CryptoService/Sign   the whole call, kind SERVER, child of the caller's span
//     crypto.queue              from admission to the worker
//     crypto.sign               on the worker; crypto.verify for Verify
//
// Only the length of each part is measured, so the queue is shown to begin with the call: late by nothing but
// the request's parsing. Attributes are names and numbers; never data, a digest or a signature.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "src/access/call_record.h"
#include "src/access/traceparent.h"

namespace hawser::tracing {

using SpanId = std::array<std::uint8_t, 8>;

struct SpanIds {
  std::array<std::uint8_t, 16> trace{};
  SpanId parent{};  ///< Zeros: none.
  SpanId call{};
  SpanId queue{};
  SpanId exec{};
};

/// With the line's end. Under 6 KiB, whatever the caller wrote.
void append_span_line(std::string& out, const access::CallRecord& record, const SpanIds& ids);

}  // namespace hawser::tracing
