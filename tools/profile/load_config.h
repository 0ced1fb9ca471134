// What a run of hawser-profile does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "hawser/base/clock.h"
#include "hawser/base/result.h"
#include "tools/common/flags.h"

namespace hawser::profile {

struct LoadConfig {
  std::string target;
  std::size_t connections = 1;
  std::size_t concurrency = 1;  ///< Calls in flight on each connection.
  std::uint64_t requests = 0;   ///< Measured calls; 0: as many as `duration` allows.
  Duration duration{};
  Duration warmup{};
  Duration timeout{};  ///< Of each call; 0: none.
  std::size_t payload_bytes = 0;
  bool server_time = false;  ///< Ask for the server's own latency and split by it.
  bool json = false;
};

Result<tools::Flags> parse_load_flags(std::span<const char* const> args);
Result<LoadConfig> read_load_config(const tools::Flags& flags);

}  // namespace hawser::profile
