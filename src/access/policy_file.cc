#include "src/access/policy_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <initializer_list>

#include <toml++/toml.h>

#include "hawser/base/unique_fd.h"

namespace hawser::access {
namespace {

constexpr std::size_t kMostBytes = 1024 * 1024;
constexpr std::int64_t kMostPort = 0xFFFFFFFE;  // VSOCK's have 32 bits, and the last means any (vsock(7))

// Reads one file's tables; every error begins with the file's name and the line.
class Reader {
 public:
  explicit Reader(std::string_view name) : name_(name) {}

  Result<std::vector<PolicyRule>> read(const toml::table& root) const {
    if (auto known = only_names(root, {"rule"}); !known) return tl::unexpected<Error>(known.error());
    std::vector<PolicyRule> rules;
    const toml::node* node = root.get("rule");
    if (node == nullptr) return rules;
    const toml::array* tables = node->as_array();
    if (tables == nullptr) return wrong(*node, "a rule begins with [[rule]]");
    for (const toml::node& each : *tables) {
      if (!each.is_table()) return wrong(each, "a rule begins with [[rule]]");
      auto rule = read_rule(*each.as_table());
      if (!rule) return tl::unexpected<Error>(std::move(rule.error()));
      rules.push_back(std::move(*rule));
    }
    return rules;
  }

  tl::unexpected<Error> wrong(const toml::source_region& where, std::string_view what) const {
    return usage_error(name_ + ", line " + std::to_string(where.begin.line) + ": " + std::string(what));
  }

 private:
  tl::unexpected<Error> wrong(const toml::node& node, std::string_view what) const {
    return wrong(node.source(), what);
  }

  Result<PolicyRule> read_rule(const toml::table& table) const {
    if (auto known = only_names(table, {"principal", "port", "keys", "allow"}); !known) {
      return tl::unexpected<Error>(known.error());
    }
    PolicyRule rule;
    const toml::node* principal = table.get("principal");
    if (principal == nullptr)
      return wrong(table, "the rule has no principal, as in principal = \"uid:1000\"");
    const auto* text = principal->as_string();
    if (text == nullptr) return wrong(*principal, "principal is a text, as in \"uid:1000\"");
    auto pattern = PrincipalPattern::parse(text->get());
    if (!pattern) return wrong(*principal, pattern.error().detail);
    rule.principal = std::move(*pattern);
    if (const toml::node* port = table.get("port"); port != nullptr) {
      const auto* number = port->as_integer();
      if (number == nullptr || number->get() < 1 || number->get() > kMostPort) {
        return wrong(*port, "port is the number of a port that the server listens on, as in port = 7000");
      }
      rule.port = static_cast<std::uint32_t>(number->get());
    }
    auto keys = texts(table, "keys", "the names of keys, as in keys = [\"payments-*\"]");
    if (!keys) return tl::unexpected<Error>(std::move(keys.error()));
    rule.keys = std::move(*keys);
    for (const std::string& glob : rule.keys) {
      if (!is_key_glob(glob)) return wrong(*table.get("keys"), "\"" + glob + kNoKeyGlob);
    }
    auto allow = texts(table, "allow", "what is allowed, as in allow = [\"sign\"]");
    if (!allow) return tl::unexpected<Error>(std::move(allow.error()));
    for (const std::string& one : *allow) {
      const auto operation = operation_of(one);
      if (!operation) {
        return wrong(*table.get("allow"),
                     "\"" + one + "\" can't be allowed; these can: sign, verify, public-key, admin");
      }
      rule.allow.push_back(*operation);
    }
    return rule;
  }

  Result<std::vector<std::string>> texts(const toml::table& table, std::string_view name,
                                         std::string_view what) const {
    const toml::node* node = table.get(name);
    if (node == nullptr) return wrong(table, "the rule lacks " + std::string(what));
    const toml::array* array = node->as_array();
    std::vector<std::string> found;
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
      if (const auto* text = (*array)[i].as_string()) found.push_back(text->get());
    }
    if (array == nullptr || array->empty() || found.size() != array->size()) {
      return wrong(*node, std::string(name) + " is a list of texts: " + std::string(what));
    }
    return found;
  }

  Result<void> only_names(const toml::table& table, std::initializer_list<std::string_view> known) const {
    for (const auto& [key, node] : table) {
      if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
      std::string list;
      for (const std::string_view one : known) list += (list.empty() ? "" : ", ") + std::string(one);
      return wrong(key.source(), "\"" + std::string(key.str()) + "\" means nothing here; known: " + list);
    }
    return {};
  }

  // What could match a key's name (src/keys/key_id.h).
  static bool is_key_glob(std::string_view glob) {
    return !glob.empty() && std::all_of(glob.begin(), glob.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' || c == '*';
    });
  }
  static constexpr const char* kNoKeyGlob =
      "\" matches no key: names are of a-z, 0-9, '.', '_' and '-', and * is any text";

  std::string name_;
};

Result<std::string> read_file(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) return usage_error("can't read the policy " + path + ": " + errno_text(errno));
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
    return usage_error("the policy " + path + " is no plain file");
  }
  if (facts.st_uid != ::geteuid() && facts.st_uid != 0) {
    return usage_error("the policy " + path + " belongs to user " + std::to_string(facts.st_uid) +
                       ": make it this user's, or root's");
  }
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return usage_error("others than its owner can write the policy " + path + ": chmod go-w " + path);
  }
  std::string text(kMostBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return usage_error("can't read the policy " + path + ": " + errno_text(errno));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kMostBytes) return usage_error("the policy " + path + " is over 1 MiB");
  text.resize(size);
  return text;
}

}  // namespace

Result<Policy> parse_policy(std::string_view toml, std::string_view name) {
  const Reader reader(name);
  try {
    const toml::table root = toml::parse(toml);
    auto rules = reader.read(root);
    if (!rules) return tl::unexpected<Error>(std::move(rules.error()));
    return Policy(std::move(*rules));
  } catch (const toml::parse_error& error) {
    return reader.wrong(error.source(), error.description());
  }
}

Result<Policy> load_policy(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return tl::unexpected<Error>(text.error());
  return parse_policy(*text, path);
}

}  // namespace hawser::access
