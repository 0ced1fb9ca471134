#include <doctest/doctest.h>

#include <fstream>

#include <sys/stat.h>

#include "integration/server/raw_client.h"
#include "integration/server/test_server.h"
#include "support/fd_count.h"

namespace hawser::test {
namespace {

Result<std::vector<net::SocketAddress>> listen(server::Server& server, const std::string& text) {
  return server.listen(value_of(net::Address::parse(text)));
}

bool is_there(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

}  // namespace

TEST_CASE("Server: port 0 gives the port that the kernel chose") {
  const auto server = value_of(server::Server::create(workers(1)));
  const auto first = listen(*server, "127.0.0.1:0");
  const auto second = listen(*server, "127.0.0.1:0");
  REQUIRE(first);
  REQUIRE(second);
  REQUIRE(first->size() == 1);
  CHECK(first->front().port() != 0);
  CHECK(first->front().port() != second->front().port());
}

TEST_CASE("Server: all of its addresses serve") {
  ScratchFolder folder;
  const auto server = value_of(server::Server::create(workers(2)));
  std::vector<net::SocketAddress> bound;
  for (const std::string& text :
       {std::string("127.0.0.1:0"), std::string("127.0.0.2:0"), "unix:" + folder.file("a"),
        "unix:" + folder.file("b"), "unix-abstract:" + folder.file("c")}) {
    const auto addresses = listen(*server, text);
    REQUIRE(addresses);
    bound.insert(bound.end(), addresses->begin(), addresses->end());
  }
  REQUIRE(server->start());
  for (const net::SocketAddress& address : bound) {
    CAPTURE(address.to_string());
    RawClient client(address);
    client.handshake().script.request(1, "/any.Service/Method", "");
    client.send();
    CHECK(client.receive_until([](FrameParser& frames) { return !frames.last_headers(1).fields.empty(); }));
  }
}

TEST_CASE("Server: connections that come before start() are served after it") {
  const auto server = value_of(server::Server::create(workers(1)));
  const auto bound = listen(*server, "127.0.0.1:0");
  REQUIRE(bound);
  RawClient early(bound->front());
  early.script.client_start().request(1, "/any.Service/Method", "");
  early.send();
  REQUIRE(server->start());
  CHECK(early.receive_until([](FrameParser& frames) { return !frames.last_headers(1).fields.empty(); }));
}

TEST_CASE("Server: a port that is taken is an error that names it and says what to do") {
  TestServer first;
  const auto second = value_of(server::Server::create(workers(1)));
  const auto bound = listen(*second, first.tcp().to_string());
  REQUIRE_FALSE(bound);
  CHECK(bound.error().scope == ErrorScope::kIo);
  CHECK(bound.error().detail.find(first.tcp().to_string()) != std::string::npos);
  CHECK(bound.error().detail.find("another program listens") != std::string::npos);
  RawClient client(first.tcp());
  CHECK(client.echo());
}

TEST_CASE("Server: a UNIX path where another server listens is refused, and that server keeps its file") {
  TestServer first;
  {
    const auto second = value_of(server::Server::create(workers(1)));
    const auto bound = listen(*second, "unix:" + first.file("s"));
    REQUIRE_FALSE(bound);
    CHECK(bound.error().detail.find(first.file("s")) != std::string::npos);
  }
  CHECK(is_there(first.file("s")));
  RawClient client(first.unix_socket());
  CHECK(client.echo());
}

TEST_CASE("Server: a socket file that a dead server left is replaced") {
  ScratchFolder folder;
  { const UniqueFd dead = value_of(net::listen(address_of("unix:" + folder.file("s")), {})); }
  REQUIRE(is_there(folder.file("s")));
  const auto server = value_of(server::Server::create(workers(1)));
  CHECK(listen(*server, "unix:" + folder.file("s")));
}

TEST_CASE("Server: a socket file has the mode that was asked for, a replaced one too") {
  ScratchFolder folder;
  const std::string path = folder.file("s");
  const auto mode = [&path] {
    struct stat status {};
    REQUIRE(::lstat(path.c_str(), &status) == 0);
    return status.st_mode & 0777;
  };
  const mode_t umask_before = ::umask(022);
  { const UniqueFd dead = value_of(net::listen(address_of("unix:" + path), {})); }
  CHECK(mode() == 0755);
  const auto server = value_of(server::Server::create(workers(1)));
  REQUIRE(server->listen(value_of(net::Address::parse("unix:" + path)), {.socket_file_mode = 0600}));
  CHECK(mode() == 0600);
  ::umask(umask_before);
}

TEST_CASE("Server: a mode for socket files means nothing to other addresses") {
  const auto server = value_of(server::Server::create(workers(1)));
  CHECK(server->listen(value_of(net::Address::parse("127.0.0.1:0")), {.socket_file_mode = 0600}));
}

TEST_CASE("Server: a file that is no socket stays") {
  ScratchFolder folder;
  std::ofstream(folder.file("s")) << "precious";
  {
    const auto server = value_of(server::Server::create(workers(1)));
    CHECK_FALSE(listen(*server, "unix:" + folder.file("s")));
  }
  CHECK(is_there(folder.file("s")));
}

TEST_CASE("Server: addresses of no machine, no directory and no name are errors") {
  const auto server = value_of(server::Server::create(workers(1)));
  const FdCount fds;
  for (const std::string& text : {std::string("192.0.2.1:0"), std::string("unix:/no/such/directory/socket"),
                                  std::string("vsock://4000000000:1")}) {
    CAPTURE(text);
    const auto bound = listen(*server, text);
    REQUIRE_FALSE(bound);
    CHECK_FALSE(bound.error().detail.empty());
  }
  CHECK(fds.grown_by() == 0);
  CHECK(listen(*server, "127.0.0.1:0"));
}

TEST_CASE("Server: its socket file goes with the server, started or not") {
  ScratchFolder folder;
  const std::string path = folder.file("s");
  {
    const auto server = value_of(server::Server::create(workers(1)));
    REQUIRE(listen(*server, "unix:" + path));
    CHECK(is_there(path));
  }
  CHECK_FALSE(is_there(path));
  {
    const auto server = value_of(server::Server::create(workers(1)));
    REQUIRE(listen(*server, "unix:" + path));
    REQUIRE(server->start());
    server->shutdown(std::chrono::minutes(1));
    server->wait();
    CHECK_FALSE(is_there(path));
    // Whoever takes the path now keeps it when the old object goes.
    std::ofstream(path) << "new owner";
  }
  CHECK(is_there(path));
}

TEST_CASE("Server: without an address it starts and ends") {
  const FdCount fds;
  {
    const auto server = value_of(server::Server::create(workers(3)));
    REQUIRE(server->start());
    server->shutdown(Duration::zero());
    server->wait();
  }
  {
    const auto never_started = value_of(server::Server::create(workers(1)));
    REQUIRE(listen(*never_started, "127.0.0.1:0"));
    never_started->shutdown(Duration::zero());
    never_started->wait();
  }
  CHECK(fds.grown_by() == 0);
}

}  // namespace hawser::test
