// What hawser-server has beside Echo, behind one interface, so that main.cc and the flags need not know which
// parts this build has (server_parts.cc).
//
//   flags -> read -> prepare -> add_to -> extra_servers -> start -> (the servers run) -> stop
//
// Errors of scope usage say what a flag or a file that it names has wrong.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hawser/base/log.h"
#include "hawser/base/result.h"
#include "hawser/server/server.h"
#include "hawser/services/health.h"
#include "tools/common/flags.h"

namespace hawser {

/// One thread, main's. Outlives the servers that it was added to.
class ServerPart {
 public:
  virtual ~ServerPart() = default;

  virtual std::vector<tools::FlagSpec> flags() const = 0;
  virtual Result<void> read(const tools::Flags& flags) = 0;
  /// Opens and makes what calls will need. The first threads are started here, if any.
  virtual Result<void> prepare(log::Sink& log, services::HealthService& health) = 0;
  /// Its services for data calls, before that server starts.
  virtual Result<void> add_to(server::Server& server) = 0;
  /// Servers of its own, which run and end with the program's. Bound; `lines` gets what to print of them.
  virtual Result<std::vector<server::Server*>> extra_servers(std::string& lines) = 0;
  /// Right before the servers start. `ports`: the TCP and VSOCK ports that data calls may come by.
  virtual Result<void> start(std::span<const std::uint32_t> ports) = 0;
  /// The server of add_to() ends now; its numbers are no longer to be had.
  virtual void leave_server() = 0;
  /// They have ended, or prepare() or start() of this or another part failed.
  virtual void stop() = 0;
  /// With what the program ends when prepare() failed with this.
  virtual int exit_code_of(const Error& error) const = 0;
};

/// Those of this build.
std::vector<std::unique_ptr<ServerPart>> make_server_parts();

}  // namespace hawser
