#include <iterator>
#include <vector>

#include "tools/common/tls_flags.h"
#include "tools/common/vsock_flags.h"
#include "tools/profile/load_config.h"

namespace hawser::profile {
namespace {

using tools::FlagSpec;

constexpr std::string_view kOpenLoop = "Open loop";
constexpr std::string_view kOutput = "Output";

constexpr FlagSpec kLoadFlags[] = {
    {.name = "target",
     .value_name = "ADDRESS",
     .help = "host:port, unix:/path or vsock://cid:port",
     .fallback = "127.0.0.1:50051",
     .environment = "SERVER_ADDR"},
    {.name = "authority", .value_name = "NAME", .help = "The :authority to send, instead of the target's"},
    {.name = "service",
     .value_name = "NAME",
     .help = "echo, crypto, or both: at the same time, reported apart",
     .fallback = "echo",
     .environment = "BENCHMARK_TYPE"},
    {.name = "call",
     .value_name = "METHOD",
     .help = "Instead of a service: package.Service/Method of any server, unary"},
    {.name = "json-request", .value_name = "JSON", .help = "With --call: the request", .fallback = "{}"},
    {.name = "json-requests",
     .value_name = "FILE",
     .help = "With --call: a file with one request a line, which are made in turn"},
    {.name = "descriptor-set",
     .value_name = "FILE",
     .help = "With --call: types, as protoc --include_imports --descriptor_set_out writes them. Default: the "
             "server is asked (reflection)"},
    {.name = "busy-poll",
     .value_name = "USEC",
     .help = "Before they sleep, the load's threads look for replies for so many microseconds. 0 is never",
     .fallback = "0"},
    {.name = "threads",
     .value_name = "N",
     .help = "Threads that make calls, each with its share of the connections",
     .fallback = "1",
     .environment = "THREADS"},
    {.name = "connections",
     .value_name = "N",
     .help = "Connections",
     .fallback = "1",
     .environment = "CONNECTIONS"},
    {.name = "concurrency",
     .value_name = "N",
     .help = "Closed loop: calls in flight on each connection",
     .fallback = "1"},
    {.name = "crypto-connections",
     .value_name = "N",
     .help = "With both: connections for crypto, besides --connections for echo",
     .fallback = "1"},
    {.name = "crypto-concurrency",
     .value_name = "N",
     .help = "With both: calls in flight on each of those",
     .fallback = "1"},
    {.name = "requests",
     .value_name = "N",
     .help = "Calls to measure; instead of --duration; not with both",
     .environment = "REQUESTS"},
    {.name = "duration",
     .value_name = "TIME",
     .help = "How long to measure: 10s, 500ms; a bare number is milliseconds, in the variable seconds",
     .fallback = "10s",
     .environment = "DURATION"},
    {.name = "warmup", .value_name = "TIME", .help = "Load before measuring", .fallback = "200ms"},
    {.name = "metadata",
     .value_name = "NAME=VALUE",
     .help = "Sent with each call, repeatable; the value of a NAME that ends in -bin is base64",
     .repeatable = true},
    {.name = "payload-size",
     .value_name = "SIZE",
     .help = "Bytes of text in each request, or of the message to sign: 23, 16..4096 (any between, each as "
             "likely), or a mix: 64:90%,1024..65536:10%",
     .fallback = "23"},
    {.name = "seed",
     .value_name = "N",
     .help = "Of what is drawn at random: payload sizes, and the distances of Poisson arrivals",
     .fallback = "1"},
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
    {.name = "server-timing",
     .value_name = "",
     .help = "Ask the server how long each call took there, by stage: hawser-server tells with its own "
             "--server-timing"},
    {.name = "server-pid",
     .value_name = "PID",
     .help =
         "Whose processor time is the server's. Default: who listens at the target, if it is here and yours"},
    {.name = "rate",
     .value_name = "N",
     .help = "Calls a second, made in time whatever the server does; 0 is a closed loop. With both, of echo",
     .environment = "RATE_LIMIT",
     .group = kOpenLoop},
    {.name = "schedule",
     .value_name = "PHASES",
     .help = "Instead of --rate and --duration: 1000:10s,2000:10s are steps, 1000..5000:30s is a ramp",
     .group = kOpenLoop},
    {.name = "arrivals",
     .value_name = "NAME",
     .help = "constant (equal distances) or poisson (at random)",
     .fallback = "constant",
     .group = kOpenLoop},
    {.name = "max-outstanding",
     .value_name = "N",
     .help = "Calls in flight at most; those that are due then wait, and their waiting counts",
     .fallback = "10000",
     .group = kOpenLoop},
    {.name = "lag-limit",
     .value_name = "TIME",
     .help =
         "The run fails when more than 1 % of the calls were sent later than that for this program's sake",
     .fallback = "1ms",
     .group = kOpenLoop},
    {.name = "find-knee",
     .value_name = "BOUND",
     .help = "Search the highest rate at which p99<1ms (or the like) holds. Each step lasts --duration, or "
             "longer where the percentile needs more calls",
     .group = kOpenLoop},
    {.name = "knee-start",
     .value_name = "N",
     .help = "Calls a second of the first step",
     .fallback = "1000",
     .group = kOpenLoop},
    {.name = "json", .value_name = "", .help = "Print one JSON object instead of the text", .group = kOutput},
    {.name = "json-file", .value_name = "FILE", .help = "The same into a file", .group = kOutput},
    {.name = "csv", .value_name = "FILE", .help = "A row for each kind of latency", .group = kOutput},
    {.name = "csv-timeline", .value_name = "FILE", .help = "A row for each interval", .group = kOutput},
    {.name = "hgrm", .value_name = "FILE", .help = "Percentile distribution, for plotters", .group = kOutput},
    {.name = "hlog",
     .value_name = "FILE",
     .help = "HdrHistogram log (compressed, V2) of all intervals",
     .group = kOutput},
    {.name = "html",
     .value_name = "FILE",
     .help = "A page for the browser: tables and plots, in one file that needs no network",
     .group = kOutput},
    {.name = "compare",
     .value_name = "FILE",
     .help = "No run: compares those that --json-file wrote into this FILE and the FILEs that follow; "
             "--compare FILE --help says more",
     .group = kOutput},
    {.name = "fail-if",
     .value_name = "CONDITION",
     .help = "Exit with 3 when it holds: p99>1ms, errors>0.1%, throughput<1000, crypto.max>=1s; repeatable. "
             "So does a percentile with too few calls: p99 needs 10000, p99.9 100000",
     .repeatable = true,
     .group = kOutput},
    {.name = "progress",
     .value_name = "",
     .help = "A line a second on standard error, also where that is no terminal",
     .group = kOutput},
};

}  // namespace

std::span<const FlagSpec> load_flags() { return kLoadFlags; }

Result<tools::Flags> parse_load_flags(std::span<const char* const> args) {
  std::vector<FlagSpec> specs(std::begin(kLoadFlags), std::end(kLoadFlags));
  for (const FlagSpec& flag : tools::client_tls_flags()) specs.push_back(flag);
  for (const FlagSpec& flag : tools::vsock_socket_flags()) specs.push_back(flag);
  return tools::Flags::parse(
      "hawser-profile",
      "Load on a gRPC server, and how long its calls take. In a closed loop each finished call starts the\n"
      "next one: throughput is what this pace allows, latencies are under exactly this load. In an open "
      "loop\n"
      "(--rate, --schedule) calls are made at their time, and latency counts from that time, whether or not\n"
      "they could be sent then. hawser-profile stock measures hawser-server against stock grpc++: see\n"
      "hawser-profile stock --help. Exit codes: 1 calls failed or this program lagged, 2 usage, 3 a\n"
      "condition of --fail-if.\n",
      specs, args);
}

}  // namespace hawser::profile
