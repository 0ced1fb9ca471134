#include "tools/profile/echo_work.h"

#include <utility>

#include "echo.pb.h"
#include "tools/profile/sized_request.h"

namespace hawser::profile {
namespace {

class EchoWork final : public Work {
 public:
  explicit EchoWork(PayloadDraws payloads)
      : request_({}, ::echo::EchoRequest::kPayloadFieldNumber, std::move(payloads)) {}

  std::string_view path() const override { return "/echo.EchoService/Echo"; }
  Request next_request() override { return request_.next(); }
  std::size_t largest_request() const override { return request_.largest(); }
  // Not parsed: the client's CPU time is measured, too.
  const char* complaint(std::string_view) override { return nullptr; }

 private:
  SizedRequest request_;
};

}  // namespace

std::unique_ptr<Work> make_echo_work(PayloadDraws payloads) {
  return std::make_unique<EchoWork>(std::move(payloads));
}

}  // namespace hawser::profile
