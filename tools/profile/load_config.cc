#include "tools/profile/load_config.h"

#include <algorithm>
#include <limits>
#include <span>

#include <absl/strings/escaping.h>

#include "hawser/client/call.h"
#include "tools/common/parse.h"
#include "tools/common/vsock_flags.h"

namespace hawser::profile {
namespace {

constexpr std::uint64_t kMostConnections = 10'000;
constexpr std::uint64_t kMostInFlight = 100'000;
constexpr std::uint64_t kMostThreads = 256;
constexpr std::uint64_t kLongestBusyPollUs = 10'000;
// Of an open loop with a number of requests: they end it.
constexpr Duration kWithoutEnd = std::chrono::hours(24 * 365 * 10);

template <class Value>
struct Choice {
  const char* name;
  Value value;
};
constexpr Choice<Service> kServices[] = {
    {"echo", Service::kEcho}, {"crypto", Service::kCrypto}, {"both", Service::kBoth}};
constexpr Choice<ArrivalKind> kArrivals[] = {{"constant", ArrivalKind::kConstant},
                                             {"poisson", ArrivalKind::kPoisson}};
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
  return flags.wrong(flag, "\"" + given + "\" is none of " + names);
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
                      {"threads", 1, kMostThreads, config.threads},
                      {"max-outstanding", 1, kMostInFlight * 10, config.max_outstanding}};
  for (const auto& count : counts) {
    const Result<std::uint64_t> value = flags.count(count.name, count.least, count.most);
    if (!value) return tl::unexpected<Error>(value.error());
    count.into = *value;
  }
  return {};
}

Result<void> read_sockets(const tools::Flags& flags, LoadConfig& config) {
  const auto vsock = tools::read_vsock_socket_flags(flags);
  if (!vsock) return tl::unexpected<Error>(vsock.error());
  config.vsock_socket = *vsock;
  const auto busy_poll = flags.count("busy-poll", 0, kLongestBusyPollUs);
  if (!busy_poll) return tl::unexpected<Error>(busy_poll.error());
  config.busy_poll = std::chrono::microseconds(*busy_poll);
  return {};
}

Result<void> read_payload(const tools::Flags& flags, LoadConfig& config) {
  const auto seed = flags.count("seed", 0, std::numeric_limits<std::uint64_t>::max());
  if (!seed) return tl::unexpected<Error>(seed.error());
  config.seed = *seed;
  auto payload = PayloadSize::parse(flags.text("payload-size"));
  if (!payload) return flags.wrong("payload-size", payload.error().detail);
  config.payload = std::move(*payload);
  return {};
}

Result<void> read_server_pid(const tools::Flags& flags, LoadConfig& config) {
  if (!flags.is_on("server-pid")) return {};
  const auto pid = flags.count("server-pid", 1, std::numeric_limits<int>::max());
  if (!pid) return tl::unexpected<Error>(pid.error());
  config.server_pid = static_cast<int>(*pid);
  return {};
}

Result<void> read_requests(const tools::Flags& flags, LoadConfig& config) {
  // Of a flag and a variable that say different things the flag counts.
  const bool is_timed = flags.is_given("duration") || flags.is_given("schedule");
  if (!flags.is_on("requests") || (is_timed && !flags.is_given("requests"))) return {};
  const auto requests = flags.count("requests", 1, std::numeric_limits<std::uint64_t>::max());
  if (!requests) return tl::unexpected<Error>(requests.error());
  config.requests = *requests;
  if (config.service == Service::kBoth) {
    return flags.wrong("requests", "it says nothing about two services: with both it is --duration");
  }
  if (flags.is_given("schedule"))
    return flags.wrong("requests", "the schedule says how many calls there are");
  if (config.requests < config.threads) return flags.wrong("requests", "at least one for each thread");
  return {};
}

Result<void> read_durations(const tools::Flags& flags, LoadConfig& config) {
  struct {
    const char* name;
    Duration& into;
  } const durations[] = {{"duration", config.duration},
                         {"warmup", config.warmup},
                         {"timeout", config.timeout},
                         {"lag-limit", config.lag_limit},
                         {"think-time", config.think_time}};
  for (const auto& duration : durations) {
    const Result<Duration> value = flags.duration(duration.name);
    if (!value) return tl::unexpected<Error>(value.error());
    duration.into = *value;
  }
  // A variable of other benchmarks, which write it in seconds.
  if (flags.is_from_environment("duration")) {
    const std::string text = flags.text("duration");
    const bool has_unit = text.find_first_not_of("0123456789") != std::string::npos;
    if (!has_unit) config.duration *= 1000;
  }
  return {};
}

Result<void> read_threads(const tools::Flags& flags, const LoadConfig& config) {
  const std::size_t fewest = config.service == Service::kBoth
                                 ? std::min(config.width.connections, config.crypto_width.connections)
                                 : config.width.connections;
  if (config.threads > fewest) {
    return flags.wrong("threads", std::to_string(config.threads) + " threads need as many connections, not " +
                                      std::to_string(fewest));
  }
  if (config.max_outstanding < config.threads) {
    return flags.wrong("max-outstanding", "at least one for each thread");
  }
  return {};
}

// The schedule is that of the first step.
Result<void> read_knee(const tools::Flags& flags, LoadConfig& config) {
  for (const char* other :
       {"rate", "schedule", "requests", "fail-if", "hgrm", "hlog", "csv", "csv-timeline"}) {
    if (flags.is_given(other))
      return flags.wrong(other, "--find-knee makes many runs, and chooses their rates");
  }
  if (config.service == Service::kBoth) return flags.wrong("find-knee", "two services have no one knee");
  auto bound = LatencyBound::parse(flags.text("find-knee"));
  if (!bound) return flags.wrong("find-knee", bound.error().detail);
  const auto start = parse_rate(flags.text("knee-start"), 0.001);
  if (!start) return flags.wrong("knee-start", start.error().detail);
  config.requests = 0;
  config.schedule = Schedule({{*start, *start, config.duration}});
  config.knee = std::move(*bound);
  return {};
}

