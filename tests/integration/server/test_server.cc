#include "integration/server/test_server.h"

#include <algorithm>
#include <cstring>

#include "support/test_family.h"

namespace hawser::test {
namespace {

void reply_with_request(server::ServerCall& call) {
  const Bytes request = call.request();
  const Result<MutableBytes> room = call.begin_message(request.size());
  if (room && !request.empty()) std::memcpy(room->data(), request.data(), request.size());
  call.finish({});
}

class EchoMethod final : public server::Method {
 public:
  std::string_view path() const override { return kEchoPath; }
  void prepare(std::size_t) override {}
  void start(server::ServerCall& call) override { reply_with_request(call); }
};

class HoldMethod final : public server::Method {
 public:
  explicit HoldMethod(HeldCalls& held) : held_(held) {}
  std::string_view path() const override { return kHoldPath; }
  void prepare(std::size_t) override {}
  void start(server::ServerCall& call) override { held_.add(call); }

 private:
  HeldCalls& held_;
};

}  // namespace

void HeldCalls::add(server::ServerCall& call) {
  const std::lock_guard lock(mutex_);
  calls_.push_back(&call);
}

void HeldCalls::finish() {
  std::vector<server::ServerCall*> calls;
  {
    const std::lock_guard lock(mutex_);
    calls.swap(calls_);
  }
  for (server::ServerCall* call : calls) reply_with_request(*call);
}

std::size_t HeldCalls::count() const {
  const std::lock_guard lock(mutex_);
  return calls_.size();
}

std::size_t HeldCalls::cancelled() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(
      calls_.begin(), calls_.end(), [](server::ServerCall* call) { return call->is_cancelled(); }));
}

TestServer::TestServer(const server::ServerOptions& options)
    : server_(value_of(server::Server::create(options))) {
  value_of(server_->add(std::make_unique<EchoMethod>()));
  value_of(server_->add(std::make_unique<HoldMethod>(held_)));
  tcp_ = value_of(server_->listen(value_of(net::Address::parse(loopback())))).front();
  unix_ = value_of(server_->listen(value_of(net::Address::parse("unix:" + folder_.file("s"))))).front();
  value_of(server_->start());
}

TestServer::~TestServer() {
  server_->shutdown(Duration::zero());
  held_.finish();
}

}  // namespace hawser::test
