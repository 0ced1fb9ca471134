// Flow control of one stream or connection (RFC 9113 6.9).
#include "hawser/http2/flow_window.h"

#include <doctest/doctest.h>

namespace hawser::test {
namespace {

using http2::kLargestWindow;
using http2::ReceiveWindow;
using http2::SendWindow;

TEST_CASE("SendWindow: what is sent and given back, and nothing over 2^31-1") {
  SendWindow window;
  CHECK(window.bytes() == 65'535);
  window.take(65'535);
  CHECK(window.bytes() == 0);
  CHECK(window.give(10));
  CHECK(window.bytes() == 10);
  CHECK_FALSE(window.give(kLargestWindow));
  CHECK(window.bytes() == 10);
  CHECK(window.give(kLargestWindow - 10));
  CHECK_FALSE(window.give(1));
}

TEST_CASE("SendWindow: SETTINGS may make it negative (RFC 9113 6.9.2)") {
  SendWindow window(100);
  window.take(80);
  CHECK(window.give(-100));
  CHECK(window.bytes() == -80);
  CHECK(window.give(81));
  CHECK(window.bytes() == 1);
}

TEST_CASE("ReceiveWindow: credit comes when half of the window was used") {
  ReceiveWindow window(1000);
  CHECK(window.take(1000));
  CHECK_FALSE(window.take(1));
  ReceiveWindow other(1000);
  REQUIRE(other.take(1000));
  CHECK(other.use(499, 1000) == 0);
  CHECK(other.use(1, 1000) == 500);
  CHECK(other.use(0, 1000) == 0);
  CHECK(other.use(500, 1000) == 500);
  CHECK(other.take(1000));
}

TEST_CASE("ReceiveWindow: nobody gets more credit than the window has") {
  ReceiveWindow window(1000);
  REQUIRE(window.take(100));
  CHECK(window.use(5000, 1000) == 100);
  CHECK(window.take(1000));
  CHECK_FALSE(window.take(1));
}

TEST_CASE("ReceiveWindow: one that was made smaller gives no credit until it has shrunk") {
  ReceiveWindow window;  // 65,535, of which the peer is told that they are 1,000
  REQUIRE(window.take(60'000));
  window.resize(1000 - http2::kDefaultWindow);
  CHECK(window.use(60'000, 1000) > 0);
  CHECK(window.take(1000));
  CHECK_FALSE(window.take(1));
}

TEST_CASE("ReceiveWindow: a window of nothing") {
  ReceiveWindow window(0);
  CHECK(window.use(0, 0) == 0);
  CHECK_FALSE(window.take(1));
}

}  // namespace
}  // namespace hawser::test
