#include "hawser/binding/unary_method.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "legacy.grpc.pb.h"
#include "support/allocation_counter.h"
#include "unit/binding/binding_fixture.h"

namespace hawser::test {
namespace {

::probe::Request request_with(const std::string& text) {
  ::probe::Request request;
  request.set_text(text);
  return request;
}

class LegacyHandler final : public ::probe::Legacy::Service {
 public:
  ::grpc::Status Call(::grpc::ServerContext*, const ::probe::LegacyMessage*,
                      ::probe::LegacyMessage*) override {
    return ::grpc::Status::OK;  // the required field of the reply stays unset
  }
};

}  // namespace

TEST_CASE("UnaryMethod: the handler's reply is the message that is sent") {
  SyncHandler handler;
  handler.call = [](::grpc::ServerContext&, const ::probe::Request& request, ::probe::Reply& reply) {
    reply.set_text("re: " + request.text());
    return ::grpc::Status::OK;
  };
  BindingFixture fixture(handler);
  fixture.call(1, request_with("hello"));
  CHECK(fixture.status(1) == "0");
  CHECK(fixture.reply(1).text() == "re: hello");
}

TEST_CASE("UnaryMethod: messages are reused, and nothing of the call before is in them") {
  SyncHandler handler;
  handler.call = [](::grpc::ServerContext&, const ::probe::Request& request, ::probe::Reply& reply) {
    if (!request.text().empty()) reply.set_text(request.text());
    reply.set_number(reply.number() + 1);
    return ::grpc::Status::OK;
  };
  BindingFixture fixture(handler);
  fixture.call(1, request_with("first"));
  fixture.call(3, {});
  CHECK(fixture.reply(1).text() == "first");
  CHECK(fixture.reply(3).text().empty());
  CHECK(fixture.reply(3).number() == 1);
}

TEST_CASE("UnaryMethod: a failed call sends its status and no message") {
  SyncHandler handler;
  handler.call = [](::grpc::ServerContext&, const ::probe::Request&, ::probe::Reply& reply) {
    reply.set_text("not this");
    return ::grpc::Status(::grpc::StatusCode::UNAUTHENTICATED, "who are you?", "details");
  };
  BindingFixture fixture(handler);
  fixture.call(1, {});
  CHECK(fixture.status(1) == "16");
  CHECK(fixture.message(1) == "who are you?");
  CHECK(fixture.field(1, "grpc-status-details-bin") == "ZGV0YWlscw");
  CHECK(fixture.driver().sent().body(1).empty());
}

TEST_CASE("UnaryMethod: a request that does not parse never reaches the handler") {
  SyncHandler handler;
  int calls = 0;
  handler.call = [&](::grpc::ServerContext&, const ::probe::Request&, ::probe::Reply&) {
    ++calls;
    return ::grpc::Status::OK;
  };
  BindingFixture fixture(handler);
  fixture.client.request(1, kCallPath, "\x0a\x7f");
  fixture.feed();
  CHECK(fixture.status(1) == "13");
  CHECK(fixture.message(1) == "the request is not a valid probe.Request");
  CHECK(calls == 0);
  fixture.call(3, {});
  CHECK(calls == 1);
}

TEST_CASE("UnaryMethod: what a handler throws is UNKNOWN") {
  SyncHandler handler;
  handler.call = [](::grpc::ServerContext& context, const ::probe::Request& request,
                    ::probe::Reply&) -> ::grpc::Status {
    context.AddTrailingMetadata("x-before", "kept");
    if (request.text() == "odd") throw "a string literal";
    throw std::out_of_range("too far");
  };
  BindingFixture fixture(handler);
  fixture.call(1, {});
  CHECK(fixture.status(1) == "2");
  CHECK(fixture.message(1) == "the handler threw: too far");
  CHECK(fixture.field(1, "x-before") == "kept");
  fixture.call(3, request_with("odd"));
  CHECK(fixture.status(3) == "2");
  CHECK(fixture.message(3) == "the handler threw something that is no std::exception");
}

TEST_CASE("UnaryMethod: TryCancel makes the reply CANCELLED, unless the handler has a status of its own") {
  SyncHandler handler;
  handler.call = [](::grpc::ServerContext& context, const ::probe::Request& request, ::probe::Reply& reply) {
    if (request.text() == "leave it") return ::grpc::Status::OK;
    context.TryCancel();
    context.TryCancel();
    CHECK(context.IsCancelled());
    reply.set_text("not this");
    return request.text().empty() ? ::grpc::Status::OK : ::grpc::Status(::grpc::StatusCode::ABORTED, "own");
  };
  BindingFixture fixture(handler);
  fixture.call(1, {});
  CHECK(fixture.status(1) == "1");
  CHECK(fixture.driver().sent().body(1).empty());
  fixture.call(3, request_with("own"));
  CHECK(fixture.status(3) == "10");
  fixture.call(5, request_with("leave it"));
  CHECK(fixture.status(5) == "0");
}

TEST_CASE("UnaryMethod: a reply without its required fields is INTERNAL") {
  LegacyHandler handler;
  BindingFixture fixture(binding::ServiceBinding<::probe::Legacy, LegacyHandler>(handler)
                             .unary("Call", &LegacyHandler::Call)
                             .take_methods());
  ::probe::LegacyMessage request;
  request.set_text("set");
  fixture.client.request(1, "/probe.Legacy/Call", request.SerializeAsString());
  fixture.feed();
  CHECK(fixture.status(1) == "13");
  CHECK(fixture.message(1).find("probe.LegacyMessage") != std::string::npos);
  // And a request without them is no request.
  fixture.client.request(3, "/probe.Legacy/Call", "");
  fixture.feed();
  CHECK(fixture.status(3) == "13");
}

TEST_CASE("UnaryMethod: metadata that may not be sent fails the call, whatever its status") {
  SyncHandler handler;
  handler.call = [](::grpc::ServerContext& context, const ::probe::Request& request, ::probe::Reply&) {
    context.AddInitialMetadata("x-good", "sent or not");
    context.AddTrailingMetadata("grpc-status", "0");
    return request.text().empty() ? ::grpc::Status::OK : ::grpc::Status(::grpc::StatusCode::ABORTED, "");
  };
  BindingFixture fixture(handler);
  fixture.call(1, {});
  CHECK(fixture.status(1) == "13");
  CHECK(fixture.message(1).find("grpc-status") != std::string::npos);
  fixture.call(3, request_with("fail"));
  CHECK(fixture.status(3) == "13");
}

TEST_CASE("UnaryMethod: a warm call allocates nothing beyond the stock context's own" *
          doctest::skip(!AllocationCounter::kAvailable)) {
  SyncHandler handler;
  handler.call = [](::grpc::ServerContext&, const ::probe::Request& request, ::probe::Reply& reply) {
    reply.set_number(request.number());
    return ::grpc::Status::OK;
  };
  BindingFixture fixture(handler);
  ::probe::Request request;
  request.set_number(7);
  for (http2::StreamId id = 1; id < 200; id += 2) fixture.call(id, request);
  fixture.client.request(201, kCallPath, request.SerializeAsString());
  const std::string bytes = fixture.client.take();
  const AllocationCounter counter;
  fixture.driver().protocol().receive(as_bytes(bytes), fixture.driver().now());
  CHECK(counter.calls() == 0);
  fixture.driver().drain();
  CHECK(fixture.status(201) == "0");
}

}  // namespace hawser::test
