#include "src/config/hardening_config.h"

namespace hawser {
namespace {

using tools::FlagSpec;

constexpr std::string_view kHardeningGroup = "Hardening";

constexpr FlagSpec kHardeningFlags[] = {
    {.name = "allow-profiling",
     .value_name = "",
     .help =
         "Let perf and gdb of the same user look into the process, and so at its keys. Not for production",
     .group = kHardeningGroup},
    {.name = "secure-heap-mib",
     .value_name = "N",
     .help = "Locked memory for private keys: about 1000 RSA-2048 keys a MiB, a copy for each signing worker",
     .fallback = "4",
     .group = kHardeningGroup},
    {.name = "require-mlock",
     .value_name = "",
     .help = "Do not start when memory can't be locked against swapping, instead of warning",
     .group = kHardeningGroup},
};

}  // namespace

std::span<const FlagSpec> hardening_flags() { return kHardeningFlags; }

Result<hardening::HardeningOptions> read_hardening_flags(const tools::Flags& flags) {
  hardening::HardeningOptions options;
  options.process.allow_profiling = flags.is_on("allow-profiling");
  const auto mib = flags.count("secure-heap-mib", 1, hardening::kMostSecureHeapMib);
  if (!mib) return tl::unexpected<Error>(mib.error());
  options.secure_heap_mib = *mib;
  options.require_mlock = flags.is_on("require-mlock");
  return options;
}

}  // namespace hawser
