#include "tools/profile/compare_command.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <string_view>

#include "tools/profile/comparison.h"
#include "tools/profile/outcome.h"
#include "tools/profile/page.h"
#include "tools/profile/result_json.h"

namespace hawser::profile {
namespace {

constexpr tools::FlagSpec kFlags[] = {
    {.name = "compare", .value_name = "FILE", .help = "The run that the others are compared with"},
    {.name = "html", .value_name = "FILE", .help = "The same as a page, with plots over each other"},
};

// The files after the first.
constexpr tools::ArgumentSpec kFiles[] = {{.name = "FILE2"},
                                          {.name = "FILE3", .optional = true},
                                          {.name = "FILE4", .optional = true},
                                          {.name = "FILE5", .optional = true},
                                          {.name = "FILE6", .optional = true},
                                          {.name = "FILE7", .optional = true},
                                          {.name = "FILE8", .optional = true}};

Result<NamedRun> read_run(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file.good()) text << file.rdbuf();
  if (!file.good() || text.fail()) {
    // An empty file sets failbit of `text`, a folder fails to read.
    return usage_error("read " + path + ": " + (errno != 0 ? errno_text(errno) : "there is nothing in it"));
  }
  auto run = read_json_report(text.str());
  if (!run) return usage_error(path + ": " + run.error().detail);
  return NamedRun{path, std::move(*run)};
}

}  // namespace

bool is_comparison(std::span<const char* const> args) {
  return std::any_of(args.begin(), args.end(), [](std::string_view arg) {
    return arg == "--compare" || arg.starts_with("--compare=");
  });
}

Result<tools::Flags> parse_compare_flags(std::span<const char* const> args) {
  return tools::Flags::parse("hawser-profile",
                             "Compares runs whose results --json or --json-file has written: numbers beside\n"
                             "each other, ratios to the first, and how certain they are.\n",
                             kFlags, args, kFiles);
}

Result<CompareConfig> read_compare_config(const tools::Flags& flags) {
  CompareConfig config;
  config.files.push_back(flags.text("compare"));
  for (const tools::ArgumentSpec& file : kFiles) {
    if (flags.is_on(file.name)) config.files.push_back(flags.text(file.name));
  }
  config.html_file = flags.text("html");
  return config;
}

Result<std::string> compare_files(const CompareConfig& config) {
  std::vector<NamedRun> runs;
  for (const std::string& path : config.files) {
    auto run = read_run(path);
    if (!run) return tl::unexpected<Error>(run.error());
    runs.push_back(std::move(*run));
  }
  const auto comparison = compare(runs);
  if (!comparison) return tl::unexpected<Error>(comparison.error());
  if (!config.html_file.empty()) {
    const auto written = write_file(config.html_file, html_comparison(runs, *comparison));
    if (!written) return tl::unexpected<Error>(written.error());
  }
  return text_comparison(runs, *comparison);
}

}  // namespace hawser::profile
