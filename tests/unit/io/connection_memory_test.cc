// A kernel without memory for a VSOCK write says ENOBUFS and sends no edge when it has some again
// (CONFORMANCE V-12). There is no way to make it do so but to put a filter on send(2) in one thread.
#include <doctest/doctest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <future>
#include <string>

#include "hawser/io/connection.h"
#include "support/pumped.h"

namespace hawser::io {
namespace {

using test::Pumped;

constexpr std::uint32_t kUnluckySize = 4242;

/// From now on this thread's sends of kUnluckySize bytes fail with ENOBUFS. False where filters are not
/// allowed.
bool make_unlucky() {
  constexpr auto kNumber = static_cast<std::uint32_t>(offsetof(seccomp_data, nr));
  constexpr auto kSize = static_cast<std::uint32_t>(offsetof(seccomp_data, args) + 2 * sizeof(std::uint64_t));
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kNumber),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendto, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kSize),  // the low half, on little-endian machines
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kUnluckySize, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOBUFS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{static_cast<unsigned short>(std::size(program)), program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
}

/// Runs `body` in a thread with the filter; the filter can't be taken off again.
template <class Body>
void with_unlucky_sends(Body body) {
  const auto run = [&] {
    if (!make_unlucky()) {
      MESSAGE("skipped: this machine allows no seccomp filter");
      return;
    }
    body();
  };
  std::async(std::launch::async, run).get();  // brings a failed REQUIRE over
}

TEST_CASE("send: want of memory is would-block on VSOCK, with its errno, and a failure elsewhere") {
  with_unlucky_sends([] {
    const test::Pair pair = test::unix_pair();
    const auto bytes = test::pattern(kUnluckySize);
    const net::Transfer vsock = net::send(pair.ours.get(), net::Family::kVsock, bytes);
    CHECK(vsock.outcome == net::Transfer::Outcome::kWouldBlock);
    CHECK(vsock.error_number == ENOBUFS);
    const net::Transfer other = net::send(pair.ours.get(), net::Family::kUnix, bytes);
    CHECK(other.outcome == net::Transfer::Outcome::kFailed);
    CHECK(other.error_number == ENOBUFS);
  });
}

TEST_CASE("Connection: a VSOCK write that found no memory is tried again without an edge") {
  with_unlucky_sends([] {
    const auto loop = test::make_loop();
    Pumped pumped(*loop, test::unix_pair(), net::Family::kVsock);
    pumped.start(*loop);
    const std::string bytes(kUnluckySize, 'v');
    pumped.protocol.send_later(bytes);
    test::run_ready(*loop);  // the first try, and another on the edge of registering for writing
    CHECK(pumped.read().empty());
    CHECK(pumped.connection->bytes_sent() == 0);
    pumped.protocol.to_send = "!";  // the next try is of another size
    REQUIRE(test::run_until(*loop, [&] { return pumped.connection->bytes_sent() > 0; }));
    CHECK(pumped.read() == bytes + '!');
  });
}

TEST_CASE("Connection: a VSOCK write that never finds memory ends with the write timeout") {
  with_unlucky_sends([] {
    const auto loop = test::make_loop();
    Pumped pumped(*loop, test::unix_pair(), net::Family::kVsock,
                  {.write_timeout = std::chrono::milliseconds(20)});
    pumped.start(*loop);
    pumped.protocol.send_later(std::string(kUnluckySize, 'v'));
    REQUIRE(test::run_until(*loop, [&] { return pumped.is_gone(); }));
    CHECK(pumped.protocol.end->code == ETIMEDOUT);
  });
}

}  // namespace
}  // namespace hawser::io
