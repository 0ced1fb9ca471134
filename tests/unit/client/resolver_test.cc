#include "hawser/client/resolver.h"

#include <doctest/doctest.h>

#include "support/loops.h"
#include "support/sockets.h"

namespace hawser::test {
namespace {

using client::Resolver;
using client::Target;
using std::chrono::milliseconds;

struct ResolverFixture {
  explicit ResolverFixture(std::string_view target, Duration interval = milliseconds(1))
      : resolver(*loop, value_of(Target::parse(target)),
                 Resolver::Done::bind<&ResolverFixture::on_done>(*this), interval) {}
  ~ResolverFixture() {
    resolver.stop();
    resolver.join();
    run_ready(*loop);
  }
  void on_done(Result<Resolver::Addresses> result) {
    ++answers;
    found = result ? result->size() : 0;
  }

  std::unique_ptr<event::Loop> loop = make_loop();
  int answers = 0;
  std::size_t found = 0;
  Resolver resolver;
};

TEST_CASE("Resolver: a name is looked up again when it is asked for (P-99)") {
  ResolverFixture fixture("localhost:80");
  for (int round = 1; round <= 3; ++round) {
    fixture.resolver.request();
    fixture.resolver.request();
    REQUIRE(run_until(*fixture.loop, [&] { return fixture.answers == round; }));
    CHECK(fixture.found >= 1);
  }
  run_ready(*fixture.loop);
  CHECK(fixture.answers == 3);
}

TEST_CASE("Resolver: not before the interval has passed (P-99)") {
  const Instant start = Clock::now();
  ResolverFixture fixture("localhost:80", milliseconds(50));
  fixture.resolver.request();
  REQUIRE(run_until(*fixture.loop, [&] { return fixture.answers == 1; }));
  CHECK(Clock::now() - start >= milliseconds(50));
  CHECK(Resolver::kLeastInterval == std::chrono::seconds(30));
}

TEST_CASE("Resolver: literals and sockets are never looked up") {
  ResolverFixture fixture("127.0.0.1:80,unix:/s");
  fixture.resolver.request();
  run_ready(*fixture.loop);
  CHECK(fixture.answers == 0);
  CHECK_FALSE(fixture.resolver.join());
}

TEST_CASE("Resolver: once stopped it answers no more") {
  ResolverFixture fixture("localhost:80");
  fixture.resolver.request();
  fixture.resolver.stop();
  fixture.resolver.join();
  run_ready(*fixture.loop);
  fixture.resolver.request();
  run_ready(*fixture.loop);
  CHECK(fixture.answers == 0);
}

}  // namespace
}  // namespace hawser::test
