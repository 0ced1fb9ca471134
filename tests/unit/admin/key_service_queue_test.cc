#include <doctest/doctest.h>

#include <grpcpp/support/status.h>

#include <chrono>
#include <future>
#include <latch>
#include <string>
#include <thread>

#include "unit/admin/admin_server.h"

namespace hawser::test {
namespace {

using ::grpc::StatusCode;
using Stub = ::crypto::KeyService::Stub;

// The first save after it waits until it is let go, and all calls behind it with it.
struct HeldSave {
  explicit HeldSave(AdminServer& server) {
    server.keys().storage.set_before_save([this] {
      if (std::exchange(used, true)) return;
      begun.count_down();
      let_go.wait();
    });
  }
  bool used = false;
  std::latch begun{1};
  std::latch let_go{1};
};

std::future<::grpc::Status> set_primary(AdminServer& server, std::uint32_t version,
                                        std::chrono::system_clock::time_point deadline = in_seconds(60)) {
  return std::async(std::launch::async, [&server, version, deadline] {
    ::crypto::SetPrimaryVersionRequest request;
    request.set_key_id("web");
    request.set_version(version);
    ::crypto::KeyInfo info;
    ::grpc::ClientContext context;
    context.set_deadline(deadline);
    return server.stub().SetPrimaryVersion(&context, request, &info);
  });
}

// The server hears of a call's end on the call's own connection, so another call on it comes later.
std::future<::grpc::Status> sealing_key(AdminServer& server) {
  return std::async(std::launch::async, [&server] {
    ::crypto::GetSealingKeyResponse key;
    return call(server.stub(), &Stub::GetSealingKey, ::crypto::GetSealingKeyRequest(), &key);
  });
}

}  // namespace

TEST_CASE("KeyService: more calls than may wait are refused at once") {
  AdminServer server({.most_waiting = 1});
  server.create("web");
  server.rotate("web");
  HeldSave held(server);
  auto running = set_primary(server, 1);
  held.begun.wait();
  auto one = set_primary(server, 2);
  auto other = set_primary(server, 2);
  // One of the two waits, the other one is refused while the first call still runs.
  REQUIRE(eventually([&] {
    return one.wait_for(std::chrono::seconds(0)) == std::future_status::ready ||
           other.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }));
  held.let_go.count_down();
  CHECK(running.get().ok());
  const StatusCode codes[] = {one.get().error_code(), other.get().error_code()};
  CHECK(std::count(std::begin(codes), std::end(codes), StatusCode::OK) == 1);
  CHECK(std::count(std::begin(codes), std::end(codes), StatusCode::RESOURCE_EXHAUSTED) == 1);
}

TEST_CASE("KeyService: a call whose deadline passes before its turn is not done") {
  AdminServer server;
  server.create("web");
  server.rotate("web");
  HeldSave held(server);
  auto running = set_primary(server, 1);
  held.begun.wait();
  auto late = set_primary(server, 2, std::chrono::system_clock::now() + std::chrono::milliseconds(500));
  REQUIRE(eventually([&] { return server.first_observer().open_reservations() == 2; }));
  CHECK(late.get().error_code() == StatusCode::DEADLINE_EXCEEDED);
  auto behind = sealing_key(server);
  REQUIRE(eventually([&] { return server.first_observer().open_reservations() == 3; }));
  held.let_go.count_down();
  CHECK(running.get().ok());
  CHECK(behind.get().ok());
  CHECK(server.get("web").primary_version() == 1);
  const auto records = server.first_observer().records();
  REQUIRE(records.size() == 6);
  CHECK(records[3].method == "SetPrimaryVersion");
  // By the server's clock, or by the word of the client, whose clock was a little earlier.
  const int code = records[3].code;
  CHECK((code == StatusCode::DEADLINE_EXCEEDED || code == StatusCode::CANCELLED));
  CHECK(records[3].queue > Duration::zero());
}

TEST_CASE("KeyService: a call that is cancelled before its turn is not done") {
  AdminServer server;
  server.create("web");
  server.rotate("web");
  HeldSave held(server);
  auto running = set_primary(server, 1);
  held.begun.wait();
  ::grpc::ClientContext context;
  auto cancelled = std::async(std::launch::async, [&] {
    ::crypto::SetPrimaryVersionRequest request;
    request.set_key_id("web");
    request.set_version(2);
    ::crypto::KeyInfo info;
    return server.stub().SetPrimaryVersion(&context, request, &info);
  });
  REQUIRE(eventually([&] { return server.first_observer().open_reservations() == 2; }));
  context.TryCancel();
  CHECK(cancelled.get().error_code() == StatusCode::CANCELLED);
  auto behind = sealing_key(server);
  REQUIRE(eventually([&] { return server.first_observer().open_reservations() == 3; }));
  held.let_go.count_down();
  CHECK(running.get().ok());
  CHECK(behind.get().ok());
  CHECK(server.get("web").primary_version() == 1);
}

TEST_CASE("KeyService: stopping ends what waits with UNAVAILABLE and waits for what runs") {
  AdminServer server;
  server.create("web");
  server.rotate("web");
  HeldSave held(server);
  auto running = set_primary(server, 1);
  held.begun.wait();
  auto waiting = set_primary(server, 2);
  REQUIRE(eventually([&] { return server.first_observer().open_reservations() == 2; }));
  std::jthread stopping([&] { server.administration().stop(); });
  CHECK(waiting.get().error_code() == StatusCode::UNAVAILABLE);
  held.let_go.count_down();
  CHECK(running.get().ok());
  stopping.join();
  CHECK(set_primary(server, 2).get().error_code() == StatusCode::UNAVAILABLE);
  CHECK(server.keys().manager.get("web")->primary == 1);
}

TEST_CASE("KeyService: a key whose caller is gone is not made") {
  AdminServer server;
  ::grpc::ClientContext context;
  auto cancelled = std::async(std::launch::async, [&] {
    ::crypto::CreateKeyRequest request;
    request.set_key_id("big");
    request.set_spec(::crypto::KEY_SPEC_RSA_4096);
    ::crypto::KeyInfo info;
    return server.stub().CreateKey(&context, request, &info);
  });
  REQUIRE(eventually([&] { return server.first_observer().open_reservations() == 1; }));
  context.TryCancel();
  CHECK_FALSE(cancelled.get().ok());
  REQUIRE(eventually([&] { return server.first_observer().records().size() == 1; }));
  // By luck it may have been made before the word came.
  const int code = server.first_observer().records()[0].code;
  CHECK(server.keys().manager.keys()->keys().size() == (code == StatusCode::OK ? 1 : 0));
}

}  // namespace hawser::test
