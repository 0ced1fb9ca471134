// Servers that are shell scripts: what a server can do wrong, without one that does.
#include "tools/profile/stock/server_process.h"

#include <doctest/doctest.h>
#include <signal.h>

#include <cerrno>
#include <string>

#include "support/sockets.h"
#include "tools/profile/stock/affinity.h"

namespace hawser::test {
namespace {

using profile::choose_cores;
using profile::CoreWish;
using profile::ServerCommand;
using profile::ServerProcess;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPatience = seconds(30);

ServerCommand script(const std::string& text) { return {"it", {"/bin/sh", "-c", text}, std::nullopt}; }

std::string complaint_of(const ServerCommand& command, Duration patience = kPatience) {
  const auto server = ServerProcess::start(command, patience);
  REQUIRE_FALSE(server);
  CHECK(server.error().scope == ErrorScope::kIo);
  return server.error().detail;
}

// Ready until it is told to end.
constexpr const char* kGood =
    "trap 'exit 0' TERM; echo hello; echo listening on 1.2.3.4:5; while :; do sleep 0.01; done";

bool is_there(int pid) { return ::kill(pid, 0) == 0 || errno != ESRCH; }

TEST_CASE("Server process: it is ready with its address, and ends when it is told to") {
  const auto server = value_of(ServerProcess::start(script(kGood), kPatience));
  CHECK(server->address() == "1.2.3.4:5");
  CHECK(server->check_alive());
  const auto rss = server->peak_rss_mib();
  REQUIRE(rss);
  CHECK(*rss > 0);
  const auto stopped = server->stop(kPatience);
  CHECK_MESSAGE(stopped, stopped.error().detail);
  CHECK_FALSE(is_there(server->pid()));
  CHECK_FALSE(server->check_alive());
}

TEST_CASE("Server process: whoever lets go of it ends it") {
  auto server = value_of(ServerProcess::start(script("echo listening on x; exec sleep 1000"), kPatience));
  const int pid = server->pid();
  CHECK(is_there(pid));
  server.reset();
  CHECK_FALSE(is_there(pid));
}

TEST_CASE("Server process: one that ends at once is an error with what it said") {
  CHECK(complaint_of(script("echo out; echo err >&2; exit 7")) ==
        "it ended with status 7 before it was ready. It said:\nout\nerr");
  CHECK(complaint_of(script("kill -9 $$")) ==
        "it was ended by signal 9 before it was ready. It said nothing.");
  CHECK(complaint_of(script("exec sleep 1000 >&-")).starts_with("it closed its standard output before"));
}

TEST_CASE("Server process: of much that it said the end is told") {
  const std::string text = complaint_of(script("yes | head -c 1000000 >&2; echo the end >&2; exit 1"));
  CHECK(text.size() < 3000);
  CHECK(text.ends_with("y\nthe end"));
}

TEST_CASE("Server process: one that is not ready in time is an error") {
  const std::string text =
      complaint_of(script("echo listening off; echo -n listening on; exec sleep 1000"), milliseconds(300));
  CHECK(text.starts_with("it did not print \"listening on ADDRESS\" within "));
  CHECK(text.ends_with("It said:\nlistening off\nlistening on"));
}

TEST_CASE("Server process: one that ends in the middle") {
  const auto server = value_of(ServerProcess::start(script("echo listening on x; exit 3"), kPatience));
  auto alive = server->check_alive();
  for (const Instant end = Clock::now() + kPatience; alive && Clock::now() < end;)
    alive = server->check_alive();
  REQUIRE_FALSE(alive);
  CHECK(alive.error().detail == "it ended with status 3 in the middle of its load. It said:\nlistening on x");
}

TEST_CASE("Server process: one that doesn't end well, or not at all") {
  auto server = value_of(ServerProcess::start(
      script("trap 'exit 4' TERM; echo listening on x; while :; do sleep 0.01; done"), kPatience));
  auto stopped = server->stop(kPatience);
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().detail.starts_with("it ended with status 4 after SIGTERM"));
  server = value_of(ServerProcess::start(
      script("trap '' TERM; echo listening on x; while :; do sleep 0.01; done"), kPatience));
  const int pid = server->pid();
  stopped = server->stop(milliseconds(50));
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().detail.starts_with("it did not end within 50.0 ms of SIGTERM"));
  CHECK_FALSE(is_there(pid));
}

TEST_CASE("Server process: a program or a core that is not there") {
  CHECK(complaint_of({"it", {"/no/such/program"}, std::nullopt}) ==
        "start it (/no/such/program): No such file or directory");
  ServerCommand command = script(kGood);
  command.core = 1023;
  CHECK(complaint_of(command) == "pin it to core 1023: Invalid argument");
  command.core = profile::usable_cores().at(0);
  const auto server = value_of(ServerProcess::start(command, kPatience));
  CHECK(server->stop(kPatience));
  CHECK(profile::text_of({"it", {"/bin/x", "--y"}, std::nullopt}) == "/bin/x --y");
}

TEST_CASE("Cores: the first and the last, unless told otherwise") {
  const CoreWish any = value_of(CoreWish::parse("any"));
  const CoreWish two = value_of(CoreWish::parse("2"));
  const auto cores = value_of(choose_cores({1, 2, 5}, {}, {}));
  CHECK(cores.server == 1);
  CHECK(cores.load == 5);
  CHECK(cores.warnings.empty());
  CHECK(value_of(choose_cores({1, 2, 5}, two, {})).server == 2);
  const auto loose = value_of(choose_cores({1, 2}, {}, any));
  CHECK_FALSE(loose.load);
  REQUIRE(loose.warnings.size() == 1);
  CHECK(loose.warnings[0].starts_with("not everything is pinned"));
  CHECK(value_of(choose_cores({}, any, any)).warnings.size() == 1);
}

TEST_CASE("Cores: one for both is said, one that is not there is refused") {
  const auto shared = value_of(choose_cores({4}, {}, {}));
  CHECK(shared.server == 4);
  CHECK(shared.load == 4);
  REQUIRE(shared.warnings.size() == 1);
  CHECK(shared.warnings[0].starts_with("server and load share core 4"));
  const auto refused = choose_cores({0, 1}, {}, value_of(CoreWish::parse("7")));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().scope == ErrorScope::kUsage);
  CHECK(refused.error().detail == "--load-core: this program may not run on core 7, but on 0, 1");
  const auto unknown = choose_cores({}, {}, {});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().scope == ErrorScope::kIo);
  for (const char* wrong : {"", "x", "-1", "99999"}) CHECK_FALSE(CoreWish::parse(wrong));
}

}  // namespace
}  // namespace hawser::test
