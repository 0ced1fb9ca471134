// One of the loads of a run: what is called, by how many at once, and what came of it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "hawser/base/clock.h"
#include "hawser/client/call.h"
#include "tools/profile/histogram.h"
#include "tools/profile/load_config.h"
#include "tools/profile/work.h"

namespace hawser::profile {

inline constexpr std::string_view kEchoName = "echo";
inline constexpr std::string_view kCryptoName = "crypto";

struct LoadSpec {
  std::string_view name;  ///< One of the above.
  std::unique_ptr<Work> work;
  Width width;
  Duration think_time{};  ///< Between a call's end and the next one in its place.
};

struct LoadResult {
  static constexpr std::size_t kStatuses = 17;

  Histogram round_trip;  ///< Successful calls, from start() to the completion, by this program's clock.
  Histogram refused;     ///< The same of those that the server refused for its load (RESOURCE_EXHAUSTED).
  Histogram server;      ///< With --server-time: what the server says it took.
  Histogram remainder;   ///< The difference, call by call: client, network and kernel on both sides.
  std::array<std::uint64_t, kStatuses> by_status{};
  std::string first_failure;  ///< Status and message of one failed call.

  std::uint64_t calls() const {
    return std::accumulate(by_status.begin(), by_status.end(), std::uint64_t{0});
  }
  std::uint64_t of(grpc::StatusCode code) const { return by_status[static_cast<std::size_t>(code)]; }
  std::uint64_t failed() const { return calls() - of(grpc::StatusCode::kOk); }
  /// Something was answered, and nothing went wrong but that a server refused what is too much for it.
  bool is_good() const {
    return of(grpc::StatusCode::kOk) > 0 && failed() == of(grpc::StatusCode::kResourceExhausted);
  }
};

/// What a run gives.
struct RunResult {
  struct Part {
    std::string_view name;
    Width width;
    LoadResult load;
  };
  std::vector<Part> parts;  ///< In the order of the loads.
  Duration elapsed{};
  Duration cpu{};  ///< Processor time of this process in the measured time.

  std::uint64_t calls() const {
    return std::accumulate(parts.begin(), parts.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const Part& part) { return sum + part.load.calls(); });
  }
};

}  // namespace hawser::profile
