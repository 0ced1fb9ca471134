// What a call of a stock service class costs in heap allocations once everything is warm: none.
#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "hawser/binding/service_binding.h"
#include "hawser/grpc/server_timing.h"
#include "hawser/server/server_protocol.h"
#include "src/echo/echo_handler.h"
#include "support/allocation_counter.h"
#include "support/frame_parser.h"
#include "support/frame_script.h"
#include "support/protocol_driver.h"

namespace hawser::test {
namespace {

constexpr std::string_view kEchoPath = "/echo.EchoService/Echo";

// One worker's share of a server with the Echo service, and one connection.
class EchoConnection final {
 public:
  /// `asks_timing`: each call asks for its stages, and the server tells them.
  explicit EchoConnection(bool asks_timing = false)
      : options_(options_with(asks_timing)),
        config_(http2::SessionConfig::create(http2::Role::kServer, options_.limits).value()) {
    binding::ServiceBinding<::echo::EchoService, echo_service::EchoHandler> service(handler_);
    service.unary("Echo", &echo_service::EchoHandler::Echo);
    for (auto& method : service.take_methods()) REQUIRE(router_.add(std::move(method)));
    router_.prepare(1);
    protocol_ = server::ServerProtocol::create(resources_, {"unix:", ""}, kTestStart).value();
    output_.reserve(64 * 1024);
    // A window that all replies together fit into.
    exchange(script_.client_start().settings_ack().window_update(0, 100'000'000).take());
  }

  /// Requests of `payload`, written ahead so that writing them isn't counted.
  void write_requests(int count, const std::string& payload) {
    ::echo::EchoRequest request;
    request.set_payload(payload);
    request.set_timestamp(1'700'000'000'000);
    request.set_want_server_latency(true);
    for (int i = 0; i < count; ++i, id_ += 2) {
      Fields fields = request_fields(kEchoPath);
      if (options_.report_timing) fields = with(fields, grpc::kWantServerTiming, "1");
      script_.headers(id_, fields).data(id_, grpc_message(request.SerializeAsString()), true);
      requests_.push_back(script_.take());
    }
  }
  void run(int count) {
    for (int i = 0; i < count; ++i) exchange(requests_.at(next_++));
  }
  FrameParser& replies() { return replies_; }
  /// From now on replies are dropped instead of parsed: parsing allocates.
  void drop_replies() { keep_replies_ = false; }
  http2::MemoryPool& memory() { return memory_; }

 private:
  void exchange(const std::string& bytes) {
    protocol_->receive(as_bytes(bytes), kTestStart);
    protocol_->drain(output_, kTestStart);
    if (keep_replies_) replies_.feed(output_.readable());
    output_.clear();
  }

  static server::ServerOptions options_with(bool report_timing) {
    server::ServerOptions options;
    options.report_timing = report_timing;
    return options;
  }

  const server::ServerOptions options_;
  echo_service::EchoHandler handler_;
  server::Router router_;
  std::unique_ptr<http2::SessionConfig> config_;
  http2::MemoryPool memory_;
  server::CallPool calls_{nullptr, 0};
  server::WorkerResources resources_{router_, options_, *config_, memory_, calls_};
  std::unique_ptr<server::ServerProtocol> protocol_;
  ByteQueue output_;
  FrameScript script_;
  FrameParser replies_;
  bool keep_replies_ = true;
  http2::StreamId id_ = 1;
  std::vector<std::string> requests_;
  std::size_t next_ = 0;
};

TEST_CASE("UnaryMethod: the Echo service answers through the whole server side") {
  EchoConnection connection;
  connection.write_requests(2, "hello");
  connection.run(2);
  for (const http2::StreamId id : {1, 3}) {
    ::echo::EchoResponse response;
    const std::string body = connection.replies().body(id);
    REQUIRE(body.size() > 5);
    REQUIRE(response.ParseFromString(body.substr(5)));
    CHECK(response.payload() == "hello");
    CHECK(response.request_timestamp() == 1'700'000'000'000);
    CHECK(connection.replies().last_headers(id).header("grpc-status") == "0");
  }
}

TEST_CASE("UnaryMethod: the Echo service tells who asks how long it took") {
  EchoConnection connection(true);
  connection.write_requests(1, "hello");
  connection.run(1);
  const auto timing =
      grpc::parse_server_timing(connection.replies().last_headers(1).header(grpc::kServerTiming));
  REQUIRE(timing);
  CHECK(timing->handler > Duration{});
}

TEST_CASE("UnaryMethod: a warm Echo call allocates nothing" * doctest::skip(!AllocationCounter::kAvailable)) {
  constexpr int kWarmUp = 60;  // HPACK's table is full by then, of timings that are all different
  constexpr int kCalls = 200;
  for (const auto& row : {std::pair{0U, false}, {23U, false}, {4000U, false}, {23U, true}}) {
    const auto payload = row.first;
    const bool asks_timing = row.second;
    CAPTURE(payload);
    CAPTURE(asks_timing);
    EchoConnection connection(asks_timing);
    connection.write_requests(kWarmUp + kCalls, std::string(payload, 'p'));
    connection.drop_replies();
    connection.run(kWarmUp);
    const std::uint64_t from_heap = connection.memory().heap_allocations();
    const AllocationCounter allocations;
    connection.run(kCalls);
    const std::uint64_t calls_of_new = allocations.calls();
    CHECK(calls_of_new == 0);
    CHECK(connection.memory().heap_allocations() == from_heap);
  }
}

}  // namespace
}  // namespace hawser::test
