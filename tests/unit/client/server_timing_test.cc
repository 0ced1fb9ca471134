#include "hawser/client/server_timing.h"

#include <doctest/doctest.h>

namespace hawser::test {
namespace {

using client::find_server_timing;
using std::chrono::microseconds;

TEST_CASE("server-timing: a proxy's field doesn't hide the server's") {
  http2::HeaderBlock trailers;
  CHECK_FALSE(find_server_timing(trailers));
  trailers.add("server-timing", "gfet4t7; dur=12");
  CHECK_FALSE(find_server_timing(trailers));
  trailers.add("x-other", "queue;dur=9, handler;dur=9, reply;dur=9");
  CHECK_FALSE(find_server_timing(trailers));
  trailers.add("server-timing", "queue;dur=0.001, handler;dur=0.002, reply;dur=0.003");
  CHECK(find_server_timing(trailers) ==
        grpc::ServerTiming{microseconds(1), microseconds(2), microseconds(3)});
}

}  // namespace
}  // namespace hawser::test
