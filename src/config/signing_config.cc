#include "src/config/signing_config.h"

#include <string>

namespace hawser {
namespace {

using tools::Flags;
using tools::FlagSpec;

constexpr std::string_view kSigningGroup = "Signing";
constexpr std::uint64_t kMostJobs = 1'000'000;

constexpr FlagSpec kSigningFlags[] = {
    {.name = "signing-workers",
     .value_name = "N",
     .help = "Threads that sign; 0 is one a CPU but one, at least one",
     .fallback = "0",
     .group = kSigningGroup},
    {.name = "signing-nice",
     .value_name = "N",
     .help = "How much they give way to the event loops, 0 to 19",
     .fallback = "5",
     .group = kSigningGroup},
    {.name = "signing-fast-delay",
     .value_name = "TIME",
     .help = "Refuse what would wait longer for P-256, Ed25519 and verifying",
     .fallback = "5ms",
     .group = kSigningGroup},
    {.name = "signing-slow-delay",
     .value_name = "TIME",
     .help = "The same for RSA, P-384, P-521 and batches",
     .fallback = "50ms",
     .group = kSigningGroup},
    {.name = "signing-queue",
     .value_name = "N",
     .help = "Calls that may wait in each of the two lanes",
     .fallback = "1024",
     .group = kSigningGroup},
    {.name = "signing-queue-per-connection",
     .value_name = "N",
     .help = "And those of one connection",
     .fallback = "256",
     .group = kSigningGroup},
    {.name = "signing-inline",
     .value_name = "",
     .help = "Event loops sign with P-256 and Ed25519 themselves, once a pass at most",
     .group = kSigningGroup},
    {.name = "verify-after-sign",
     .value_name = "HOW",
     .help = "off, sample:N (one of N) or always: check signatures before they leave. Default sample:1000, "
             "and off for RSA, which OpenSSL checks itself",
     .group = kSigningGroup},
};

}  // namespace

std::span<const FlagSpec> signing_flags() { return kSigningFlags; }

Result<void> read_signing_flags(const Flags& flags, signing::SigningOptions& options) {
  std::size_t nice = 0;
  const struct {
    std::string_view name;
    std::uint64_t least;
    std::uint64_t most;
    std::size_t& into;
  } counts[] = {
      {"signing-workers", 0, lanes::LaneOptions::kMostWorkers, options.lanes.workers},
      {"signing-nice", 0, 19, nice},
      {"signing-queue", 1, kMostJobs, options.lanes.max_jobs},
      {"signing-queue-per-connection", 1, kMostJobs, options.most_jobs_per_connection},
  };
  for (const auto& count : counts) {
    const auto value = flags.count(count.name, count.least, count.most);
    if (!value) return tl::unexpected<Error>(value.error());
    count.into = *value;
  }
  options.lanes.nice = static_cast<int>(nice);
  options.sign_inline = flags.is_on("signing-inline");
  const struct {
    std::string_view name;
    Duration& into;
  } delays[] = {{"signing-fast-delay", options.lanes.max_fast_delay},
                {"signing-slow-delay", options.lanes.max_slow_delay}};
  for (const auto& delay : delays) {
    const auto value = flags.duration(delay.name);
    if (!value) return tl::unexpected<Error>(value.error());
    if (*value == Duration::zero()) return flags.wrong(delay.name, "it can't be 0");
    delay.into = *value;
  }
  if (!flags.is_on("verify-after-sign")) return {};
  const auto verify = signing::VerifyAfterSign::parse(flags.text("verify-after-sign"));
  if (!verify) return flags.wrong("verify-after-sign", verify.error().detail);
  options.verify = {*verify, *verify, *verify};
  return {};
}

}  // namespace hawser
