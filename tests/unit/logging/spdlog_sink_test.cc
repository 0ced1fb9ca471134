#include "src/logging/spdlog_sink.h"

#include <unistd.h>

#include <cstdio>
#include <functional>
#include <string>

#include <doctest/doctest.h>

#include "support/sockets.h"

namespace hawser::test {
namespace {

// What is written to standard error meanwhile.
std::string standard_error_of(const std::function<void()>& act) {
  const ScratchFolder folder;
  std::FILE* file = std::fopen(folder.file("log").c_str(), "w+");
  REQUIRE(file != nullptr);
  std::fflush(stderr);
  const UniqueFd before(::dup(STDERR_FILENO));
  ::dup2(::fileno(file), STDERR_FILENO);
  act();
  std::fflush(stderr);
  ::dup2(before.get(), STDERR_FILENO);
  std::rewind(file);
  std::string text(4096, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

std::string line_with(std::string_view value) {
  return standard_error_of([&] {
    logging::make_spdlog_sink(log::Level::kInfo)->write(log::Level::kInfo, "said", {{"why", value}});
  });
}

}  // namespace

TEST_CASE("spdlog sink: what a peer wrote can't end the line or speak to the terminal (S-31)") {
  CHECK(line_with("plain").ends_with("info said why=plain\n"));
  CHECK(line_with("two words").ends_with("why=\"two words\"\n"));
  CHECK(line_with("").ends_with("why=\"\"\n"));
  CHECK(line_with("a\nb\r\x1b[31m").ends_with("why=a\\x0ab\\x0d\\x1b[31m\n"));
  CHECK(line_with("x\" level=\"error").ends_with("why=\"x\\\" level=\\\"error\"\n"));
  CHECK(line_with("a=b").ends_with("why=\"a=b\"\n"));
  CHECK(line_with("\xff\x7f{}%s").ends_with("why=\\xff\\x7f{}%s\n"));
}

TEST_CASE("spdlog sink: records under the level are not written") {
  const std::string text = standard_error_of([] {
    const auto sink = logging::make_spdlog_sink(log::Level::kWarning);
    CHECK_FALSE(sink->enabled(log::Level::kInfo));
    CHECK(sink->enabled(log::Level::kError));
    sink->write(log::Level::kInfo, "quiet", {});
    sink->write(log::Level::kError, "loud", {});
  });
  CHECK(text.find("quiet") == std::string::npos);
  CHECK(text.find("error loud") != std::string::npos);
}

}  // namespace hawser::test
