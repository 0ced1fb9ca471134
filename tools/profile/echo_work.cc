#include "tools/profile/echo_work.h"

#include <string>

#include "echo.pb.h"

namespace hawser::profile {
namespace {

class EchoWork final : public Work {
 public:
  EchoWork(std::size_t payload_bytes, bool server_time) : asks_(server_time) {
    ::echo::EchoRequest request;
    request.set_payload(std::string(payload_bytes, 'x'));
    request.set_want_server_latency(server_time);
    request_ = request.SerializeAsString();
  }

  std::string_view path() const override { return "/echo.EchoService/Echo"; }
  std::string_view request() const override { return request_; }
  // Parsed only when something in it is needed: the client's CPU time is measured, too.
  const char* complaint(std::string_view response) override {
    if (!asks_) return nullptr;
    const bool parsed = response_.ParseFromArray(response.data(), static_cast<int>(response.size()));
    return parsed ? nullptr : "the response is no echo.EchoResponse";
  }
  std::optional<Duration> server_time() const override {
    if (!asks_) return std::nullopt;
    return Duration(response_.server_latency_ns());
  }

 private:
  bool asks_;
  std::string request_;
  ::echo::EchoResponse response_;
};

}  // namespace

std::unique_ptr<Work> make_echo_work(std::size_t payload_bytes, bool server_time) {
  return std::make_unique<EchoWork>(payload_bytes, server_time);
}

}  // namespace hawser::profile
