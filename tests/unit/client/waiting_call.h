// A call whose end a test's thread can wait for.
#pragma once

#include <chrono>
#include <cstring>
#include <semaphore>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "hawser/client/call.h"
#include "hawser/client/channel.h"
#include "support/bytes.h"

namespace hawser::test {

class WaitingCall final {
 public:
  explicit WaitingCall(std::string_view message = "ping")
      : call(client::Call::Completion::bind<&WaitingCall::on_done>(*this)) {
    call.set_path("/echo.EchoService/Echo");
    begin(message);
  }

  void begin(std::string_view message) {
    const MutableBytes room = call.begin_request(message.size());
    if (!message.empty()) std::memcpy(room.data(), message.data(), message.size());
  }
  WaitingCall& start(client::Channel& channel) {
    REQUIRE(channel.start(call));
    return *this;
  }
  /// The name of the status; "(no end)" after a time that only failing tests reach.
  std::string wait() {
    if (!done_.try_acquire_for(std::chrono::seconds(10))) return "(no end)";
    return std::string(to_string(call.status().code));
  }
  const std::string& message() const { return call.status().message; }
  std::string response() const { return as_text(call.response()); }

  client::Call call;

 private:
  void on_done(client::Call&) { done_.release(); }

  std::counting_semaphore<1000> done_{0};
};

}  // namespace hawser::test
