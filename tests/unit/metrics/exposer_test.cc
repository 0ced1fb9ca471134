#include "src/metrics/exposer.h"

#include <fcntl.h>

#include <csignal>
#include <set>

#include <doctest/doctest.h>

#include "src/metrics/families.h"
#include "support/sockets.h"

namespace hawser::test {
namespace {

class OneNumber final : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override {
    auto family = metrics::gauge_family("one_number", "A number.");
    metrics::add_value(family, {{"text", "a\"b\\c\nd"}}, 42);
    return {family};
  }
};

net::Address address(std::string_view text) { return value_of(net::Address::parse(text)); }

Result<std::unique_ptr<metrics::Exposer>> start(std::string_view where) {
  return metrics::Exposer::start(address(where), std::make_shared<OneNumber>());
}

std::string get(const std::string& where, const std::string& path) {
  const UniqueFd fd = value_of(net::start_connect(address_of(where)));
  if (!wait_for(fd.get(), POLLOUT)) throw std::runtime_error("can't connect to " + where);
  write_some(fd.get(), "GET " + path + " HTTP/1.0\r\nHost: x\r\n\r\n");
  std::string answer;
  for (;;) {
    if (!wait_for(fd.get(), POLLIN)) throw std::runtime_error("no answer from " + where);
    const Read read = read_some(fd.get());
    answer += read.bytes;
    if (read.end || read.error != 0) return answer;
  }
}

std::string complaint(std::string_view where) {
  const auto started = start(where);
  if (started) return "";
  CHECK(started.error().scope == ErrorScope::kUsage);
  return started.error().detail;
}

std::set<int> descriptors_for_children() {
  std::set<int> found;
  for (int fd = 0; fd < 1024; ++fd) {
    const int flags = ::fcntl(fd, F_GETFD);
    if (flags >= 0 && (flags & FD_CLOEXEC) == 0) found.insert(fd);
  }
  return found;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("exposer: what it is given is served as Prometheus' text, on the port that it names") {
  const auto exposer = value_of(start("127.0.0.1:0"));
  CHECK(exposer->address().starts_with("127.0.0.1:"));
  CHECK_FALSE(exposer->address().ends_with(":0"));
  const std::string answer = get(exposer->address(), "/metrics");
  CHECK(answer.starts_with("HTTP/1.1 200"));
  CHECK(
      has(answer,
          "# HELP one_number A number.\n# TYPE one_number gauge\none_number{text=\"a\\\"b\\\\c\\nd\"} 42\n"));
  CHECK(get(exposer->address(), "/").starts_with("HTTP/1.0 404"));
  CHECK(get(exposer->address(), "/../../../etc/passwd").find("root:") == std::string::npos);
}

TEST_CASE("exposer: an address that can't be listened on is refused with a sentence") {
  const TcpListener taken = tcp_listener();
  CHECK(has(complaint(taken.address.to_string()), "can't serve metrics on " + taken.address.to_string()));
  CHECK(has(complaint("192.0.2.1:0"), "can't serve metrics on 192.0.2.1:0"));
  CHECK(has(complaint("[::1]:0"), "only IPv4"));
  CHECK(has(complaint("unix:/tmp/x"), "only host:port"));
  CHECK(has(complaint("vsock:any:1"), "only host:port"));
}

TEST_CASE(
    "exposer: it takes no signal's handling away from the program, and gives no descriptor to its children") {
  struct sigaction before {};
  struct sigaction after {};
  REQUIRE(::sigaction(SIGTERM, nullptr, &before) == 0);
  const std::set<int> inherited = descriptors_for_children();
  const auto exposer = value_of(start("127.0.0.1:0"));
  REQUIRE(::sigaction(SIGTERM, nullptr, &after) == 0);
  CHECK((before.sa_handler == after.sa_handler));
  CHECK(descriptors_for_children() == inherited);
  const UniqueFd client = value_of(net::start_connect(address_of(exposer->address())));
  REQUIRE(wait_for(client.get(), POLLOUT));
  write_some(client.get(), "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(wait_for(client.get(), POLLIN));  // the connection is open at both ends
  CHECK(descriptors_for_children() == inherited);
}

}  // namespace hawser::test
