// What a run gives: one plain structure, which every report is made of, and which JSON holds all of
// (result_json.h).
#pragma once

#include <array>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hawser/base/clock.h"
#include "hawser/client/call.h"
#include "tools/profile/histogram.h"
#include "tools/profile/timeline.h"

namespace hawser::profile {

inline constexpr std::string_view kEchoName = "echo";
inline constexpr std::string_view kCryptoName = "crypto";
inline constexpr std::string_view kCallName = "call";

/// How many calls one service has in flight.
struct Width {
  std::size_t connections = 1;
  std::size_t concurrency = 1;  ///< On each connection; nothing in an open loop.
};

/// What came of the calls of one service.
struct LoadResult {
  static constexpr std::size_t kStatuses = 17;

  // Successful calls, by this program's clock.
  Histogram round_trip;  ///< From the send: when the call was given to the client, to its completion.
  Histogram intended;    ///< Open loop: from the time that the schedule gave the call, to its completion.
  // By stage: they add up to the round trip, call by call (stages.h). The server's only of calls of which it
  // says how long they took.
  Histogram client_queue;
  Histogram server_queue;
  Histogram handler;
  Histogram reply_write;
  Histogram wire;
  Histogram server;     ///< All that the server says: its three together. Files of older runs have only this.
  Histogram remainder;  ///< The round trip without it.
  // Calls that didn't succeed, from the intended time in an open loop, else from the send.
  Histogram refused;   ///< Those that the server refused for its load (RESOURCE_EXHAUSTED).
  Histogram failures;  ///< All others.
  // Open loop, all calls.
  Histogram dispatch_delay;  ///< From the intended time to the send.
  Histogram generator_lag;   ///< The part of it that no call in flight is to blame for.

  std::array<std::uint64_t, kStatuses> by_status{};
  std::string first_failure;          ///< Status and message of one failed call.
  std::uint64_t bytes_sent = 0;       ///< Of messages, without HTTP/2 around them.
  std::uint64_t bytes_received = 0;   ///< The same.
  std::uint64_t payload_bytes = 0;    ///< Sent as payloads; mean_payload() is of these.
  std::uint64_t waited_for_room = 0;  ///< Open loop: calls that were late because too many were in flight.
  Timeline timeline;                  ///< Latency as headline() has it.

  std::uint64_t calls() const {
    return std::accumulate(by_status.begin(), by_status.end(), std::uint64_t{0});
  }
  std::uint64_t of(grpc::StatusCode code) const { return by_status[static_cast<std::size_t>(code)]; }
  std::uint64_t failed() const { return calls() - of(grpc::StatusCode::kOk); }
  /// Something was answered, and nothing went wrong but that a server refused what is too much for it.
  bool is_good() const {
    return of(grpc::StatusCode::kOk) > 0 && failed() == of(grpc::StatusCode::kResourceExhausted);
  }
  /// Of another thread.
  void merge(LoadResult&& other);
};

/// What was run.
struct RunFacts {
  std::string target;
  std::size_t threads = 1;
  std::size_t payload_bytes = 0;   ///< Of every call; nothing when they differ:
  std::string payload_sizes = {};  ///< then the sizes as they were asked for (payload_size.h).
  std::string arrivals;            ///< Of an open loop: "constant" or "poisson"; empty: closed loops only.
  std::string schedule;            ///< Of an open loop, as Schedule::text().
  Duration lag_limit{};            ///< Of an open loop: see is_lagging().
  std::string version;             ///< Of this program.
  std::string commit = {};         ///< Of the source that it was built from; empty: unknown.
  std::string command;             ///< Its flags.
  bool asks_timing = false;        ///< Each call asked the server for its stages.
  std::string kernel;
  std::string processor;
  std::size_t processors = 0;  ///< That this program may run on.
  double began_at_s = 0;       ///< Of the measured time, since the Unix epoch.
};

/// What the machine itself contributes.
struct MachineNoise {
  Duration clock_resolution{};  ///< The smallest difference of two readings that was seen.
  Duration clock_cost{};        ///< Of a reading.
  Histogram hiccups;            ///< How late a thread woke that only sleeps, a millisecond at a time.
};

/// The server's process, where it runs here and may be looked at.
struct ServerCost {
  int pid = 0;
  Duration cpu{};  ///< In the measured time.
};

struct RunResult {
  struct Part {
    std::string name;       ///< kEchoName, kCryptoName or kCallName.
    std::string method;     ///< "/package.Service/Method"
    std::string operation;  ///< Of crypto.
    std::string algorithm;  ///< Of crypto.
    Width width;
    bool is_open = false;  ///< An open loop.
    LoadResult load;

    /// The latency that counts: from the intended time in an open loop, else from the send.
    const Histogram& headline() const { return is_open ? load.intended : load.round_trip; }
    /// More than one call in a hundred was sent later than `limit` for the generator's own sake: what it
    /// measured is itself, too.
    bool is_lagging(Duration limit) const;
  };

  RunFacts facts;
  std::vector<Part> parts;  ///< In the order of the loads.
  Duration elapsed{};       ///< The measured time, until the last call had ended.
  Duration cpu{};           ///< Processor time of this process in it.
  MachineNoise noise;
  std::optional<ServerCost> server;

  std::uint64_t calls() const {
    return std::accumulate(parts.begin(), parts.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const Part& part) { return sum + part.load.calls(); });
  }
  bool is_lagging() const;
  /// Every part is good, and the generator kept up.
  bool is_good() const;
};

}  // namespace hawser::profile
