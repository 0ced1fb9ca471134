// What a run of hawser-profile does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "hawser/base/clock.h"
#include "hawser/base/result.h"
#include "hawser/net/vsock_options.h"
#include "hawser/tls/tls_context.h"
#include "tools/common/flags.h"
#include "tools/profile/arrivals.h"
#include "tools/profile/gate.h"
#include "tools/profile/knee.h"
#include "tools/profile/payload_size.h"
#include "tools/profile/result.h"
#include "tools/profile/schedule.h"

namespace hawser::profile {

enum class Service { kEcho, kCrypto, kBoth, kCall };

/// What is asked of CryptoService.
struct SigningConfig {
  enum class Operation { kSign, kVerify, kPublicKey };

  Operation operation = Operation::kSign;
  std::string algorithm;  ///< A name, not looked at yet.
  std::string key_id;     ///< Empty: the algorithm's default key.
};

/// Of Service::kCall.
struct CallConfig {
  std::string method;          ///< "package.Service/Method", not looked at yet.
  std::string json;            ///< The request.
  std::string json_file;       ///< Not empty: instead of it a file, with one request a line, made in turn.
  std::string descriptor_set;  ///< A file; empty: the server is asked (reflection).
};

/// As --operation has it.
const char* name_of(SigningConfig::Operation operation);

struct LoadConfig {
  std::string target;
  net::VsockOptions vsock_socket;
  Duration busy_poll = Duration::zero();  ///< event::Loop::set_busy_poll of the load's threads.
  const tls::TlsContext* tls = nullptr;   ///< Not owned; outlives the run. Null: in clear.
  std::string authority;                  ///< Empty: the target's.
  std::vector<std::pair<std::string, std::string>> metadata;  ///< Of every call; `-bin` values raw.
  Service service = Service::kEcho;
  std::size_t threads = 1;  ///< Not more than the connections of any service.
  Width width;
  Width crypto_width;          ///< With kBoth, of CryptoService; `width` is then Echo's.
  std::uint64_t requests = 0;  ///< Measured calls; 0: as many as `duration` allows. Not with kBoth.
  Duration duration{};
  Duration warmup{};
  Duration timeout{};     ///< Of each call; 0: none.
  Duration think_time{};  ///< Between a call's end and the next one in its place; with kBoth, Echo's.
  Schedule schedule;      ///< Empty: a closed loop. With kBoth, Echo's; the other one's is a closed loop.
  ArrivalKind arrivals = ArrivalKind::kConstant;
  std::size_t max_outstanding = 0;   ///< Calls in flight of an open loop, on all connections together.
  Duration lag_limit{};              ///< Of an open loop: see RunResult::is_lagging().
  std::optional<LatencyBound> knee;  ///< Search the highest rate that keeps it; `schedule` is the first one.
  PayloadSize payload{0};            ///< Of Echo's requests and messages to sign.
  std::uint64_t seed = 1;  ///< Of what is drawn at random: sizes, and distances of Poisson arrivals.
  SigningConfig signing;
  CallConfig call;
  bool ignore_pushback = false;  ///< A refused call is made again at once, whatever the server asks for.
  bool server_timing = false;    ///< Each call asks for its stages (grpc/server_timing.h).
  int server_pid = 0;            ///< Whose processor time is the server's; 0: nobody's.
};

/// What is done with the numbers.
struct OutputConfig {
  bool json = false;      ///< On standard output, instead of the text.
  bool progress = false;  ///< Also where standard error is no terminal.
  // Files; empty: none.
  std::string json_file;
  std::string csv_file;
  std::string csv_timeline_file;
  std::string hgrm_file;
  std::string hlog_file;
  std::string html_file;
  std::vector<Gate> gates;
};

/// Those of the load and the output; not those of TLS and VSOCK.
std::span<const tools::FlagSpec> load_flags();
Result<tools::Flags> parse_load_flags(std::span<const char* const> args);
Result<LoadConfig> read_load_config(const tools::Flags& flags);
Result<OutputConfig> read_output_config(const tools::Flags& flags);

}  // namespace hawser::profile
