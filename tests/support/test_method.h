// A method of a server whose behaviour the test sets.
#pragma once

#include <doctest/doctest.h>

#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "hawser/server/method.h"
#include "hawser/server/server_call.h"
#include "support/bytes.h"

namespace hawser::test {

inline constexpr std::string_view kEchoPath = "/test.Echo/Call";

/// Fills the reply with `message` and ends the call with OK.
inline void reply_with(server::ServerCall& call, std::string_view message) {
  const Result<MutableBytes> room = call.begin_message(message.size());
  REQUIRE(room);
  if (!message.empty()) std::memcpy(room->data(), message.data(), message.size());
  call.finish({});
}

/// Replies with the request, unless the test has other ideas.
class TestMethod final : public server::Method {
 public:
  explicit TestMethod(std::string path) : path_(std::move(path)) {}

  std::string_view path() const override { return path_; }
  void prepare(std::size_t workers) override { prepared_workers = workers; }
  void start(server::ServerCall& call) override {
    ++started;
    last_request = as_text(call.request());
    if (on_start) return on_start(call);
    reply_with(call, last_request);
  }

  std::function<void(server::ServerCall&)> on_start;
  int started = 0;
  std::size_t prepared_workers = 0;
  std::string last_request;

 private:
  std::string path_;
};

}  // namespace hawser::test
