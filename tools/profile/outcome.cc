#include "tools/profile/outcome.h"

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "tools/profile/exports.h"
#include "tools/profile/page.h"
#include "tools/profile/report.h"
#include "tools/profile/result_json.h"

namespace hawser::profile {
Result<void> write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text << std::flush;
  if (file.good()) return {};
  return usage_error("write " + path + ": " + errno_text(errno));
}

Verdict judge(const RunResult& run, const std::vector<Gate>& gates) {
  Verdict verdict;
  const bool has_rule_for_errors =
      std::any_of(gates.begin(), gates.end(), [](const Gate& gate) { return gate.is_of_errors(); });
  const bool is_good = std::all_of(run.parts.begin(), run.parts.end(), [&](const RunResult::Part& part) {
    return has_rule_for_errors ? part.load.of(grpc::StatusCode::kOk) > 0 : part.load.is_good();
  });
  if (!is_good || run.is_lagging()) verdict.exit_code = kExitFailed;
  if (run.is_lagging()) {
    verdict.reasons.push_back(lag_complaint(run));
    if (!gates.empty()) verdict.exit_code = kExitGate;
  }
  for (const Gate& gate : gates) {
    std::string reason = gate.judge(run);
    if (reason.empty()) continue;
    verdict.reasons.push_back(std::move(reason));
    verdict.exit_code = kExitGate;
  }
  return verdict;
}

Result<void> write_files(const OutputConfig& config, const RunResult& run) {
  struct {
    const std::string& path;
    std::string (*make)(const RunResult&);
  } const files[] = {{config.json_file, &json_report},
                     {config.csv_file, &csv_report},
                     {config.csv_timeline_file, &csv_timeline},
                     {config.hgrm_file, &hgrm_report},
                     {config.html_file, &html_report}};
  for (const auto& file : files) {
    if (file.path.empty()) continue;
    if (auto written = write_file(file.path, file.make(run)); !written) return written;
  }
  if (config.hlog_file.empty()) return {};
  return hlog_report(run).and_then([&](const std::string& log) { return write_file(config.hlog_file, log); });
}

}  // namespace hawser::profile
