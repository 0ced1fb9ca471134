// All of it, in the order that it has to happen: before threads, before files are made, before keys are read.
#pragma once

#include <cstddef>

#include "hawser/base/log.h"
#include "hawser/base/result.h"
#include "src/hardening/process.h"
#include "src/hardening/secure_heap.h"

namespace hawser::hardening {

struct HardeningOptions {
  ProcessOptions process;
  std::size_t secure_heap_mib = kDefaultSecureHeapMib;
  /// Memory that can't be locked is an error, and not only a warning in the log.
  bool require_mlock = false;
};

/// Scope usage or io: a sentence for people. Once a process.
Result<void> harden(const HardeningOptions& options, log::Sink& log);

}  // namespace hawser::hardening
