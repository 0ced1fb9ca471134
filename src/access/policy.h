// Who may do what with which key.
//
//   no policy        everybody may sign, verify and get the public key with the default keys
//                    (src/keys/key_id.h), as it was before there were policies; nothing else
//   a policy's file  what one of its rules allows (src/access/policy_file.h); the default keys are keys like
//                    any other
//   in both          the server's own user and root, over a UNIX socket, may administer every key: they could
//                    do as much with its files
//
// A decision looks at names only, never at whether a key exists, and so tells nobody whether it does.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "hawser/base/result.h"
#include "src/access/policy_rule.h"
#include "src/access/principal.h"

namespace hawser::access {

/// kNoIdentity: the caller has none, and this policy has rules for callers that do.
enum class Decision { kAllowed, kDenied, kNoIdentity };

/// Immutable: any thread.
class Policy final {
 public:
  /// No policy.
  Policy();
  explicit Policy(std::vector<PolicyRule> rules);

  /// `key_id` is empty for what concerns no certain key (a list of keys): only the glob "*" matches it.
  /// Allocates nothing; without a policy it is a comparison with five names.
  Decision decide(const Principal& who, Operation operation, std::string_view key_id) const;
  /// The ports that rules are for and that are not among `ports`, each once, ascending.
  std::vector<std::uint32_t> ports_missing_from(std::span<const std::uint32_t> ports) const;

 private:
  bool is_own_user(const Principal& who) const;

  bool only_default_keys_ = false;
  bool knows_identities_ = false;
  std::uint32_t own_uid_;
  std::vector<PolicyRule> rules_;
};

/// What the caller gets: PERMISSION_DENIED or UNAUTHENTICATED as in src/keys/refusal.h, with a text that is
/// the same for every key.
Result<void> result_of(Decision decision);

}  // namespace hawser::access
