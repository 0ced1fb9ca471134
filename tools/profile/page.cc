#include "tools/profile/page.h"

#include "tools/profile/html_text.h"
#include "tools/profile/page_data.h"
#include "tools/profile/page_tables.h"
#include "tools/profile/page_template.h"

namespace hawser::profile {

std::string html_section(const char* heading, const std::string& html) {
  return std::string("<section>\n<h2>") + heading + "</h2>\n" + html + "</section>\n";
}

std::string html_page(std::span<const NamedRun> runs, const std::string& title, const std::string& glance) {
  const std::string details = html_section("Where the time goes", latency_tables(runs)) +
                              html_section("What was run", facts_table(runs));
  std::string page(kPage.begin);
  page.append(escape_html(title)).append(kPage.after_title);
  page.append("<h1>" + escape_html(title) + "</h1>\n").append(glance).append(kPage.after_glance);
  page.append(details).append(kPage.after_details);
  return page.append(json_in_script(page_data(runs))).append(kPage.after_data);
}

std::string html_report(const RunResult& run) {
  const NamedRun named{run.facts.target, run};
  const std::span<const NamedRun> runs(&named, 1);
  return html_page(runs, "hawser-profile: " + run.facts.target, glance_table(runs));
}

std::string html_comparison(std::span<const NamedRun> runs, const Comparison& comparison) {
  std::string names;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    names += (i == 0 ? "" : ", ") + letter_of(i) + " = " + runs[i].name;
  }
  return html_page(runs, "hawser-profile: " + names,
                   glance_table(runs) + html_section("Compared", comparison_table(runs, comparison)));
}

}  // namespace hawser::profile
