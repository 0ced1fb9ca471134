#include "tools/common/flags.h"

#include <cstdlib>
#include <utility>

#include <cxxopts.hpp>

#include "tools/common/parse.h"

namespace hawser::tools {
namespace {

std::string help_of(const FlagSpec& spec) {
  std::string help(spec.help);
  if (!spec.environment.empty() || !spec.fallback.empty()) help += ". Default ";
  if (!spec.environment.empty()) help.append("$").append(spec.environment);
  if (!spec.environment.empty() && !spec.fallback.empty()) help += ", or ";
  return help.append(spec.fallback);
}

std::string usage_of(std::span<const ArgumentSpec> arguments) {
  std::string usage = "[FLAGS]";
  for (const ArgumentSpec& argument : arguments) {
    usage.append(argument.optional ? " [" : " ").append(argument.name).append(argument.optional ? "]" : "");
  }
  return usage;
}

cxxopts::Options make_options(const std::string& program, std::string_view summary,
                              std::span<const FlagSpec> specs, std::span<const ArgumentSpec> arguments) {
  cxxopts::Options options(program, std::string(summary));
  options.custom_help(usage_of(arguments));
  for (const FlagSpec& spec : specs) {
    auto add = options.add_options(std::string(spec.group));
    if (spec.value_name.empty()) {
      add(std::string(spec.name), help_of(spec));
    } else {
      add(std::string(spec.name), help_of(spec), cxxopts::value<std::string>(), std::string(spec.value_name));
    }
  }
  options.add_options()("h,help", "This text")("version", "The version");
  return options;
}

}  // namespace

Result<Flags> Flags::parse(std::string_view program, std::string_view summary,
                           std::span<const FlagSpec> specs, std::span<const char* const> args,
                           std::span<const ArgumentSpec> arguments) {
  const std::string name(program);
  std::vector<const char*> argv = {name.c_str()};
  argv.insert(argv.end(), args.begin(), args.end());
  Flags flags;
  try {
    cxxopts::Options options = make_options(name, summary, specs, arguments);
    const cxxopts::ParseResult parsed = options.parse(static_cast<int>(argv.size()), argv.data());
    if (parsed.count("help") > 0) flags.text_to_print_ = options.help();
    if (parsed.count("version") > 0) flags.text_to_print_ = name + " " HAWSER_VERSION "\n";
    if (!flags.text_to_print_.empty()) return flags;
    if (auto taken = flags.take_arguments(arguments, parsed.unmatched()); !taken) {
      return tl::unexpected<Error>(taken.error());
    }
    for (const FlagSpec& spec : specs) {
      std::vector<std::string> given;
      for (const cxxopts::KeyValue& one : parsed.arguments()) {
        if (one.key() == spec.name) given.push_back(one.value());
      }
      flags.resolve(spec, given);
    }
  } catch (const cxxopts::exceptions::exception& wrong) {
    return usage_error(wrong.what());
  }
  return flags;
}

Result<void> Flags::take_arguments(std::span<const ArgumentSpec> specs,
                                   const std::vector<std::string>& given) {
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const std::string name(specs[i].name);
    if (i < given.size()) {
      values_[name] = {given[i], name, {given[i]}, Origin::kGiven};
    } else if (!specs[i].optional) {
      return usage_error(name + " is missing");
    }
  }
  if (given.size() > specs.size()) return usage_error("unexpected argument \"" + given[specs.size()] + "\"");
  return {};
}

void Flags::resolve(const FlagSpec& spec, const std::vector<std::string>& given) {
  const std::string name(spec.name);
  if (!given.empty()) {
    values_[name] = {given.back(), "--" + name, given, Origin::kGiven};
    return;
  }
  if (spec.value_name.empty()) return;
  if (!spec.environment.empty()) {
    const std::string variable(spec.environment);
    const char* value = std::getenv(variable.c_str());
    if (value != nullptr && *value != '\0') {
      values_[name] = {value, variable, {value}, Origin::kEnvironment};
      return;
    }
  }
  const std::string fallback(spec.fallback);
  if (!fallback.empty()) values_[name] = {fallback, "--" + name, {fallback}, Origin::kFallback};
}

bool Flags::is_given(std::string_view name) const {
  const auto found = values_.find(std::string(name));
  return found != values_.end() && found->second.origin == Origin::kGiven;
}

bool Flags::is_from_environment(std::string_view name) const {
  const auto found = values_.find(std::string(name));
  return found != values_.end() && found->second.origin == Origin::kEnvironment;
}

std::string Flags::text(std::string_view name) const {
  const auto found = values_.find(std::string(name));
  return found == values_.end() ? std::string() : found->second.text;
}

std::vector<std::string> Flags::texts(std::string_view name) const {
  const auto found = values_.find(std::string(name));
  return found == values_.end() ? std::vector<std::string>() : found->second.all;
}

Result<std::uint64_t> Flags::count(std::string_view name, std::uint64_t least, std::uint64_t most) const {
  return parse_count(text(name), least, most).map_error([&](Error error) {
    return blame(name, std::move(error));
  });
}

Result<Duration> Flags::duration(std::string_view name) const {
  return parse_duration(text(name)).map_error([&](Error error) { return blame(name, std::move(error)); });
}

tl::unexpected<Error> Flags::wrong(std::string_view name, std::string detail) const {
  return tl::unexpected<Error>(blame(name, Error{ErrorScope::kUsage, 0, std::move(detail)}));
}

Error Flags::blame(std::string_view name, Error error) const {
  const auto found = values_.find(std::string(name));
  const std::string source = found == values_.end() ? "--" + std::string(name) : found->second.source;
  error.detail.insert(0, source + ": ");
  return error;
}

}  // namespace hawser::tools
