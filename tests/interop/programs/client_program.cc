#include "interop/programs/client_program.h"

#include <iostream>
#include <span>

#include "interop/programs/test_case.h"
#include "tools/common/flags.h"

namespace hawser::interop {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr std::uint64_t kMany = 10'000'000;

constexpr tools::FlagSpec kFlags[] = {
    {"target", "ADDRESS", "Server to test"},
    {"test-case", "NAME", "Test case to run; `list` prints their names"},
    {"soak-iterations", "N", "rpc_soak, channel_soak, long_lived_channel: number of calls", "1000"},
    {"soak-max-failures", "N", "rpc_soak, channel_soak: calls that may fail", "0"},
    {"soak-num-threads", "N", "rpc_soak, channel_soak: threads that share the calls", "1"},
    {"soak-per-iteration-max-acceptable-latency", "TIME", "rpc_soak, channel_soak: a slower call has failed",
     "1000ms"},
    {"soak-overall-timeout", "TIME", "rpc_soak, channel_soak: calls not made until then have failed", "100s"},
    {"iteration-interval", "TIME", "long_lived_channel: pause between calls", "10s"},
    {"concurrent-calls", "N", "concurrent_large_unary: calls at once", "1000"},
};

class UsageError final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <class T>
T usage_checked(Result<T> result) {
  if (!result) throw UsageError(result.error().detail);
  return std::move(*result);
}

CaseOptions options_from(const tools::Flags& flags, const MakeClient& make_client) {
  CaseOptions options;
  options.target = flags.text("target");
  options.make_client = make_client;
  if (options.target.empty()) throw UsageError("--target is missing");
  options.soak_iterations = usage_checked(flags.count("soak-iterations", 1, kMany));
  options.soak_max_failures = usage_checked(flags.count("soak-max-failures", 0, kMany));
  options.soak_threads = usage_checked(flags.count("soak-num-threads", 1, 1000));
  options.soak_call_limit = usage_checked(flags.duration("soak-per-iteration-max-acceptable-latency"));
  options.soak_overall_limit = usage_checked(flags.duration("soak-overall-timeout"));
  options.long_lived_interval = usage_checked(flags.duration("iteration-interval"));
  options.concurrent_calls = usage_checked(flags.count("concurrent-calls", 1, kMany));
  return options;
}

template <class Visit>
void for_all_cases(Visit visit) {
  for (const auto cases : {unary_cases(), compression_cases(), streaming_cases(), repeated_cases()}) {
    for (const TestCase& one : cases) visit(one);
  }
}

void list_cases() {
  for_all_cases([](const TestCase& one) {
    std::cout << one.name << std::string(one.name.size() < 30 ? 30 - one.name.size() : 1, ' ') << one.summary
              << '\n';
  });
}

const TestCase& find_case(const std::string& name) {
  if (name.empty()) throw UsageError("--test-case is missing");
  const TestCase* found = nullptr;
  for_all_cases([&](const TestCase& one) {
    if (one.name == name) found = &one;
  });
  if (found == nullptr) throw UsageError("there is no test case \"" + name + "\"; --test-case list");
  return *found;
}

int run_case(const std::string& program, const TestCase& chosen, const CaseOptions& options) {
  const std::unique_ptr<TestClient> client = options.make_client(options.target);
  try {
    chosen.run(*client, options);
  } catch (const CaseFailure& failure) {
    std::cerr << program << ": " << chosen.name << ": " << failure.what() << '\n';
    return kExitFailed;
  }
  std::cout << chosen.name << ": passed\n";
  return 0;
}

int run(const std::string& program, std::span<const char* const> args, const MakeClient& make_client) {
  const tools::Flags flags =
      usage_checked(tools::Flags::parse(program, "Runs a gRPC interop test case.", kFlags, args));
  if (!flags.text_to_print().empty()) {
    std::cout << flags.text_to_print();
    return 0;
  }
  if (flags.text("test-case") == "list") {
    list_cases();
    return 0;
  }
  const TestCase& chosen = find_case(flags.text("test-case"));
  return run_case(program, chosen, options_from(flags, make_client));
}

}  // namespace

int run_client_program(const std::string& name, int argc, char** argv, const MakeClient& make_client) {
  try {
    return run(name, {argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)}, make_client);
  } catch (const UsageError& error) {
    std::cerr << name << ": " << error.what() << "\nTry " << name << " --help.\n";
  } catch (const std::invalid_argument& error) {
    std::cerr << name << ": " << error.what() << '\n';
  }
  return kExitUsage;
}

}  // namespace hawser::interop
