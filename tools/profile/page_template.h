// The page of --html without what it says of runs. Its text is in html/, and embedded when this is built.
#pragma once

#include <string_view>

namespace hawser::profile {

/// The pieces of the page: between each two comes what the latter is named after.
struct PageTemplate {
  std::string_view begin;
  std::string_view after_title;    ///< Text, escaped.
  std::string_view after_glance;   ///< Headings and tables, HTML.
  std::string_view after_details;  ///< The same.
  std::string_view after_data;     ///< JSON, made fit for a script (json_in_script()).
};

extern const PageTemplate kPage;

}  // namespace hawser::profile
