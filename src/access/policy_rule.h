// One rule of a policy: who may do what with which keys. Rules only allow; what no rule allows is denied.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hawser/base/result.h"
#include "src/access/principal.h"

namespace hawser::access {

enum class Operation : std::uint8_t { kSign, kVerify, kGetPublicKey, kAdmin };

/// "sign", "verify", "public-key", "admin"; nullopt for anything else.
std::optional<Operation> operation_of(std::string_view name);

/// Whom a rule is for: "anyone", "uid:1000", "uid:*", "cid:3", "cid:*", "tls:spiffe://corp/payments-*".
class PrincipalPattern final {
 public:
  /// Scope usage: what is wrong with it, and what is right.
  static Result<PrincipalPattern> parse(std::string_view text);

  bool matches(const Principal& principal) const;
  /// Callers without an identity match, too.
  bool is_anyone() const { return anyone_; }

 private:
  bool anyone_ = false;
  Principal::Kind kind_ = Principal::Kind::kAnonymous;
  std::string identity_;                 // a glob, of kTls
  std::optional<std::uint32_t> number_;  // of kUid and kCid; nullopt: every one
};

struct PolicyRule {
  PrincipalPattern principal;
  std::vector<std::string> keys;  ///< Globs of key ids.
  std::vector<Operation> allow;
  /// By which port of ours the caller has to have come; nullopt: any, or none.
  std::optional<std::uint32_t> port;

  bool allows(const Principal& who, Operation operation, std::string_view key_id) const;
};

}  // namespace hawser::access
