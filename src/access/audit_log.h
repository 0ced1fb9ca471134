// The record of who had what signed, and of every change to keys.
//
//   best effort   a call is never held up or refused for it; what found no place is counted, and a line says
//                 so
//   required      no line, no call: a call that could not be recorded is refused before anything is done for
//                 it, and so is every one while the file can't be written
//
// Calls that leave no line are refused in neither: who verifies or asks for a public key learns nothing that
// a log would have to hold, and a full disk shall not end that.
//
// In both, lines wait in memory of a bounded size for a thread that writes them, so a line is on its way to
// the disk, not on it, when its caller has the reply; a server that is killed may lose the last ones.
#pragma once

#include <cstdint>
#include <memory>

#include "src/access/call_record.h"
#include "src/logging/line_writer.h"

namespace hawser::access {

enum class AuditMode { kBestEffort, kRequired };

class AuditLog final : public CallObserver {
 public:
  /// `options`: all but what its lines are called and how lost ones are told of.
  AuditLog(AuditMode mode, std::unique_ptr<logging::LineOutput> output, logging::LineWriterOptions options);

  bool reserve(const CallRecord& record) override;
  void on_call(const CallRecord& record) override;

  std::uint64_t lost() const { return writer_.lost(); }
  bool is_failing() const { return writer_.is_failing(); }

 private:
  const AuditMode mode_;
  logging::LineWriter writer_;
};

}  // namespace hawser::access
