// hawser-client echo: calls EchoService.Echo and shows what came back, and how long it took.
#include <chrono>
#include <cstdint>
#include <iostream>
#include <limits>
#include <string>

#include "echo.pb.h"
#include "hawser/client/unary_call.h"
#include "tools/client/command.h"
#include "tools/client/target.h"
#include "tools/common/parse.h"

namespace hawser::tools {
namespace {

constexpr client::UnaryMethod<::echo::EchoRequest, ::echo::EchoResponse> kEcho{"/echo.EchoService/Echo"};

constexpr FlagSpec kEchoFlags[] = {
    kTargetFlag,
    {.name = "payload", .value_name = "TEXT", .help = "What to send", .fallback = "hello"},
    {.name = "count", .value_name = "N", .help = "Calls, one after the other", .fallback = "1"},
    {.name = "timeout",
     .value_name = "MS",
     .help = "Deadline of each call in milliseconds, or with a unit: 2s",
     .fallback = "5000"},
    kCompressionFlag,
};

struct EchoConfig {
  std::string payload;
  std::uint64_t count = 1;
  Duration timeout{};
  grpc::Encoding compression = grpc::Encoding::kIdentity;
};

Result<EchoConfig> read_flags(const Flags& flags) {
  EchoConfig config{.payload = flags.text("payload")};
  const auto count = flags.count("count", 1, std::numeric_limits<std::uint64_t>::max());
  if (!count) return tl::unexpected<Error>(count.error());
  config.count = *count;
  const auto timeout = flags.duration("timeout");
  if (!timeout) return tl::unexpected<Error>(timeout.error());
  config.timeout = *timeout;
  const auto compression = client::compression_by_name(flags.text("compression"));
  if (!compression) return tl::unexpected<Error>(compression.error());
  config.compression = *compression;
  return config;
}

std::int64_t unix_milliseconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

void print_reply(const ::echo::EchoResponse& response, Duration round_trip) {
  std::cout << response.payload() << "  round trip " << format_duration(round_trip);
  // 0 is what a server says that doesn't measure (echo.proto).
  if (response.server_latency_ns() > 0) {
    std::cout << ", server " << format_duration(Duration(response.server_latency_ns()));
  }
  std::cout << '\n';
}

int echo_once(client::Channel& channel, const EchoConfig& config) {
  ::echo::EchoRequest request;
  request.set_payload(config.payload);
  request.set_timestamp(unix_milliseconds());
  request.set_want_server_latency(true);
  const Instant start = Clock::now();
  const auto reply =
      client::call(channel, kEcho, request, {.timeout = config.timeout, .compression = config.compression});
  const Duration round_trip = Clock::now() - start;
  if (!reply.ok()) {
    return complain(std::string(to_string(reply.status.code)) + ": " + reply.status.message, kExitFailed);
  }
  print_reply(reply.response, round_trip);
  return kExitOk;
}

int run_echo(const Flags& flags) {
  const Result<EchoConfig> config = read_flags(flags);
  if (!config) return complain(config.error());
  const auto channel = open_channel(flags, "target");
  if (!channel) return complain(channel.error());
  for (std::uint64_t i = 0; i < config->count; ++i) {
    if (const int code = echo_once(**channel, *config); code != kExitOk) return code;
  }
  return kExitOk;
}

}  // namespace

const Command kEchoCommand{
    "echo", "Sends a text to EchoService.Echo and prints the reply.", kEchoFlags, {}, &run_echo};

}  // namespace hawser::tools
