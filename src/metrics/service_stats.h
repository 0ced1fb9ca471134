// How things stand at this moment, for metrics that are looked up when somebody asks, not counted call by
// call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "hawser/base/clock.h"
#include "src/keys/keyring.h"

namespace hawser::metrics {

struct ServiceStats {
  /// Jobs that were refused by a lane or dropped in it, since the start.
  struct Dropped {
    std::string_view reason;
    std::uint64_t jobs = 0;
  };
  struct Lane {
    std::string_view name;
    std::size_t depth = 0;
    Duration cost{};  ///< What its jobs are expected to take.
    std::vector<Dropped> dropped;
  };
  struct Keystore {
    std::uint64_t generation = 0;
    bool ephemeral = false;
  };

  struct Connections {
    std::size_t open = 0;
    std::uint64_t refused_by_cid = 0;  ///< Those of the administrative one, too.
  };

  std::vector<Lane> lanes;
  std::size_t workers = 0;
  std::size_t busy_workers = 0;
  std::shared_ptr<const keys::KeyMap> keys;  ///< Null: not loaded.
  std::optional<Keystore> keystore;
  std::optional<bool> selftest_ok;  ///< nullopt: none was made yet.
  std::uint64_t faults_detected = 0;
  std::optional<Connections> connections;   ///< Of the data server; nullopt: it has ended.
  std::optional<std::uint64_t> audit_lost;  ///< Lines; nullopt: there is no audit log.
  bool audit_failing = false;
  std::optional<std::uint64_t> traces_lost;
};

}  // namespace hawser::metrics
