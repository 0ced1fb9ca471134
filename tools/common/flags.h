// Command-line flags, declared as a table; the only place of the tools that includes cxxopts, which is slow
// to compile.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hawser/base/clock.h"
#include "hawser/base/result.h"

namespace hawser::tools {

struct FlagSpec {
  std::string_view name;
  std::string_view value_name;  ///< Shown in the help ("MS"); empty: a switch without a value.
  std::string_view help;
  std::string_view fallback = {};     ///< The value when the flag is absent.
  std::string_view environment = {};  ///< Variable that comes before the fallback; empty: none.
  bool repeatable = false;            ///< Then texts() has all of its values.
  std::string_view group = {};        ///< Heading in the help; empty: among the first.
};

/// What is given without a flag, in this order.
struct ArgumentSpec {
  std::string_view name;  ///< Shown in the help: "TARGET".
  bool optional = false;  ///< Those that follow are optional too.
};

class Flags final {
 public:
  /// `args` without the program's name. --help and --version are added. Scope usage: what was wrong.
  static Result<Flags> parse(std::string_view program, std::string_view summary,
                             std::span<const FlagSpec> specs, std::span<const char* const> args,
                             std::span<const ArgumentSpec> arguments = {});

  /// Not empty: print it and end (--help, --version).
  const std::string& text_to_print() const { return text_to_print_; }

  /// A switch, flag or argument was given, or has a fallback.
  bool is_on(std::string_view name) const { return values_.count(std::string(name)) > 0; }
  /// A flag was given on the command line, rather than by its variable or fallback.
  bool is_given(std::string_view name) const;
  /// The value comes from the flag's variable.
  bool is_from_environment(std::string_view name) const;
  /// Empty without flag, variable and fallback. Also of arguments, by their name.
  std::string text(std::string_view name) const;
  /// All values of a repeatable flag.
  std::vector<std::string> texts(std::string_view name) const;
  /// The errors name the flag, or the variable that the value came from.
  Result<std::uint64_t> count(std::string_view name, std::uint64_t least, std::uint64_t most) const;
  Result<Duration> duration(std::string_view name) const;

  /// An error (scope usage) whose text begins with the flag's name, or the variable's that it came from.
  tl::unexpected<Error> wrong(std::string_view name, std::string detail) const;

 private:
  enum class Origin { kFallback, kEnvironment, kGiven };

  struct Value {
    std::string text;
    std::string source;  // "--target", "SERVER_ADDR"
    std::vector<std::string> all;
    Origin origin = Origin::kFallback;
  };

  void resolve(const FlagSpec& spec, const std::vector<std::string>& given);
  Result<void> take_arguments(std::span<const ArgumentSpec> specs, const std::vector<std::string>& given);
  Error blame(std::string_view name, Error error) const;

  std::map<std::string, Value> values_;
  std::string text_to_print_;
};

}  // namespace hawser::tools
