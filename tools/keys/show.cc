#include "tools/keys/show.h"

#include <strings.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <iostream>

#include "src/crypto/algorithm.h"
#include "tools/common/command.h"
#include "tools/signing/signing.h"

namespace hawser::tools {
namespace {

constexpr std::size_t kSpecs = 7;

crypto::KeySpec spec_at(std::size_t index) { return static_cast<crypto::KeySpec>(index); }

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    char pair[3] = {};
    std::snprintf(pair, sizeof pair, "%02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
    text += pair;
  }
  return text;
}

void pad_to(std::string& line, std::size_t column) { line.resize(std::max(line.size() + 1, column), ' '); }

void add_fact(std::string& text, std::string_view name, std::string_view value) {
  std::string line(name);
  pad_to(line, 14);
  text += line.append(value) + '\n';
}

std::string algorithm_names(const ::crypto::KeyInfo& key) {
  std::string names;
  for (const int number : key.algorithms()) {
    const auto algorithm = crypto::algorithm_of(number);
    names.append(names.empty() ? "" : ", ")
        .append(algorithm ? std::string(crypto::facts(*algorithm).name) : std::to_string(number));
  }
  return names;
}

std::string version_text(const ::crypto::KeyVersionInfo& version) {
  std::string text(name_of(version.state()));
  if (version.destroy_ms() != 0) {
    text += version.state() == ::crypto::DESTROYED ? " at " : " for ";
    text += time_text(version.destroy_ms());
  }
  text += ", created " + time_text(version.created_ms());
  return text + ", public key SHA-256 " + hex(version.spki_sha256());
}

}  // namespace

Result<::crypto::KeySpec> spec_by_name(std::string_view name) {
  const std::string wanted(name);
  std::string known;
  for (std::size_t i = 0; i < kSpecs; ++i) {
    const std::string one(crypto::name_of(spec_at(i)));
    if (strcasecmp(one.c_str(), wanted.c_str()) == 0) return static_cast<::crypto::KeySpec>(i + 1);
    known.append(i == 0 ? "" : ", ").append(one);
  }
  return usage_error("--spec: \"" + wanted + "\" is no kind of key; these are: " + known);
}

std::string_view name_of(::crypto::KeySpec spec) {
  const int number = spec;
  if (number < 1 || number > static_cast<int>(kSpecs)) return "unknown";
  return crypto::name_of(spec_at(static_cast<std::size_t>(number - 1)));
}

std::string_view name_of(::crypto::KeyVersionState state) {
  switch (state) {
    case ::crypto::ENABLED:
      return "enabled";
    case ::crypto::DISABLED:
      return "disabled";
    case ::crypto::DESTROY_SCHEDULED:
      return "destruction scheduled";
    case ::crypto::DESTROYED:
      return "destroyed";
    default:
      return "unknown";
  }
}

std::string time_text(std::int64_t unix_ms) {
  const auto seconds = static_cast<std::time_t>(unix_ms / 1000);
  std::tm parts{};
  char text[32] = {};
  if (gmtime_r(&seconds, &parts) == nullptr ||
      std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
    return std::to_string(unix_ms) + " ms";
  }
  return text;
}

std::string description(const ::crypto::KeyInfo& key) {
  std::string text;
  add_fact(text, "key", key.key_id());
  add_fact(text, "kind", name_of(key.spec()));
  add_fact(text, "algorithms", algorithm_names(key));
  add_fact(text, "created", time_text(key.created_ms()));
  const std::int64_t hours = key.rotate_after_ms() / 3'600'000;
  add_fact(text, "rotation",
           key.rotate_after_ms() == 0 ? "by hand" : "every " + std::to_string(hours) + " hours");
  add_fact(text, "primary", std::to_string(key.primary_version()));
  for (const auto& version : key.versions()) {
    add_fact(text, "version " + std::to_string(version.version()), version_text(version));
  }
  return text;
}

std::string summary(const ::crypto::KeyInfo& key) {
  std::string line = key.key_id();
  pad_to(line, 24);
  line += name_of(key.spec());
  pad_to(line, 34);
  line += "primary " + std::to_string(key.primary_version());
  std::array<int, 5> count{};
  for (const auto& version : key.versions()) {
    if (version.state() > 0 && version.state() < 5) ++count.at(static_cast<std::size_t>(version.state()));
  }
  for (const auto state :
       {::crypto::ENABLED, ::crypto::DISABLED, ::crypto::DESTROY_SCHEDULED, ::crypto::DESTROYED}) {
    const int number = count.at(static_cast<std::size_t>(state));
    if (number > 0) line.append(", ").append(std::to_string(number)).append(" ").append(name_of(state));
  }
  return line + '\n';
}

int print_key(const Flags& flags, const ::crypto::KeyInfo& key, std::string_view text) {
  if (flags.is_on("json")) {
    std::cout << json_line(key);
  } else {
    std::cout << text << '\n';
  }
  return kExitOk;
}

}  // namespace hawser::tools
