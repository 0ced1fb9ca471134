#include "src/access/policy_rule.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "src/access/glob.h"

namespace hawser::access {
namespace {

constexpr std::array<std::pair<std::string_view, Operation>, 4> kOperations = {
    {{"sign", Operation::kSign},
     {"verify", Operation::kVerify},
     {"public-key", Operation::kGetPublicKey},
     {"admin", Operation::kAdmin}}};

constexpr std::string_view kForms =
    "\"anyone\", \"tls:IDENTITY\" (where * is any text), \"uid:NUMBER\", \"cid:NUMBER\", \"uid:*\" or "
    "\"cid:*\"";

tl::unexpected<Error> bad_principal(std::string_view text) {
  return usage_error("\"" + std::string(text) + "\" is no principal; it is " + std::string(kForms));
}

}  // namespace

std::optional<Operation> operation_of(std::string_view name) {
  for (const auto& [known, operation] : kOperations) {
    if (known == name) return operation;
  }
  return std::nullopt;
}

Result<PrincipalPattern> PrincipalPattern::parse(std::string_view text) {
  PrincipalPattern pattern;
  if (text == "anyone") {
    pattern.anyone_ = true;
    return pattern;
  }
  const std::string_view kind = text.substr(0, text.find(':'));
  if (kind.size() == text.size()) return bad_principal(text);
  const std::string_view name = text.substr(kind.size() + 1);
  if (kind == "tls") {
    if (name.empty()) return bad_principal(text);
    pattern.kind_ = Principal::Kind::kTls;
    pattern.identity_ = name;
    return pattern;
  }
  if (kind != "uid" && kind != "cid") return bad_principal(text);
  pattern.kind_ = kind == "uid" ? Principal::Kind::kUid : Principal::Kind::kCid;
  if (name == "*") return pattern;
  std::uint32_t number = 0;
  const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (wrong != std::errc() || end != name.data() + name.size()) return bad_principal(text);
  pattern.number_ = number;
  return pattern;
}

bool PrincipalPattern::matches(const Principal& principal) const {
  if (anyone_) return true;
  if (principal.kind() != kind_ || kind_ == Principal::Kind::kAnonymous) return false;
  if (kind_ == Principal::Kind::kTls) return glob_matches(identity_, principal.identity());
  return !number_ || *number_ == principal.number();
}

bool PolicyRule::allows(const Principal& who, Operation operation, std::string_view key_id) const {
  if (port && *port != who.port()) return false;
  return std::find(allow.begin(), allow.end(), operation) != allow.end() && principal.matches(who) &&
         std::any_of(keys.begin(), keys.end(),
                     [&](const std::string& glob) { return glob_matches(glob, key_id); });
}

}  // namespace hawser::access
