#include "hawser/server/interceptor.h"

#include <doctest/doctest.h>

#include "support/in_all_chunkings.h"
#include "unit/server/server_fixture.h"

namespace hawser::test {
namespace {

using grpc::StatusCode;
using http2::ErrorCode;
using namespace std::chrono_literals;

// Writes down what it hears, and does what the test says.
class Recorder final : public server::Interceptor {
 public:
  Recorder(std::string name, std::string& log) : name_(std::move(name)), log_(log) {}

  std::optional<grpc::Status> before(server::CallView& call) override {
    log_ += name_ + "(";
    if (on_before) on_before(call);
    return refuse_with;
  }
  void after(server::CallView& call, grpc::Status& status) override {
    log_ += name_ + ":" + std::to_string(static_cast<int>(status.code)) + ")";
    if (on_after) on_after(call, status);
  }

  std::optional<grpc::Status> refuse_with;
  std::function<void(server::CallView&)> on_before;
  std::function<void(server::CallView&, grpc::Status&)> on_after;

 private:
  const std::string name_;
  std::string& log_;
};

struct Intercepted {
  Intercepted() { server.handshake(); }

  static server::ServerOptions with(std::vector<server::Interceptor*> interceptors) {
    server::ServerOptions options;
    options.interceptors = std::move(interceptors);
    return options;
  }
  void call(http2::StreamId id, std::string_view message = "x") {
    server.client.request(id, kEchoPath, message);
    server.feed();
  }

  std::string log;
  Recorder a{"a", log};
  Recorder b{"b", log};
  ServerFixture server{with({&a, &b})};
};

}  // namespace

TEST_CASE("Interceptors: they run in order around the handler, and see the status") {
  in_all_chunkings([](const Chunking& chunking) {
    Intercepted fixture;
    fixture.server.client.request(1, kEchoPath, "x");
    fixture.server.feed(chunking);
    CHECK(fixture.log == "a(b(b:0)a:0)");
    CHECK(fixture.server.status(1) == "0");
    CHECK(fixture.server.method->started == 1);
  });
}

TEST_CASE("Interceptors: a status from one of them ends the call before its handler") {
  Intercepted fixture;
  fixture.b.refuse_with = grpc::Status{StatusCode::kUnauthenticated, "who are you?", {}};
  fixture.call(1);
  CHECK(fixture.log == "a(b(a:16)");
  CHECK(fixture.server.status(1) == "16");
  CHECK(fixture.server.status_message(1) == "who are you?");
  CHECK(fixture.server.method->started == 0);
  fixture.b.refuse_with.reset();
  CHECK(fixture.server.still_serves(3));
}

TEST_CASE("Interceptors: a refusal comes with the head, whatever the body does") {
  Intercepted fixture;
  fixture.a.refuse_with = grpc::Status{StatusCode::kPermissionDenied, "", {}};
  fixture.server.client.headers(1, request_fields(kEchoPath));
  fixture.server.feed();
  CHECK(fixture.server.status(1) == "7");
  CHECK(fixture.log == "a(");
}

TEST_CASE("Interceptors: OK is no refusal") {
  Intercepted fixture;
  fixture.a.refuse_with = grpc::Status{};
  fixture.call(1);
  CHECK(fixture.server.status(1) == "13");
}

TEST_CASE("Interceptors: they change the status, metadata and message of it") {
  Intercepted fixture;
  fixture.a.on_before = [](server::CallView& call) {
    CHECK(call.method() == kEchoPath);
    CHECK(call.peer().uri == "ipv4:192.0.2.1:4711");
    CHECK(call.metadata().find("x-in") == "1");
    CHECK(call.add_initial_metadata("x-initial", "i"));
    CHECK_FALSE(call.add_initial_metadata("grpc-forbidden", "i"));
  };
  fixture.b.on_after = [](server::CallView& call, grpc::Status& status) {
    CHECK(call.add_trailing_metadata("x-trailing", "t"));
    call.set_retry_pushback(1500us);
    status = {StatusCode::kAborted, "not so fast", {}};
  };
  Fields fields = request_fields(kEchoPath);
  fields.push_back({"x-in", "1"});
  fixture.server.client.headers(1, fields).data(1, grpc_message("x"), true);
  fixture.server.feed();
  CHECK(fixture.log == "a(b(b:0)a:10)");
  CHECK(fixture.server.status(1) == "10");
  const Frame& last = fixture.server.sent().last_headers(1);
  CHECK(last.header("x-trailing") == "t");
  CHECK(last.header("grpc-retry-pushback-ms") == "2");
  CHECK(fixture.server.sent().find(FrameType::kHeaders, 1)->header("x-initial") == "i");
  CHECK(fixture.server.sent().body(1).empty());
}

TEST_CASE("Interceptors: a deadline may be put on a call, and only be shortened") {
  for (const bool has_own : {false, true}) {
    CAPTURE(has_own);
    Intercepted fixture;
    fixture.a.on_before = [](server::CallView& call) {
      call.limit_deadline(call.began_at() + 2s);
      call.limit_deadline(call.began_at() + 5s);
    };
    fixture.server.hold_calls();
    Fields fields = request_fields(kEchoPath);
    if (has_own) fields.push_back({"grpc-timeout", "1S"});
    fixture.server.client.headers(1, fields).data(1, grpc_message("x"), true);
    fixture.server.feed();
    const Duration expected = has_own ? 1s : 2s;
    fixture.server.driver().advance(expected - 1ns);
    CHECK(fixture.log == "a(b(");
    fixture.server.driver().advance(1ns);
    CHECK(fixture.server.status(1) == "4");
    CHECK(fixture.log == "a(b(b:4)a:4)");
    fixture.server.finish_held();
    CHECK(fixture.log == "a(b(b:4)a:4)");
  }
}

TEST_CASE("Interceptors: `after` comes once, however the call ends") {
  SUBCASE("the client resets it") {
    Intercepted fixture;
    fixture.server.hold_calls();
    fixture.call(1);
    fixture.server.client.reset(1, ErrorCode::kCancel);
    fixture.server.feed();
    CHECK(fixture.log == "a(b(b:1)a:1)");
    fixture.server.finish_held();
    CHECK(fixture.log == "a(b(b:1)a:1)");
  }
  SUBCASE("the connection goes") {
    Intercepted fixture;
    fixture.server.hold_calls();
    fixture.call(1);
    fixture.server.driver().disconnect();
    CHECK(fixture.log == "a(b(b:1)a:1)");
  }
  SUBCASE("the request is malformed") {
    Intercepted fixture;
    fixture.server.client.headers(1, request_fields(kEchoPath)).data(1, "\7", true);
    fixture.server.feed();
    CHECK(fixture.server.status(1) == "13");
    CHECK(fixture.log == "a(b(b:13)a:13)");
  }
}

TEST_CASE("Interceptors: what has no method is none of their business") {
  Intercepted fixture;
  fixture.server.client.request(1, "/test.Echo/None", "x");
  fixture.server.feed();
  CHECK(fixture.server.status(1) == "12");
  CHECK(fixture.log.empty());
}

}  // namespace hawser::test
