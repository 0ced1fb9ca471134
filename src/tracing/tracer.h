// Writes calls to the signing service as spans (src/tracing/span_line.h) to a file that collectors read.
//
// A caller's traceparent decides: its trace is continued when the caller records it, and else nothing is
// written. Calls without one get a trace of their own, one in so many of them. Lines that find no place are
// lost: a trace is worth nobody's waiting.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "src/access/call_record.h"
#include "src/logging/line_writer.h"
#include "src/tracing/span_line.h"

namespace hawser::tracing {

class Tracer final : public access::CallObserver {
 public:
  /// `sample`: of calls without a traceparent, one in so many; 0: none. `seed` is where ids begin: a random
  /// number.
  Tracer(std::unique_ptr<logging::LineOutput> output, std::uint64_t sample, std::uint64_t seed,
         logging::LineWriterOptions options);

  void on_call(const access::CallRecord& record) override;

  std::uint64_t lost() const { return writer_.lost(); }

 private:
  std::uint64_t next_random();
  template <std::size_t kSize>
  void fill(std::array<std::uint8_t, kSize>& id);

  const std::uint64_t sample_;
  std::atomic<std::uint64_t> calls_{0};  // without a traceparent
  std::atomic<std::uint64_t> state_;
  logging::LineWriter writer_;
};

}  // namespace hawser::tracing
