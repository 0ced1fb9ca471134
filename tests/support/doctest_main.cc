// main() of every test executable.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <ostream>

#include "support/seed.h"

namespace {

// Says, after a failure, how to repeat the run.
struct SeedReporter final : doctest::IReporter {
  explicit SeedReporter(const doctest::ContextOptions& context_options) : options(context_options) {}

  void test_run_end(const doctest::TestRunStats& stats) override {
    if (stats.numTestCasesFailed == 0 || !hawser::test::test_seed_was_used()) return;
    *options.cout << "to repeat: HAWSER_TEST_SEED=" << hawser::test::test_seed() << "\n";
  }
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_case_start(const doctest::TestCaseData&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}

  const doctest::ContextOptions& options;
};

REGISTER_LISTENER("seed", 1, SeedReporter);

}  // namespace
