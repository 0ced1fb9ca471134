#include "src/access/policy.h"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "src/keys/key_id.h"
#include "src/keys/refusal.h"

namespace hawser::access {

Policy::Policy() : only_default_keys_(true), own_uid_(::geteuid()) {}

Policy::Policy(std::vector<PolicyRule> rules) : own_uid_(::geteuid()), rules_(std::move(rules)) {
  knows_identities_ = std::any_of(rules_.begin(), rules_.end(),
                                  [](const PolicyRule& rule) { return !rule.principal.is_anyone(); });
}

bool Policy::is_own_user(const Principal& who) const {
  return who.kind() == Principal::Kind::kUid && (who.number() == own_uid_ || who.number() == 0);
}

Decision Policy::decide(const Principal& who, Operation operation, std::string_view key_id) const {
  if (operation == Operation::kAdmin && is_own_user(who)) return Decision::kAllowed;
  if (only_default_keys_) {
    const bool allowed = operation != Operation::kAdmin && keys::is_default_key(key_id);
    return allowed ? Decision::kAllowed : Decision::kDenied;
  }
  for (const PolicyRule& rule : rules_) {
    if (rule.allows(who, operation, key_id)) return Decision::kAllowed;
  }
  const bool anonymous = who.kind() == Principal::Kind::kAnonymous;
  return anonymous && knows_identities_ ? Decision::kNoIdentity : Decision::kDenied;
}

std::vector<std::uint32_t> Policy::ports_missing_from(std::span<const std::uint32_t> ports) const {
  std::set<std::uint32_t> missing;
  for (const PolicyRule& rule : rules_) {
    if (rule.port && std::find(ports.begin(), ports.end(), *rule.port) == ports.end()) {
      missing.insert(*rule.port);
    }
  }
  return {missing.begin(), missing.end()};
}

Result<void> result_of(Decision decision) {
  switch (decision) {
    case Decision::kAllowed:
      return {};
    case Decision::kNoIdentity:
      return keys::refuse(
          keys::Refusal::kUnauthenticated,
          "the policy needs to know who calls: use a TLS client certificate, a UNIX socket or "
          "VSOCK");
    case Decision::kDenied:
      break;
  }
  return keys::refuse(keys::Refusal::kPermissionDenied,
                      "the policy does not let this caller do this with this key");
}

}  // namespace hawser::access
