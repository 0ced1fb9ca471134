#include "src/config/access_config.h"

#include "src/access/policy_file.h"

namespace hawser {
namespace {

using tools::FlagSpec;

constexpr FlagSpec kAccessFlags[] = {
    {.name = "policy",
     .value_name = "FILE",
     .help = "Who may do what with which key, in TOML. Without it everybody may sign, verify and get public "
             "keys with the default keys, and nobody with others",
     .group = "Access"},
};

}  // namespace

std::span<const FlagSpec> access_flags() { return kAccessFlags; }

Result<access::Policy> read_access_flags(const tools::Flags& flags) {
  if (!flags.is_on("policy")) return access::Policy();
  auto policy = access::load_policy(flags.text("policy"));
  if (!policy) return flags.wrong("policy", policy.error().detail);
  return policy;
}

}  // namespace hawser
