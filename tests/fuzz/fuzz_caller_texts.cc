// What callers write beside gRPC's own fields: traceparent, names against the patterns of a policy, texts in
// lines of JSON. The first byte says where the input is cut into a pattern and a name.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/check.h"
#include "src/access/glob.h"
#include "src/access/traceparent.h"
#include "src/logging/json_text.h"

namespace hawser::test {
namespace {

void check_traceparent(std::string_view text) {
  const auto context = access::parse_traceparent(text);
  if (!context) return;
  fuzz_check(text.size() >= 55, "a traceparent isn't short");
  std::string trace;
  logging::append_hex(trace, {reinterpret_cast<const char*>(context->trace_id.data()), 16});
  fuzz_check(text.substr(3, 32) == trace, "the trace id is what was written");
  fuzz_check(trace != std::string(32, '0'), "no trace has the id of none");
}

// What glob_matches() says, in a way that can't be wrong and takes its time.
bool slow_matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return slow_matches(pattern.substr(1), text) || (!text.empty() && slow_matches(pattern, text.substr(1)));
  }
  return !text.empty() && pattern[0] == text[0] && slow_matches(pattern.substr(1), text.substr(1));
}

void check_glob(std::string_view pattern, std::string_view text) {
  const bool matches = access::glob_matches(pattern, text);
  if (pattern.size() + text.size() <= 20) {
    fuzz_check(matches == slow_matches(pattern, text), "a pattern means what it says");
  }
  fuzz_check(access::glob_matches("*", text), "a star is any text");
}

void check_json(std::string_view text) {
  std::string json;
  logging::append_json_string(json, text, 64);
  fuzz_check(json.size() >= 2 && json.front() == '"' && json.back() == '"', "a text has its quotes");
  fuzz_check(json.size() <= 6 * 64 + 5, "a text's length is bounded");
  for (std::size_t i = 1; i + 1 < json.size(); ++i) {
    const auto c = static_cast<unsigned char>(json[i]);
    fuzz_check(c >= 0x20 && c != 0x7f, "there are no control characters");
    if (c == '\\') {
      ++i;
      fuzz_check(i + 1 < json.size(), "an escape is whole");
      continue;
    }
    fuzz_check(c != '"', "nothing ends the text early");
  }
}

}  // namespace
}  // namespace hawser::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t cut = std::min<std::size_t>(data[0], text.size());
  hawser::test::check_traceparent(text);
  hawser::test::check_glob(text.substr(0, cut), text.substr(cut));
  hawser::test::check_json(text);
  return 0;
}
