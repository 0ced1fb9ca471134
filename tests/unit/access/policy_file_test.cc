#include "src/access/policy_file.h"

#include <sys/stat.h>

#include <fstream>

#include <doctest/doctest.h>

#include "support/sockets.h"

namespace hawser::test {
namespace {

std::string complaint(std::string_view toml) {
  const auto parsed = access::parse_policy(toml, "policy.toml");
  if (parsed) return "";
  CHECK(parsed.error().scope == ErrorScope::kUsage);
  return parsed.error().detail;
}

std::string rule(std::string_view principal, std::string_view keys, std::string_view allow) {
  return "[[rule]]\nprincipal = " + std::string(principal) + "\nkeys = " + std::string(keys) +
         "\nallow = " + std::string(allow) + "\n";
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

const std::string kGood = rule("\"uid:1\"", "[\"a\"]", "[\"sign\"]");

void write(const std::string& path, std::string_view text, mode_t mode = 0600) {
  std::ofstream(path) << text;
  REQUIRE(::chmod(path.c_str(), mode) == 0);
}

std::string load_complaint(const std::string& path) {
  const auto loaded = access::load_policy(path);
  return loaded ? "" : loaded.error().detail;
}

}  // namespace

TEST_CASE("policy file: what isn't TOML is shown with its line") {
  const std::string message = complaint("[[rule]]\nprincipal = \"uid:1\"\nkeys = [\"a\"\nallow = 3\n");
  CHECK(message.starts_with("policy.toml, line 4: "));
  CHECK(complaint("rule = ").starts_with("policy.toml, line 1: "));
}

TEST_CASE("policy file: each mistake in a rule names its line and what is right") {
  CHECK(complaint(kGood).empty());
  CHECK(has(complaint("[[rules]]\nallow = []\n"),
            "policy.toml, line 1: \"rules\" means nothing here; known: rule"));
  CHECK(has(complaint("rule = 3"), "line 1: a rule begins with [[rule]]"));
  CHECK(has(complaint("rule = [3]"), "line 1: a rule begins with [[rule]]"));
  CHECK(has(complaint(kGood + "alow = [\"sign\"]\n"), "line 5: \"alow\" means nothing here"));
  CHECK(has(complaint("\n[[rule]]\nkeys = [\"a\"]\nallow = [\"sign\"]\n"),
            "line 2: the rule has no principal"));
  CHECK(has(complaint(rule("3", "[\"a\"]", "[\"sign\"]")), "line 2: principal is a text"));
  CHECK(has(complaint("[[rule]]\nprincipal = \"uid:1\"\nallow = [\"sign\"]\n"),
            "line 1: the rule lacks the names"));
  CHECK(has(complaint("[[rule]]\nprincipal = \"uid:1\"\nkeys = [\"a\"]\n"),
            "line 1: the rule lacks what is allowed"));
  for (const std::string_view keys : {"\"a\"", "[]", "[3]", "[\"a\", 3]"}) {
    CHECK(has(complaint(rule("\"uid:1\"", keys, "[\"sign\"]")), "line 3: keys is a list of texts"));
  }
  for (const std::string_view keys : {"[\"\"]", "[\"A\"]", "[\"a b\"]", "[\"a\", \"a/b\"]", "[\"a?\"]"}) {
    CHECK(has(complaint(rule("\"uid:1\"", keys, "[\"sign\"]")), "line 3: \""));
    CHECK(has(complaint(rule("\"uid:1\"", keys, "[\"sign\"]")), "matches no key"));
  }
  const std::string operation = complaint(rule("\"uid:1\"", "[\"a\"]", "[\"sing\"]"));
  CHECK(operation ==
        "policy.toml, line 4: \"sing\" can't be allowed; these can: sign, verify, public-key, admin");
  CHECK(has(complaint(rule("\"uid:1\"", "[\"a\"]", "[]")), "line 4: allow is a list of texts"));
}

TEST_CASE("policy file: principals that are none are shown with those that are") {
  for (const std::string_view bad :
       {"", "Anyone", "anonymous", "uid", "uid:", "uid:x", "uid:-1", "uid:1 ", "uid:4294967296", "uid:1*",
        "cid:", "cid:0x3", "tls:", "gid:1", "spiffe://corp/a", "*"}) {
    const std::string message = complaint(rule('"' + std::string(bad) + '"', "[\"a\"]", "[\"sign\"]"));
    CHECK(has(message, "policy.toml, line 2: \"" + std::string(bad) + "\" is no principal"));
    CHECK(has(message, "tls:IDENTITY"));
  }
  for (const std::string_view good :
       {"anyone", "uid:0", "uid:4294967295", "uid:*", "cid:3", "cid:*", "tls:*", "tls:a:b"}) {
    CHECK(complaint(rule('"' + std::string(good) + '"', "[\"a\"]", "[\"sign\"]")).empty());
  }
}

TEST_CASE("policy file: a port is a number that a server can listen on") {
  for (const std::string_view bad : {"0", "-1", "4294967295", "\"7000\"", "7000.0", "[7000]", "true"}) {
    const std::string message = complaint(kGood + "port = " + std::string(bad) + "\n");
    CHECK(has(message, "policy.toml, line 5: port is the number of a port that the server listens on"));
  }
  for (const std::string_view good : {"1", "7000", "0x1000", "4294967294"}) {
    CHECK(complaint(kGood + "port = " + std::string(good) + "\n").empty());
  }
}

TEST_CASE("policy file: it is read from a file that nobody else can have written") {
  const ScratchFolder folder;
  const std::string path = folder.file("policy.toml");
  CHECK(has(load_complaint(path), "can't read the policy " + path + ": No such file"));
  write(path, kGood, 0644);
  CHECK(load_complaint(path).empty());
  write(path, "rule = 3", 0600);
  CHECK(has(load_complaint(path), path + ", line 1: "));
  write(path, kGood, 0620);
  CHECK(has(load_complaint(path), "chmod go-w " + path));
  write(path, kGood, 0602);
  CHECK(has(load_complaint(path), "chmod go-w " + path));
  CHECK(has(load_complaint(folder.file(".")), "is no plain file"));
  const std::string pipe = folder.file("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(has(load_complaint(pipe), "is no plain file"));
  CHECK(has(load_complaint("/dev/null"), "is no plain file"));
  const std::string big = folder.file("big");
  write(big, std::string(1024 * 1024 + 1, '\n'));
  CHECK(has(load_complaint(big), "over 1 MiB"));
}

}  // namespace hawser::test
