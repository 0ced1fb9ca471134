// What a connection keeps for traffic alone goes back when its owner says that it is quiet.
#include <doctest/doctest.h>

#include "support/allocation_counter.h"
#include "support/pumped.h"

namespace hawser::io {
namespace {

using test::Pumped;

struct QuietFixture {
  std::unique_ptr<event::Loop> loop = test::make_loop();
};

TEST_CASE_FIXTURE(QuietFixture,
                  "Connection: a quiet one gives its output block back, and its protocol is asked") {
  Pumped pumped(*loop);
  pumped.start(*loop);
  pumped.protocol.echo = true;
  const auto answer = [&](std::string_view text) {
    pumped.write(text);
    const test::AllocationCounter allocations;
    loop->run_once(Duration::zero());
    const std::uint64_t calls = allocations.calls();
    CHECK(pumped.read() == text);
    return calls;
  };
  pumped.protocol.calls.reserve(100);
  pumped.protocol.received.reserve(100);
  answer("first");
  pumped.connection->give_memory_back();
  CHECK(pumped.protocol.calls.ends_with('g'));
  const std::uint64_t after_giving_back = answer("second");
  const std::uint64_t warm = answer("third");
  // It writes into the block that the connections of a loop share.
  if (test::AllocationCounter::kAvailable) CHECK(after_giving_back == warm);
}

TEST_CASE_FIXTURE(QuietFixture, "Connection: one whose output waits gives nothing back") {
  Pumped pumped(*loop);
  test::set_buffer(pumped.fd, SO_SNDBUF, 4096);
  pumped.start(*loop);
  const auto bytes = test::pattern(200'000);
  pumped.protocol.send_later(test::as_view(bytes));
  test::run_ready(*loop);
  pumped.connection->give_memory_back();
  CHECK_FALSE(pumped.protocol.calls.ends_with('g'));
  std::string got;
  REQUIRE(test::run_until(*loop, [&] {
    got += pumped.read();
    return got.size() == bytes.size();
  }));
  CHECK((got == test::as_view(bytes)));
}

TEST_CASE_FIXTURE(QuietFixture, "Connection: a closed one is not asked") {
  Pumped pumped(*loop);
  pumped.start(*loop);
  pumped.connection->abort(Error{ErrorScope::kIo, 0, "enough"});
  pumped.connection->give_memory_back();
  CHECK(pumped.protocol.calls.ends_with('x'));
}

}  // namespace
}  // namespace hawser::io
