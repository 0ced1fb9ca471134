#include "hawser/io/listener.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "support/fd_count.h"
#include "support/loops.h"
#include "support/sockets.h"

namespace hawser::io {
namespace {

using std::chrono::milliseconds;
using test::value_of;

struct RecordingSink final : log::Sink {
  bool enabled(log::Level) const override { return true; }
  void write(log::Level level, std::string_view, std::initializer_list<log::Field> fields) override {
    ++records;
    last_level = level;
    for (const log::Field& field : fields)
      last_fields += std::string(field.key) + '=' + std::string(field.value);
  }
  int records = 0;
  log::Level last_level{};
  std::string last_fields;
};

/// A listener on an abstract UNIX name of its own: clients connect at once, without a turn.
struct ListenerFixture {
  ListenerFixture()
      : address(test::address_of("unix-abstract:" + folder.file("listener"))),
        listener(*loop, value_of(net::listen(address, {.backlog = 1000, .reuse_port = false})),
                 Listener::Accepted::bind<&ListenerFixture::on_accepted>(*this), sink) {}

  void on_accepted(net::Accepted&& connection) {
    accepted.push_back(std::move(connection));
    if (more) more();
  }
  void connect(int count) {
    for (int i = 0; i < count; ++i) clients.push_back(value_of(net::start_connect(address)));
  }
  void turn() { loop->run_once(Duration::zero()); }

  test::ScratchFolder folder;
  std::unique_ptr<event::Loop> loop = test::make_loop();
  RecordingSink sink;
  std::vector<net::Accepted> accepted;
  std::function<void()> more;
  std::vector<UniqueFd> clients;
  net::SocketAddress address;
  Listener listener;
};

TEST_CASE_FIXTURE(ListenerFixture, "Listener: it hands out what connects, before and after its start") {
  connect(2);
  REQUIRE(listener.start().has_value());
  turn();
  CHECK(accepted.size() == 2);
  connect(3);
  turn();
  CHECK(accepted.size() == 5);
  test::write_some(clients[0].get(), "hello");
  CHECK(test::read_some(accepted[0].fd.get()).bytes == "hello");
  CHECK(sink.records == 0);
}

TEST_CASE_FIXTURE(ListenerFixture,
                  "Listener: one turn accepts no more than the budget, the next one goes on by itself") {
  REQUIRE(listener.start().has_value());
  connect(2 * Listener::kAcceptBudget + 10);
  turn();
  CHECK(accepted.size() == Listener::kAcceptBudget);
  turn();
  CHECK(accepted.size() == 2 * Listener::kAcceptBudget);
  turn();
  CHECK(accepted.size() == clients.size());
}

TEST_CASE_FIXTURE(ListenerFixture, "Listener: while it is paused newcomers wait, and none is forgotten") {
  REQUIRE(listener.start().has_value());
  turn();
  listener.pause();
  connect(3);
  test::run_ready(*loop);
  CHECK(accepted.empty());
  listener.resume();
  turn();
  CHECK(accepted.size() == 3);
}

TEST_CASE_FIXTURE(ListenerFixture,
                  "Listener: the owner may pause it from inside the callback, at the exact connection") {
  REQUIRE(listener.start().has_value());
  more = [&] {
    if (accepted.size() == 2) listener.pause();
  };
  connect(5);
  test::run_ready(*loop);
  CHECK(accepted.size() == 2);
  listener.resume();
  test::run_ready(*loop);
  CHECK(accepted.size() == 5);
}

TEST_CASE_FIXTURE(ListenerFixture, "Listener: the owner may close it from inside the callback") {
  REQUIRE(listener.start().has_value());
  more = [&] { listener.close(); };
  connect(5);
  test::run_ready(*loop);
  CHECK(accepted.size() == 1);
  CHECK(net::start_connect(address).error().code == ECONNREFUSED);
}

TEST_CASE_FIXTURE(ListenerFixture,
                  "Listener: a closed one refuses, closes its descriptor, and stays closed") {
  const test::FdCount fds;
  REQUIRE(listener.start().has_value());
  listener.close();
  listener.close();
  listener.resume();
  test::run_ready(*loop);
  CHECK(accepted.empty());
  CHECK(fds.grown_by() == -1);
  CHECK(net::start_connect(address).error().code == ECONNREFUSED);
}

/// Lowers the limit to the descriptors that are open now.
class NoMoreDescriptors {
 public:
  NoMoreDescriptors() {
    const UniqueFd lowest_free(::dup(0));
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &old_) == 0);
    const rlimit none{static_cast<rlim_t>(lowest_free.get()), old_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &old_); }
  NoMoreDescriptors(const NoMoreDescriptors&) = delete;
  NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

 private:
  rlimit old_{};
};

TEST_CASE_FIXTURE(ListenerFixture,
                  "Listener: out of descriptors it pauses, says so once, and goes on when there are some") {
  REQUIRE(listener.start().has_value());
  connect(3);
  {
    const NoMoreDescriptors shortage;
    turn();
    CHECK(accepted.empty());
    CHECK(sink.records == 1);
    CHECK(sink.last_level == log::Level::kWarning);
    CHECK(sink.last_fields.find("Too many open files") != std::string::npos);
    // It waits: a turn without a limit of its own ends with the pause, not before.
    const Instant start = Clock::now();
    loop->run_once(event::Loop::kForever);
    CHECK(Clock::now() - start >= Listener::kPause / 2);
    CHECK(sink.records == 1);
    CHECK(accepted.empty());
  }
  REQUIRE(test::run_until(*loop, [&] { return accepted.size() == 3; }));
  CHECK(sink.records == 1);
}

TEST_CASE_FIXTURE(ListenerFixture, "Listener: a second shortage is said again") {
  REQUIRE(listener.start().has_value());
  for (int round = 1; round <= 2; ++round) {
    connect(1);
    {
      const NoMoreDescriptors shortage;
      turn();
    }
    CHECK(sink.records == round);
    REQUIRE(test::run_until(*loop, [&] { return accepted.size() == static_cast<std::size_t>(round); }));
  }
}

TEST_CASE_FIXTURE(ListenerFixture, "Listener: resume and newcomers don't shorten the pause of a shortage") {
  REQUIRE(listener.start().has_value());
  connect(1);
  const NoMoreDescriptors shortage;
  turn();
  listener.resume();
  test::run_ready(*loop);
  CHECK(sink.records == 1);
  CHECK(accepted.empty());
}

TEST_CASE("Listener: TCP connections are handed out with their peer") {
  const auto loop = test::make_loop();
  std::vector<net::Accepted> accepted;
  test::Callable<net::Accepted&&> take{
      [&](net::Accepted&& connection) { accepted.push_back(std::move(connection)); }};
  test::TcpListener tcp = test::tcp_listener();
  Listener listener(*loop, std::move(tcp.fd), take.delegate(), log::null_sink());
  REQUIRE(listener.start().has_value());
  const UniqueFd client = value_of(net::start_connect(tcp.address));
  REQUIRE(test::run_until(*loop, [&] { return accepted.size() == 1; }));
  CHECK(accepted[0].peer.to_string() == value_of(net::local_address(client.get())).to_string());
}

TEST_CASE("Listener: a descriptor that can't be watched fails the start") {
  const auto loop = test::make_loop();
  test::Callable<net::Accepted&&> take{[](net::Accepted&&) {}};
  Listener listener(*loop, UniqueFd(), take.delegate(), log::null_sink());
  CHECK(listener.start().error().code == EBADF);
}

}  // namespace
}  // namespace hawser::io
