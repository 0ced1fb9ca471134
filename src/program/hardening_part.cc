#include "src/program/hardening_part.h"

#include <utility>

#include "src/config/hardening_config.h"

namespace hawser {

std::vector<tools::FlagSpec> HardeningPart::flags() const {
  const auto flags = hardening_flags();
  return {flags.begin(), flags.end()};
}

Result<void> HardeningPart::read(const tools::Flags& flags) {
  auto options = read_hardening_flags(flags);
  if (!options) return tl::unexpected<Error>(std::move(options.error()));
  options_ = *options;
  return {};
}

}  // namespace hawser