Result<void> read_call(const tools::Flags& flags, LoadConfig& config) {
  if (!flags.is_on("call")) {
    for (const char* other : {"json-request", "json-requests", "descriptor-set"}) {
      if (flags.is_given(other)) return flags.wrong(other, "it says nothing without --call");
    }
    return {};
  }
  for (const char* other : {"service", "payload-size"}) {
    if (flags.is_given(other)) return flags.wrong(other, "it says nothing with --call");
  }
  config.service = Service::kCall;
  if (flags.is_given("json-request") && flags.is_given("json-requests")) {
    return flags.wrong("json-requests", "--json-request says it already");
  }
  config.call = {flags.text("call"), flags.text("json-request"), flags.text("json-requests"),
                 flags.text("descriptor-set")};
  return {};
}

Result<void> read_schedule(const tools::Flags& flags, LoadConfig& config) {
  if (flags.is_on("find-knee")) {
    if (auto read = read_knee(flags, config); !read) return read;
  } else if (flags.is_on("schedule")) {
    for (const char* other : {"rate", "duration"}) {
      if (flags.is_given(other)) return flags.wrong(other, "--schedule says it already");
    }
    auto schedule = Schedule::parse(flags.text("schedule"));
    if (!schedule) return flags.wrong("schedule", schedule.error().detail);
    config.schedule = std::move(*schedule);
    config.duration = config.schedule.length();
  } else if (flags.is_on("rate") && flags.text("rate") != "0") {
    const auto rate = parse_rate(flags.text("rate"), 0.001);
    if (!rate) return flags.wrong("rate", rate.error().detail);
    config.schedule = Schedule({{*rate, *rate, config.requests > 0 ? kWithoutEnd : config.duration}});
    if (config.schedule.calls() < 1) return flags.wrong("rate", "no call falls into the time of the run");
  }
  if (config.schedule.empty()) {
    if (flags.is_given("arrivals")) return flags.wrong("arrivals", "only an open loop has arrivals: --rate");
    return {};
  }
  if (config.think_time > Duration{}) {
    return flags.wrong("think-time", "an open loop doesn't wait for calls to end");
  }
  return {};
}

Result<void> read_metadata(const tools::Flags& flags, LoadConfig& config) {
  client::Call judge({});
  for (const std::string& text : flags.texts("metadata")) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return flags.wrong("metadata", "\"" + text + "\" is not NAME=VALUE");
    }
    const std::string name = text.substr(0, equals);
    const std::string given = text.substr(equals + 1);
    std::string value = given;
    if (name.ends_with("-bin") && !absl::Base64Unescape(given, &value)) {
      return flags.wrong("metadata", "the value of " + name + " is not base64");
    }
    if (auto added = judge.add_metadata(name, value); !added) {
      return flags.wrong("metadata", added.error().detail);
    }
    config.metadata.emplace_back(name, value);
  }
  return {};
}

}  // namespace

const char* name_of(SigningConfig::Operation operation) {
  for (const auto& choice : kOperations) {
    if (choice.value == operation) return choice.name;
  }
  return "";
}

Result<LoadConfig> read_load_config(const tools::Flags& flags) {
  LoadConfig config;
  config.target = flags.text("target");
  config.authority = flags.text("authority");
  config.server_timing = flags.is_on("server-timing");
  config.ignore_pushback = flags.is_on("ignore-pushback");
  config.signing.algorithm = flags.text("algorithm");
  config.signing.key_id = flags.text("key-id");
  const Result<void> read =
      choose<Service>(flags, "service", kServices, config.service)
          .and_then([&] {
            return choose<SigningConfig::Operation>(flags, "operation", kOperations,
                                                    config.signing.operation);
          })
          .and_then([&] { return read_counts(flags, config); })
          .and_then([&] { return read_payload(flags, config); })
          .and_then([&] { return choose<ArrivalKind>(flags, "arrivals", kArrivals, config.arrivals); })
          .and_then([&] { return read_durations(flags, config); })
          .and_then([&] { return read_call(flags, config); })
          .and_then([&] { return read_threads(flags, config); })
          .and_then([&] { return read_sockets(flags, config); })
          .and_then([&] { return read_requests(flags, config); })
          .and_then([&] { return read_schedule(flags, config); })
          .and_then([&] { return read_server_pid(flags, config); })
          .and_then([&] { return read_metadata(flags, config); });
  if (!read) return tl::unexpected<Error>(read.error());
  return config;
}

Result<OutputConfig> read_output_config(const tools::Flags& flags) {
  OutputConfig config;
  config.json = flags.is_on("json");
  config.progress = flags.is_on("progress");
  config.json_file = flags.text("json-file");
  config.csv_file = flags.text("csv");
  config.csv_timeline_file = flags.text("csv-timeline");
  config.hgrm_file = flags.text("hgrm");
  config.hlog_file = flags.text("hlog");
  config.html_file = flags.text("html");
  for (const std::string& text : flags.texts("fail-if")) {
    auto gate = Gate::parse(text);
    if (!gate) return flags.wrong("fail-if", gate.error().detail);
    config.gates.push_back(std::move(*gate));
  }
  return config;
}

}  // namespace hawser::profile
