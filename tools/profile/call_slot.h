// Room for one call in flight, used again and again.
#pragma once

#include <cstring>
#include <string_view>

#include "hawser/base/delegate.h"
#include "hawser/client/call.h"
#include "hawser/client/channel.h"
#include "hawser/client/server_timing.h"
#include "tools/profile/load_config.h"
#include "tools/profile/recorder.h"
#include "tools/profile/work.h"

namespace hawser::profile {

class CallSlot final {
 public:
  using Done = Delegate<void(CallSlot&)>;

  /// `work` outlives it. `done` runs on the loop, once for each start().
  CallSlot(const LoadConfig& config, Work& work, Done done)
      : call_(client::Call::Completion::bind<&CallSlot::on_done>(*this)), work_(work), done_(done) {
    call_.set_path(work_.path());
    if (config.timeout > Duration{}) call_.set_timeout(config.timeout);
    // It was tried when the flags were read.
    for (const auto& [name, value] : config.metadata) static_cast<void>(call_.add_metadata(name, value));
    if (config.server_timing) client::ask_for_server_timing(call_);
  }

  /// Sets moments.sent and the sizes. The channel outlives the call in flight.
  void start(client::Channel& channel) {
    const Request request = work_.next_request();
    sizes = {request.message.size(), request.payload_bytes};
    moments.sent = Clock::now();
    const MutableBytes room = call_.begin_request(sizes.message);
    if (!room.empty()) std::memcpy(room.data(), request.message.data(), sizes.message);
    // Channels go after the load has ended, so they never refuse.
    static_cast<void>(channel.start(call_));
  }
  const client::Call& call() const { return call_; }

  CallMoments moments;  ///< `done` is set when done() runs.
  RequestSizes sizes;
  bool is_measured = false;

 private:
  void on_done(client::Call&) {
    moments.done = Clock::now();
    done_(*this);
  }

  client::Call call_;
  Work& work_;
  Done done_;
};

}  // namespace hawser::profile
