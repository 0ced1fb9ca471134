#include "hawser/client/loop_thread.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "support/fd_count.h"
#include "support/sockets.h"

namespace hawser::test {
namespace {

TEST_CASE("LoopThread: the loop belongs to its own thread from the start") {
  for (int i = 0; i < 20; ++i) {
    const auto thread = value_of(client::LoopThread::create());
    CHECK_FALSE(thread->loop().is_loop_thread());
    bool inside = false;
    thread->run([&] { inside = thread->loop().is_loop_thread(); });
    CHECK(inside);
  }
}

TEST_CASE("LoopThread: run returns when the function has run, from any thread") {
  const auto thread = value_of(client::LoopThread::create());
  int count = 0;  // the loop's
  std::thread callers[4];
  for (std::thread& caller : callers) {
    caller = std::thread([&] {
      for (int i = 0; i < 100; ++i) thread->run([&] { ++count; });
    });
  }
  for (std::thread& caller : callers) caller.join();
  thread->run([&] { CHECK(count == 400); });
}

TEST_CASE("LoopThread: nothing is left of it") {
  const FdCount fds;
  for (int i = 0; i < 3; ++i) static_cast<void>(value_of(client::LoopThread::create()));
  CHECK(fds.grown_by() == 0);
}

}  // namespace
}  // namespace hawser::test
