#include "tools/profile/echo_work.h"

#include <string>

#include "echo.pb.h"

namespace hawser::profile {
namespace {

class EchoWork final : public Work {
 public:
  explicit EchoWork(std::size_t payload_bytes) {
    ::echo::EchoRequest request;
    request.set_payload(std::string(payload_bytes, 'x'));
    request_ = request.SerializeAsString();
  }

  std::string_view path() const override { return "/echo.EchoService/Echo"; }
  std::string_view request() const override { return request_; }
  // Not parsed: the client's CPU time is measured, too.
  const char* complaint(std::string_view) override { return nullptr; }

 private:
  std::string request_;
};

}  // namespace

std::unique_ptr<Work> make_echo_work(std::size_t payload_bytes) {
  return std::make_unique<EchoWork>(payload_bytes);
}

}  // namespace hawser::profile
