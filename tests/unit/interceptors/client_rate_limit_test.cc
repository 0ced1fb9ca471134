#include "hawser/interceptors/client_rate_limit.h"

#include <doctest/doctest.h>

#include "support/eventually.h"
#include "unit/client/recording_interceptor.h"
#include "unit/interceptors/client_fixture.h"

namespace hawser::test {
namespace {

using interceptors::ClientRateLimit;

}  // namespace

TEST_CASE("ClientRateLimit: a burst passes, the rest is not sent and told when to come back") {
  ClientRateLimit limit({.per_second = 0.001, .burst = 2});
  ClientFixture fixture({.interceptors = {&limit}});
  WaitingCall call;
  for (int i = 0; i < 2; ++i) {
    call.begin("ping");
    call.start(*fixture.channel);
    fixture.answer();
    CHECK(call.wait() == "OK");
  }
  call.begin("ping");
  CHECK(call.start(*fixture.channel).wait() == "RESOURCE_EXHAUSTED");
  CHECK(call.message().starts_with("too many calls of this client: come back in "));
  CHECK(fixture.peer().sent.count(FrameType::kHeaders) == 2);
}

TEST_CASE("ClientRateLimit: channels may share one") {
  ClientRateLimit limit({.per_second = 0.001, .burst = 1});
  ClientFixture one({.interceptors = {&limit}});
  ClientFixture other({.interceptors = {&limit}});
  WaitingCall call;
  call.start(*one.channel);
  one.answer();
  CHECK(call.wait() == "OK");
  WaitingCall late;
  CHECK(late.start(*other.channel).wait() == "RESOURCE_EXHAUSTED");
}

TEST_CASE("ClientRateLimit: the next one passes when its time has come; no rate lets all through") {
  ClientRateLimit none({});
  ClientRateLimit limit({.per_second = 50, .burst = 1});
  std::string log;
  RecordingInterceptor end("end", log);  // so that no server is needed
  end.refuse_with = grpc::Status{grpc::StatusCode::kAborted, "passed", {}};
  ClientFixture fixture({.interceptors = {&none, &limit, &end}});
  const auto call = [&] { return WaitingCall().start(*fixture.channel).wait(); };
  CHECK(call() == "ABORTED");
  CHECK(call() == "RESOURCE_EXHAUSTED");
  CHECK(eventually([&] { return call() == "ABORTED"; }));
}

}  // namespace hawser::test
