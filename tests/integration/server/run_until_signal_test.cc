#include "hawser/server/run_until_signal.h"

#include <doctest/doctest.h>

#include <array>
#include <csignal>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "integration/server/raw_client.h"
#include "integration/server/test_server.h"
#include "support/fd_count.h"

namespace hawser::test {
namespace {

// The mask of this thread as it was; what is pending by then is taken first, or it would end the tests.
class SignalMask final {
 public:
  SignalMask() { pthread_sigmask(SIG_SETMASK, nullptr, &before_); }
  ~SignalMask() {
    sigset_t pending;
    for (sigpending(&pending); sigismember(&pending, SIGTERM) == 1; sigpending(&pending)) {
      sigset_t one;
      sigemptyset(&one);
      sigaddset(&one, SIGTERM);
      int number = 0;
      sigwait(&one, &number);
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SignalMask(const SignalMask&) = delete;
  SignalMask& operator=(const SignalMask&) = delete;

 private:
  sigset_t before_{};
};

struct Listening {
  Listening()
      : server(value_of(server::Server::create(workers(1)))),
        address(server->listen(value_of(net::Address::parse("127.0.0.1:0")))->front()) {}

  std::unique_ptr<server::Server> server;
  net::SocketAddress address;
};

bool answers(const net::SocketAddress& address) {
  RawClient client(address);
  client.handshake().script.request(1, "/any.Service/Method", "");
  client.send();
  return client.receive_until([](FrameParser& frames) { return !frames.last_headers(1).fields.empty(); });
}

bool is_refused(const net::SocketAddress& address) {
  const auto fd = net::start_connect(address);
  return !fd || eventually([&] { return net::finish_connect(fd->get()) == ECONNREFUSED; });
}

}  // namespace

TEST_CASE("run_until_signal: one signal ends all of the servers, which served until then") {
  const SignalMask mask;
  REQUIRE(server::block_stop_signals());
  Listening first;
  Listening second;
  int stopping = 0;
  server::RunOptions options;
  options.started = [&] {
    CHECK(answers(first.address));
    CHECK(answers(second.address));
    ::kill(::getpid(), SIGTERM);
  };
  options.stopping = [&] { ++stopping; };
  const std::array<server::Server*, 2> servers{first.server.get(), second.server.get()};
  REQUIRE(server::run_until_signal(servers, options));
  CHECK(stopping == 1);
  CHECK(is_refused(first.address));
  CHECK(is_refused(second.address));
}

TEST_CASE("run_until_signal: a server alone is served and ended in the same way") {
  const SignalMask mask;
  REQUIRE(server::block_stop_signals());
  Listening only;
  server::RunOptions options;
  options.started = [&] {
    CHECK(answers(only.address));
    ::kill(::getpid(), SIGTERM);
  };
  REQUIRE(server::run_until_signal(*only.server, options));
  CHECK(is_refused(only.address));
}

TEST_CASE("run_until_signal: when one server can't start, those before it end and nothing is announced") {
  const SignalMask mask;
  Listening first;
  const auto second = value_of(server::Server::create(workers(64)));
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int highest = ::dup(0);
  REQUIRE(highest >= 0);
  ::close(highest);
  // Enough for the first one's only loop, not for the 64 of the second.
  const rlimit tight{static_cast<rlim_t>(highest) + 32, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
  bool announced = false;
  server::RunOptions options;
  options.started = [&] { announced = true; };
  const std::array<server::Server*, 2> servers{first.server.get(), second.get()};
  const auto run = server::run_until_signal(servers, options);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE_FALSE(run);
  CHECK(run.error().scope == ErrorScope::kIo);
  CHECK_FALSE(announced);
  CHECK(is_refused(first.address));
}

}  // namespace hawser::test
