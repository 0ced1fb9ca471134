#include "tools/profile/load_config.h"

#include <iterator>
#include <limits>
#include <vector>

#include "tools/common/tls_flags.h"

namespace hawser::profile {
namespace {

using tools::FlagSpec;

constexpr FlagSpec kFlags[] = {
    {.name = "target",
     .value_name = "ADDRESS",
     .help = "host:port, unix:/path or vsock://cid:port",
     .fallback = "127.0.0.1:50051",
     .environment = "SERVER_ADDR"},
    {.name = "service",
     .value_name = "NAME",
     .help = "echo, crypto, or both: at the same time, reported apart",
     .fallback = "echo"},
    {.name = "connections", .value_name = "N", .help = "Connections", .fallback = "1"},
    {.name = "concurrency", .value_name = "N", .help = "Calls in flight on each connection", .fallback = "1"},
    {.name = "crypto-connections",
     .value_name = "N",
     .help = "With both: connections for crypto, besides --connections for echo",
     .fallback = "1"},
    {.name = "crypto-concurrency",
     .value_name = "N",
     .help = "With both: calls in flight on each of those",
     .fallback = "1"},
    {.name = "requests", .value_name = "N", .help = "Calls to measure; instead of --duration; not with both"},
    {.name = "duration", .value_name = "TIME", .help = "How long to measure: 10s, 500ms", .fallback = "10s"},
    {.name = "warmup", .value_name = "TIME", .help = "Load before measuring", .fallback = "200ms"},
    {.name = "payload-size",
     .value_name = "BYTES",
     .help = "Text in each request, or message to sign",
     .fallback = "23"},
    {.name = "timeout", .value_name = "TIME", .help = "Deadline of each call; 0 is none", .fallback = "0"},
    {.name = "think-time",
     .value_name = "TIME",
     .help = "Rest before the next call after one has ended; with both, of echo's",
     .fallback = "0"},
    {.name = "operation",
     .value_name = "NAME",
     .help = "Of crypto: sign, verify or public-key",
     .fallback = "sign"},
    {.name = "algorithm",
     .value_name = "NAME",
     .help = "Of crypto: rsa-pss-sha256, ED25519_PURE",
     .fallback = "ecdsa-p256-sha256"},
    {.name = "key-id",
     .value_name = "NAME",
     .help = "Of crypto: the key. Default: the server's own for the algorithm"},
    {.name = "ignore-pushback",
     .value_name = "",
     .help = "Make a refused call again at once, whatever the server asks for"},
    {.name = "server-time", .value_name = "", .help = "Ask for Echo's latency on the server, show it apart"},
    {.name = "json", .value_name = "", .help = "Print one JSON object"},
};

constexpr std::uint64_t kMostConnections = 10'000;
constexpr std::uint64_t kMostInFlight = 100'000;
constexpr std::uint64_t kMostPayload = 1 << 30;

template <class Value>
struct Choice {
  const char* name;
  Value value;
};
constexpr Choice<Service> kServices[] = {
    {"echo", Service::kEcho}, {"crypto", Service::kCrypto}, {"both", Service::kBoth}};
constexpr Choice<SigningConfig::Operation> kOperations[] = {
    {"sign", SigningConfig::Operation::kSign},
    {"verify", SigningConfig::Operation::kVerify},
    {"public-key", SigningConfig::Operation::kPublicKey}};

template <class Value>
Result<void> choose(const tools::Flags& flags, const char* flag, std::span<const Choice<Value>> choices,
                    Value& into) {
  const std::string given = flags.text(flag);
  std::string names;
  for (const Choice<Value>& choice : choices) {
    if (given == choice.name) {
      into = choice.value;
      return {};
    }
    names.append(names.empty() ? "" : ", ").append(choice.name);
  }
  return usage_error("--" + std::string(flag) + ": \"" + given + "\" is none of " + names);
}

Result<void> read_counts(const tools::Flags& flags, LoadConfig& config) {
  struct {
    const char* name;
    std::uint64_t least;
    std::uint64_t most;
    std::size_t& into;
  } const counts[] = {{"connections", 1, kMostConnections, config.width.connections},
                      {"concurrency", 1, kMostInFlight, config.width.concurrency},
                      {"crypto-connections", 1, kMostConnections, config.crypto_width.connections},
                      {"crypto-concurrency", 1, kMostInFlight, config.crypto_width.concurrency},
                      {"payload-size", 0, kMostPayload, config.payload_bytes}};
  for (const auto& count : counts) {
    const Result<std::uint64_t> value = flags.count(count.name, count.least, count.most);
    if (!value) return tl::unexpected<Error>(value.error());
    count.into = *value;
  }
  if (!flags.is_on("requests")) return {};
  const auto requests = flags.count("requests", 1, std::numeric_limits<std::uint64_t>::max());
  if (!requests) return tl::unexpected<Error>(requests.error());
  config.requests = *requests;
  if (config.service != Service::kBoth) return {};
  return usage_error("--requests says nothing about two services: with both it is --duration");
}

Result<void> read_durations(const tools::Flags& flags, LoadConfig& config) {
  struct {
    const char* name;
    Duration& into;
  } const durations[] = {{"duration", config.duration},
                         {"warmup", config.warmup},
                         {"timeout", config.timeout},
                         {"think-time", config.think_time}};
  for (const auto& duration : durations) {
    const Result<Duration> value = flags.duration(duration.name);
    if (!value) return tl::unexpected<Error>(value.error());
    duration.into = *value;
  }
  return {};
}

}  // namespace

Result<tools::Flags> parse_load_flags(std::span<const char* const> args) {
  std::vector<FlagSpec> specs(std::begin(kFlags), std::end(kFlags));
  for (const FlagSpec& flag : tools::client_tls_flags()) specs.push_back(flag);
  return tools::Flags::parse(
      "hawser-profile",
      "Closed-loop load on EchoService.Echo or CryptoService: each finished call starts the next one, on "
      "one\n"
      "thread. Throughput is what this pace allows; latencies are under exactly this load. A call that the\n"
      "server refuses for its load is made again when the server asks for it.\n",
      specs, args);
}

Result<LoadConfig> read_load_config(const tools::Flags& flags) {
  LoadConfig config;
  config.target = flags.text("target");
  config.server_time = flags.is_on("server-time");
  config.ignore_pushback = flags.is_on("ignore-pushback");
  config.json = flags.is_on("json");
  config.signing.algorithm = flags.text("algorithm");
  config.signing.key_id = flags.text("key-id");
  const Result<void> read = choose<Service>(flags, "service", kServices, config.service)
                                .and_then([&] {
                                  return choose<SigningConfig::Operation>(flags, "operation", kOperations,
                                                                          config.signing.operation);
                                })
                                .and_then([&] { return read_counts(flags, config); })
                                .and_then([&] { return read_durations(flags, config); });
  if (!read) return tl::unexpected<Error>(read.error());
  return config;
}

}  // namespace hawser::profile
