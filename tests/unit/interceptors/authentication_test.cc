#include "hawser/interceptors/authentication.h"

#include <doctest/doctest.h>

#include "unit/server/server_fixture.h"

namespace hawser::test {
namespace {

using interceptors::Authentication;

struct Fixture {
  explicit Fixture(Authentication& authentication) : server(options_with(authentication)) {
    server.handshake();
  }

  static server::ServerOptions options_with(Authentication& authentication) {
    server::ServerOptions options;
    options.interceptors = {&authentication};
    return options;
  }
  /// The status of a call with this `authorization`; null: without one.
  std::string call(const char* authorization) {
    Fields fields = request_fields(kEchoPath);
    if (authorization != nullptr) fields.push_back({"authorization", authorization});
    server.client.headers(next_id, fields).data(next_id, grpc_message("x"), true);
    server.feed();
    next_id += 2;
    return server.status(next_id - 2);
  }

  ServerFixture server;
  http2::StreamId next_id = 1;
};

}  // namespace

TEST_CASE("Authentication: a good bearer token passes, anything else is UNAUTHENTICATED") {
  Authentication authentication(Authentication::one_of({"secret", "other secret"}));
  Fixture fixture(authentication);
  for (const char* good : {"Bearer secret", "bearer secret", "BEARER other secret"}) {
    CAPTURE(good);
    CHECK(fixture.call(good) == "0");
  }
  CHECK(fixture.server.method->started == 3);
  for (const char* bad : {"", "Bearer", "Bearer ", "Bearer  secret", "Bearer secre", "Bearer secret2",
                          "secret", "Basic secret", "Bearer SECRET"}) {
    CAPTURE(bad);
    CHECK(fixture.call(bad) == "16");
  }
  CHECK(fixture.call(nullptr) == "16");
  CHECK(fixture.server.method->started == 3);
}

TEST_CASE("Authentication: open methods need none") {
  Authentication authentication(Authentication::one_of({}), {"/other.Service/", "/test.Echo/"});
  Fixture fixture(authentication);
  CHECK(fixture.call(nullptr) == "0");
}

TEST_CASE("Authentication: a check of one's own sees the call") {
  Authentication authentication([](server::CallView& call, std::string_view token) {
    return token == "for echo" && call.method() == kEchoPath;
  });
  Fixture fixture(authentication);
  CHECK(fixture.call("Bearer for echo") == "0");
  CHECK(fixture.call("Bearer for others") == "16");
}

}  // namespace hawser::test
