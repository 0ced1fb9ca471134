#include "hawser/interceptors/bearer_token.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "unit/interceptors/client_fixture.h"

namespace hawser::test {
namespace {

using interceptors::BearerToken;

std::ptrdiff_t count(const Frame& headers, std::string_view name) {
  return std::count_if(headers.fields.begin(), headers.fields.end(),
                       [&](const auto& field) { return field.name == name; });
}

}  // namespace

TEST_CASE("BearerToken: every call brings the token, the next call of the same object too") {
  BearerToken token("secret");
  ClientFixture fixture({.interceptors = {&token}});
  WaitingCall call;
  for (int i = 0; i < 2; ++i) {
    call.begin("ping");
    call.start(*fixture.channel);
    const Frame headers = fixture.answer();
    CHECK(headers.header("authorization") == "Bearer secret");
    CHECK(count(headers, "authorization") == 1);
    CHECK(call.wait() == "OK");
  }
  RecordedStream stream;
  stream.call.end_writes();
  stream.start(*fixture.channel);
  CHECK(fixture.answer().header("authorization") == "Bearer secret");
  stream.call.cancel();
  stream.wait();
}

TEST_CASE("BearerToken: a call's own authorization is left alone") {
  BearerToken token("secret");
  ClientFixture fixture({.interceptors = {&token}});
  WaitingCall call;
  CHECK(call.call.add_metadata("authorization", "Basic own"));
  call.start(*fixture.channel);
  const Frame headers = fixture.answer();
  CHECK(headers.header("authorization") == "Basic own");
  CHECK(count(headers, "authorization") == 1);
  CHECK(call.wait() == "OK");
}

TEST_CASE("BearerToken: a source is asked for each call, and may have none") {
  int asked = 0;
  BearerToken token([&](client::CallView& call) -> std::optional<std::string> {
    ++asked;
    if (call.method() != "/echo.EchoService/Echo") return std::nullopt;
    return "t" + std::to_string(asked);
  });
  ClientFixture fixture({.interceptors = {&token}});
  WaitingCall call;
  call.start(*fixture.channel);
  CHECK(fixture.answer().header("authorization") == "Bearer t1");
  CHECK(call.wait() == "OK");
  WaitingCall other;
  other.call.set_path("/other/Method");
  CHECK(other.start(*fixture.channel).wait() == "UNAUTHENTICATED");
  CHECK(asked == 2);
}

TEST_CASE("BearerToken: what a header can't hold is not sent, and not quoted") {
  BearerToken token("secret\n");
  ClientFixture fixture({.interceptors = {&token}});
  WaitingCall call;
  CHECK(call.start(*fixture.channel).wait() == "INTERNAL");
  CHECK(call.message().find("secret") == std::string::npos);
}

}  // namespace hawser::test
