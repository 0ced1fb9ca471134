// Runs as one HTML page that needs nothing but a browser: no network, no other file.
#pragma once

#include <span>
#include <string>

#include "tools/profile/comparison.h"
#include "tools/profile/result.h"

namespace hawser::profile {

std::string html_report(const RunResult& run);
/// Runs beside and over each other; `comparison` is theirs.
std::string html_comparison(std::span<const NamedRun> runs, const Comparison& comparison);

/// The page of these runs with `glance` (HTML) between the heading and the plots. `title` is text.
std::string html_page(std::span<const NamedRun> runs, const std::string& title, const std::string& glance);
/// A part of it, as HTML; `html` is its content.
std::string html_section(const char* heading, const std::string& html);

}  // namespace hawser::profile
