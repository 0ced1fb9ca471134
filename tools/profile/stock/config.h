// What hawser-profile stock does.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "hawser/base/result.h"
#include "tools/common/flags.h"
#include "tools/profile/load_config.h"
#include "tools/profile/stock/affinity.h"
#include "tools/profile/stock/ratio_gate.h"
#include "tools/profile/stock/result.h"
#include "tools/profile/stock/server_process.h"

namespace hawser::profile {

struct StockConfig {
  std::array<ServerCommand, kServers> servers;  ///< Without cores.
  CoreWish server_core;
  CoreWish load_core;
  std::size_t rounds = 1;
  LoadConfig load;            ///< Without a target.
  bool has_own_load = false;  ///< False: the usual loads take the place of the width and schedule of `load`.

  bool json = false;      ///< On standard output, instead of the text.
  bool progress = false;  ///< Also where standard error is no terminal.
  std::string json_file;  ///< Empty: none.
  std::string html_file;  ///< The same.
  std::vector<RatioGate> gates;
};

/// Where the servers are when no flag says it: in the build directory that `program` (this one, an absolute
/// path) is part of; where it is installed, its hawser-server is beside it.
struct ServerPaths {
  std::filesystem::path stock;
  std::filesystem::path hawser;
};
ServerPaths default_server_paths(const std::filesystem::path& program);

/// The command line is one of `stock`, right or wrong.
bool is_stock_command(std::span<const char* const> args);
/// `args` with the word `stock` in front.
Result<tools::Flags> parse_stock_flags(std::span<const char* const> args);
/// Scope usage, also where a server's program is not there.
Result<StockConfig> read_stock_config(const tools::Flags& flags);

}  // namespace hawser::profile
