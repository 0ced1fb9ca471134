#include "hawser/io/connector.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/fd_count.h"
#include "support/loops.h"
#include "support/sockets.h"

namespace hawser::io {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::value_of;

struct ConnectorFixture {
  void on_done(Result<Connected> value) {
    ++calls;
    result = std::move(value);
    if (more) more();
  }
  void start(std::vector<net::SocketAddress> addresses, Duration deadline = seconds(30),
             Duration attempt = seconds(10)) {
    connector->start(std::move(addresses), loop->refresh_now() + deadline, attempt);
  }
  bool run_until_done() {
    const int before = calls;
    return test::run_until(*loop, [&] { return calls > before; });
  }

  std::unique_ptr<event::Loop> loop = test::make_loop();
  int calls = 0;
  std::optional<Result<Connected>> result;
  std::function<void()> more;
  std::unique_ptr<Connector> connector =
      std::make_unique<Connector>(*loop, Connector::Done::bind<&ConnectorFixture::on_done>(*this));
};

/// A loop-back port on which nobody listens: it was free a moment ago.
net::SocketAddress refusing_address() { return test::tcp_listener().address; }

/// A listener whose queue is full: the kernel drops further connection requests, so they stay undecided
/// (tcp(7), tcp_abort_on_overflow). The stand-in for a host that doesn't answer.
struct SilentListener {
  SilentListener() : listener(test::tcp_listener(0)) {
    while (clients.size() < 16) {
      clients.push_back(value_of(net::start_connect(listener.address)));
      if (!test::wait_for(clients.back().get(), POLLOUT, 30)) return;
    }
    FAIL("the queue doesn't fill up");
  }
  test::TcpListener listener;
  std::vector<UniqueFd> clients;
};

TEST_CASE_FIXTURE(ConnectorFixture, "Connector: it connects and hands over the socket, watched by nobody") {
  const test::TcpListener listener = test::tcp_listener();
  start({listener.address});
  CHECK(calls == 0);
  CHECK(connector->is_running());
  REQUIRE(run_until_done());
  CHECK_FALSE(connector->is_running());
  REQUIRE(result->has_value());
  CHECK((*result)->peer.to_string() == listener.address.to_string());
  REQUIRE(test::wait_for(listener.fd.get(), POLLIN));
  auto accepted = value_of(net::accept(listener.fd.get()));
  test::write_some(accepted->fd.get(), "hello");
  event::FdWatch watch(*loop, (*result)->fd.get(), {});
  CHECK(watch.start().has_value());
  watch.stop();
  REQUIRE(test::wait_for((*result)->fd.get(), POLLIN));
  CHECK(test::read_some((*result)->fd.get()).bytes == "hello");
}

TEST_CASE_FIXTURE(ConnectorFixture, "Connector: UNIX sockets connect, too") {
  const test::ScratchFolder folder;
  const auto address = test::address_of("unix:" + folder.file("x.sock"));
  const UniqueFd listener = value_of(net::listen(address, {}));
  start({address});
  CHECK(calls == 0);
  REQUIRE(run_until_done());
  CHECK(result->has_value());
}

TEST_CASE_FIXTURE(ConnectorFixture,
                  "Connector: a refusal is told with the address, never from inside start") {
  const net::SocketAddress address = refusing_address();
  start({address});
  CHECK(calls == 0);
  REQUIRE(run_until_done());
  REQUIRE_FALSE(result->has_value());
  CHECK(result->error().scope == ErrorScope::kIo);
  CHECK(result->error().code == ECONNREFUSED);
  CHECK(result->error().detail.find("connect to " + address.to_string()) == 0);
  CHECK(result->error().detail.find("nothing listens there") != std::string::npos);
}

TEST_CASE_FIXTURE(ConnectorFixture, "Connector: a failure that is known at once is told in a turn, too") {
  start({test::address_of("unix:/nonexistent/hawser.sock")});
  CHECK(calls == 0);
  REQUIRE(run_until_done());
  CHECK(result->error().code == ENOENT);
}

TEST_CASE_FIXTURE(ConnectorFixture, "Connector: VSOCK any is refused without a socket") {
  start({test::address_of("vsock:any:50051")});
  REQUIRE(run_until_done());
  CHECK(result->error().code == EINVAL);
}

TEST_CASE_FIXTURE(ConnectorFixture, "Connector: the second address is tried when the first one fails") {
  const test::TcpListener listener = test::tcp_listener();
  for (const auto& first : {refusing_address(), test::address_of("unix:/nonexistent/hawser.sock")}) {
    start({first, listener.address});
    REQUIRE(run_until_done());
    REQUIRE(result->has_value());
    CHECK((*result)->peer.to_string() == listener.address.to_string());
  }
}

TEST_CASE_FIXTURE(ConnectorFixture, "Connector: when all addresses fail the last error is told") {
  const net::SocketAddress last = refusing_address();
  start({test::address_of("unix:/nonexistent/a.sock"), test::address_of("unix:/nonexistent/b.sock"), last});
  REQUIRE(run_until_done());
  CHECK(calls == 1);
  CHECK(result->error().code == ECONNREFUSED);
}

TEST_CASE_FIXTURE(
    ConnectorFixture,
    "Connector: an address that doesn't answer costs its attempt timeout, then the next is tried") {
  const SilentListener silent;
  const test::TcpListener listener = test::tcp_listener();
  const Instant begin = Clock::now();
  start({silent.listener.address, listener.address}, seconds(30), milliseconds(20));
  REQUIRE(run_until_done());
  REQUIRE(result->has_value());
  CHECK((*result)->peer.to_string() == listener.address.to_string());
  CHECK(Clock::now() - begin >= milliseconds(20));
}

TEST_CASE_FIXTURE(ConnectorFixture,
                  "Connector: the last address has all the time until the deadline, and no more") {
  const SilentListener silent;
  const Instant begin = Clock::now();
  start({silent.listener.address}, milliseconds(40), milliseconds(1));
  REQUIRE(run_until_done());
  REQUIRE_FALSE(result->has_value());
  CHECK(result->error().code == ETIMEDOUT);
  CHECK(result->error().detail.find(silent.listener.address.to_string()) != std::string::npos);
  CHECK(Clock::now() - begin >= milliseconds(40));
}

TEST_CASE_FIXTURE(ConnectorFixture, "Connector: a deadline that has passed is ETIMEDOUT without an attempt") {
  const test::TcpListener listener = test::tcp_listener();
  start({listener.address}, -seconds(1));
  CHECK(calls == 0);
  REQUIRE(run_until_done());
  CHECK(result->error().code == ETIMEDOUT);
  CHECK_FALSE(test::wait_for(listener.fd.get(), POLLIN, 0));
}

TEST_CASE_FIXTURE(ConnectorFixture,
                  "Connector: the deadline ends the list, however many addresses are left") {
  const SilentListener silent;
  start({silent.listener.address, silent.listener.address, silent.listener.address}, milliseconds(20),
        seconds(10));
  REQUIRE(run_until_done());
  CHECK(result->error().code == ETIMEDOUT);
}

TEST_CASE_FIXTURE(ConnectorFixture, "Connector: after cancel nobody is called and nothing stays open") {
  const SilentListener silent;
  const test::FdCount fds;
  start({silent.listener.address});
  connector->cancel();
  test::run_ready(*loop);
  start({silent.listener.address});
  test::run_ready(*loop);
  CHECK(fds.grown_by() == 1);
  connector->cancel();
  connector->cancel();
  CHECK_FALSE(connector->is_running());
  test::run_ready(*loop);
  CHECK(calls == 0);
  CHECK(fds.grown_by() == 0);
}

TEST_CASE_FIXTURE(ConnectorFixture, "Connector: it may be destroyed in its callback, and while it runs") {
  const test::TcpListener listener = test::tcp_listener();
  more = [&] { connector.reset(); };
  start({listener.address});
  REQUIRE(run_until_done());
  CHECK(connector == nullptr);

  const SilentListener silent;
  more = nullptr;
  connector = std::make_unique<Connector>(*loop, Connector::Done::bind<&ConnectorFixture::on_done>(*this));
  start({silent.listener.address});
  test::run_ready(*loop);
  connector.reset();
  test::run_ready(*loop);
  CHECK(calls == 1);
}

TEST_CASE_FIXTURE(ConnectorFixture, "Connector: it may be started again in its callback") {
  const test::TcpListener listener = test::tcp_listener();
  const net::SocketAddress refusing = refusing_address();
  more = [&] {
    if (calls == 1) start({listener.address});
  };
  start({refusing});
  REQUIRE(run_until_done());
  CHECK_FALSE(result->has_value());
  REQUIRE(run_until_done());
  CHECK(result->has_value());
}

}  // namespace
}  // namespace hawser::io
