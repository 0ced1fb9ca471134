// The machine that a run is made on, and the server's process on it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tools/profile/result.h"

namespace hawser::profile {

/// Fills in kernel, processor, processors, version and commit.
void describe_machine(RunFacts& facts);

/// The process that listens where `target` says, when that is a loopback or UNIX address of this machine and
/// the process's descriptors may be looked at (it is the caller's own, and dumpable).
std::optional<int> find_server_process(std::string_view target);

}  // namespace hawser::profile
