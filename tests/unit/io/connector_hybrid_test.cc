// Connecting through a virtual machine monitor's UNIX socket; the monitor is a script.
#include <doctest/doctest.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>

#include "hawser/io/connector.h"
#include "support/fd_count.h"
#include "support/loops.h"
#include "support/sockets.h"

namespace hawser::io {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::value_of;

struct ConnectorHybridFixture {
  void on_done(Result<Connected> value) { result = std::move(value); }
  void start(const net::VsockOptions& options = {}, Duration deadline = seconds(30)) {
    connector = std::make_unique<Connector>(
        *loop, Connector::Done::bind<&ConnectorHybridFixture::on_done>(*this), options);
    connector->start({address}, loop->refresh_now() + deadline, seconds(10));
  }
  bool run_until_done() {
    return test::run_until(*loop, [&] { return result.has_value(); });
  }
  /// The monitor's end, with CONNECT read.
  UniqueFd accept() {
    std::optional<net::Accepted> accepted;
    REQUIRE(test::run_until(*loop, [&] {
      if (!accepted) accepted = value_of(net::accept(monitor.get()));
      return accepted && test::wait_for(accepted->fd.get(), POLLIN, 0);
    }));
    CHECK(test::read_some(accepted->fd.get()).bytes == "CONNECT 5000\n");
    return std::move(accepted->fd);
  }

  test::ScratchFolder folder;
  std::unique_ptr<event::Loop> loop = test::make_loop();
  UniqueFd monitor = value_of(net::listen(test::address_of("unix:" + folder.file("vm.sock")), {}));
  net::SocketAddress address = test::address_of("hvsock:" + folder.file("vm.sock") + ":5000");
  std::optional<Result<Connected>> result;
  std::unique_ptr<Connector> connector;
};

TEST_CASE_FIXTURE(ConnectorHybridFixture,
                  "Connector: hybrid VSOCK is connected when the monitor says so, and not before (V-17)") {
  start();
  const UniqueFd peer = accept();
  test::run_ready(*loop);
  CHECK_FALSE(result);
  test::write_some(peer.get(), "OK 1\nbytes of the server");
  REQUIRE(run_until_done());
  REQUIRE(result->has_value());
  CHECK((*result)->peer.family() == net::Family::kHybridVsock);
  CHECK((*result)->peer.to_string() == address.to_string());
  CHECK(test::read_some((*result)->fd.get()).bytes == "bytes of the server");
}

TEST_CASE_FIXTURE(ConnectorHybridFixture,
                  "Connector: the monitor's answer may come byte by byte, a turn each (V-17)") {
  start();
  const UniqueFd peer = accept();
  for (const char byte : std::string("OK 4000\n")) {
    CHECK_FALSE(result);
    test::write_some(peer.get(), std::string_view(&byte, 1));
    test::run_ready(*loop);
  }
  REQUIRE(result.has_value());
  CHECK(result->has_value());
}

TEST_CASE_FIXTURE(ConnectorHybridFixture, "Connector: a monitor that closes is nobody who listens (V-17)") {
  start();
  accept();
  REQUIRE(run_until_done());
  REQUIRE_FALSE(result->has_value());
  CHECK(result->error().code == ECONNREFUSED);
  CHECK(result->error().detail.find("nothing listens on port 5000") != std::string::npos);
}

TEST_CASE_FIXTURE(ConnectorHybridFixture, "Connector: a monitor that says something else is refused (V-17)") {
  start();
  const UniqueFd peer = accept();
  test::write_some(peer.get(), "no such port\n");
  REQUIRE(run_until_done());
  REQUIRE_FALSE(result->has_value());
  CHECK(result->error().code == EPROTO);
}

TEST_CASE_FIXTURE(ConnectorHybridFixture,
                  "Connector: a monitor that never answers costs its own timeout (V-17)") {
  const test::FdCount fds;
  start({.hybrid_timeout = milliseconds(20)});
  const UniqueFd peer = accept();
  REQUIRE(run_until_done());
  REQUIRE_FALSE(result->has_value());
  CHECK(result->error().code == ETIMEDOUT);
  CHECK(result->error().detail.find("did not answer CONNECT") != std::string::npos);
  CHECK(fds.grown_by() == 1);  // the peer's
}

TEST_CASE_FIXTURE(ConnectorHybridFixture, "Connector: and no more than connecting may take (V-17)") {
  start({.hybrid_timeout = std::chrono::hours(1)}, milliseconds(20));
  const UniqueFd peer = accept();
  REQUIRE(run_until_done());
  REQUIRE_FALSE(result->has_value());
  CHECK(result->error().code == ETIMEDOUT);
}

TEST_CASE_FIXTURE(ConnectorHybridFixture, "Connector: a monitor that isn't there is said to be missing") {
  address = test::address_of("hvsock:" + folder.file("none") + ":5000");
  start();
  REQUIRE(run_until_done());
  REQUIRE_FALSE(result->has_value());
  CHECK(result->error().code == ENOENT);
  CHECK(result->error().detail.find("VSOCK device") != std::string::npos);
}

TEST_CASE_FIXTURE(ConnectorHybridFixture, "Connector: cancelled in the handshake it leaves nothing") {
  const test::FdCount fds;
  start();
  accept().reset();
  connector->cancel();
  test::run_ready(*loop);
  CHECK_FALSE(result);
  CHECK(fds.grown_by() == 0);
}

}  // namespace
}  // namespace hawser::io
