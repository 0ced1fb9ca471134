#include "hawser/binding/server_context_bridge.h"

#include <doctest/doctest.h>

#include "unit/binding/binding_fixture.h"

// Each test sets one thing on our side and reads it with the stock class, or the other way round. When a
// newer grpc++ changes what its members mean, one of them fails.
namespace hawser::test {
namespace {

using namespace std::string_literals;
using std::chrono::system_clock;

// Runs `look` inside the handler of one call.
void in_handler(const std::function<void(::grpc::ServerContext&)>& look, const Fields& metadata = {}) {
  SyncHandler handler;
  int calls = 0;
  handler.call = [&](::grpc::ServerContext& context, const ::probe::Request&, ::probe::Reply&) {
    ++calls;
    look(context);
    return ::grpc::Status::OK;
  };
  BindingFixture fixture(handler);
  fixture.call(1, {}, metadata);
  REQUIRE(calls == 1);
  CHECK(fixture.status(1) == "0");
}

std::string metadata_value(const ::grpc::ServerContextBase& context, const std::string& name) {
  const auto found = context.client_metadata().find(name);
  return found == context.client_metadata().end() ? "(none)"
                                                  : std::string(found->second.data(), found->second.size());
}

}  // namespace

TEST_CASE("Bridge: client metadata is what client_metadata() gives") {
  in_handler(
      [](::grpc::ServerContext& context) {
        CHECK(metadata_value(context, "x-text") == "one");
        CHECK(metadata_value(context, "x-data-bin") == "\0\xff"s);
        CHECK(metadata_value(context, "x-empty").empty());
        CHECK(metadata_value(context, ":path") == "(none)");
        CHECK(context.client_metadata().count("x-twice") == 2);
      },
      {{"x-text", "one"}, {"x-data-bin", "AP8"}, {"x-empty", ""}, {"x-twice", "a"}, {"x-twice", "b"}});
}

TEST_CASE("Bridge: many fields and none are metadata too") {
  Fields many;
  for (int i = 0; i < 80; ++i) many.push_back({"x-" + std::to_string(i), std::to_string(i)});
  in_handler([](::grpc::ServerContext& context) { CHECK(metadata_value(context, "x-79") == "79"); }, many);
  in_handler([](::grpc::ServerContext& context) { CHECK(metadata_value(context, "x-0") == "(none)"); });
}

TEST_CASE("Bridge: grpc-timeout is deadline(), on the wall clock") {
  in_handler(
      [](::grpc::ServerContext& context) {
        // The fixture's monotonic clock is far from the real one: compare both ends on their own clocks.
        CHECK(gpr_time_cmp(context.raw_deadline(), gpr_inf_future(GPR_CLOCK_REALTIME)) != 0);
        const Duration left = context.deadline() - system_clock::now();
        const Duration expected = kTestStart + std::chrono::seconds(90) - Clock::now();
        CHECK(left > expected - std::chrono::seconds(5));
        CHECK(left < expected + std::chrono::seconds(5));
      },
      {{"grpc-timeout", "90S"}});
}

TEST_CASE("Bridge: without grpc-timeout, or with one beyond all clocks, deadline() is the end of time") {
  const auto check_endless = [](::grpc::ServerContext& context) {
    CHECK(gpr_time_cmp(context.raw_deadline(), gpr_inf_future(GPR_CLOCK_REALTIME)) == 0);
    CHECK(context.deadline() == system_clock::time_point::max());
  };
  in_handler(check_endless);
  in_handler(check_endless, {{"grpc-timeout", "99999999H"}});
}

TEST_CASE("Bridge: IsCancelled() is false until mark_cancelled()") {
  in_handler([](::grpc::ServerContext& context) {
    CHECK_FALSE(context.IsCancelled());
    binding::mark_cancelled(context);
    CHECK(context.IsCancelled());
  });
  ::grpc::CallbackServerContext context;
  CHECK_FALSE(context.IsCancelled());
  binding::mark_cancelled(context);
  CHECK(context.IsCancelled());
}

TEST_CASE("Bridge: metadata that the handler adds is taken, each kind to its place") {
  SyncHandler handler;
  handler.call = [](::grpc::ServerContext& context, const ::probe::Request&, ::probe::Reply&) {
    context.AddInitialMetadata("x-initial", "i");
    context.AddTrailingMetadata("x-trailing-bin", "\0\xff"s);
    return ::grpc::Status::OK;
  };
  BindingFixture fixture(handler);
  fixture.call(1, {});
  CHECK(fixture.driver().sent().find(FrameType::kHeaders, 1)->header("x-initial") == "i");
  CHECK(fixture.field(1, "x-trailing-bin") == "AP8");
  CHECK(fixture.field(1, "x-initial") == "(none)");
}

TEST_CASE("Bridge: a compression choice is not sent as metadata") {
  SyncHandler handler;
  handler.call = [](::grpc::ServerContext& context, const ::probe::Request&, ::probe::Reply&) {
    context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    context.set_compression_level(GRPC_COMPRESS_LEVEL_HIGH);
    return ::grpc::Status::OK;
  };
  BindingFixture fixture(handler);
  fixture.call(1, {});
  CHECK(fixture.status(1) == "0");
  const Frame* headers = fixture.driver().sent().find(FrameType::kHeaders, 1);
  for (const auto& field : headers->fields) CHECK(field.name.find("encoding") == std::string::npos);
}

TEST_CASE("Bridge: CallInfo knows the peer and the time since the request") {
  in_handler([](::grpc::ServerContext& context) {
    const binding::CallInfo* info = binding::CallInfo::of(context);
    REQUIRE(info != nullptr);
    CHECK(info->peer() == "ipv4:192.0.2.1:4711");
  });
}

TEST_CASE("Bridge: a context that is not ours has no CallInfo") {
  const ::grpc::ServerContext plain;
  CHECK(binding::CallInfo::of(plain) == nullptr);
  const ::grpc::CallbackServerContext callback;
  CHECK(binding::CallInfo::of(callback) == nullptr);
}

TEST_CASE("Bridge: members that grpc-core would answer don't crash") {
  in_handler([](::grpc::ServerContext& context) {
    CHECK(context.peer().empty());
    CHECK(context.c_call() == nullptr);
    CHECK(context.census_context() == nullptr);
    context.SetLoadReportingCosts({"cpu", "memory"});
    CHECK(context.compression_level_set() == false);
    CHECK(context.ExperimentalGetCallMetricRecorder() == nullptr);
  });
}

TEST_CASE("Bridge: auth_context() is that of an insecure connection") {
  in_handler([](::grpc::ServerContext& context) {
    const auto auth = context.auth_context();
    REQUIRE(auth != nullptr);
    CHECK_FALSE(auth->IsPeerAuthenticated());
    CHECK(auth->GetPeerIdentity().empty());
    CHECK(auth->GetPeerIdentityPropertyName().empty());
    CHECK(auth->FindPropertyValues("x509_common_name").empty());
    CHECK((auth->begin() == auth->end()));
  });
}

TEST_CASE("Bridge: a status passes with its code, message and details") {
  const grpc::Status failed = binding::from_stock({::grpc::StatusCode::DATA_LOSS, "lost", "\x08\x0f"s});
  CHECK(failed.code == grpc::StatusCode::kDataLoss);
  CHECK(failed.message == "lost");
  CHECK(failed.details == "\x08\x0f");
  CHECK(binding::from_stock({::grpc::StatusCode::OK, "ignored"}).ok());
  CHECK(binding::from_stock({::grpc::StatusCode::OK, "ignored"}).message.empty());
}

TEST_CASE("Bridge: an unlinked context owns nothing of ours") {
  // The metadata array and the allocator state would be freed or used by the context's destructor.
  SyncHandler handler;
  handler.call = [](::grpc::ServerContext& context, const ::probe::Request&, ::probe::Reply&) {
    CHECK(context.client_metadata().size() >= 3);
    return ::grpc::Status::OK;
  };
  BindingFixture fixture(handler);
  for (http2::StreamId id = 1; id < 40; id += 2) {
    fixture.call(id, {}, {{"x-a", "1"}, {"x-b-bin", "AAEC"}, {"x-c", std::string(300, 'c')}});
    CHECK(fixture.status(id) == "0");
  }
}

}  // namespace hawser::test
