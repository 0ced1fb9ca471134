// Counts the calls of one load on one thread.
#pragma once

#include <string_view>

#include "hawser/base/clock.h"
#include "hawser/client/call.h"
#include "tools/profile/result.h"
#include "tools/profile/work.h"

namespace hawser::profile {

/// Of one call.
struct CallMoments {
  Instant intended;  ///< By the schedule; in a closed loop the send.
  Instant possible;  ///< The first moment from then on at which the call could have been sent.
  Instant sent;
  Instant done;
};

/// Of one call's request, in bytes.
struct RequestSizes {
  std::size_t message = 0;
  std::size_t payload = 0;
};

class Recorder final {
 public:
  /// `start`: of the measured time, `width`: of the timeline's intervals. `work` outlives it.
  Recorder(Work& work, bool is_open, Instant start, Duration width);

  /// A call that counts has ended.
  void count(const client::Call& call, const CallMoments& moments, const RequestSizes& sizes);
  /// A call couldn't be sent when it was due: as many as may be are in flight.
  void count_waiting() { ++result_.waited_for_room; }

  /// What there is until now; complete after close().
  const LoadResult& result() const { return result_; }
  LoadResult close();

  /// Latencies since the last time that this was asked: for who watches the run.
  Histogram take_recent();
  void keep_recent(bool keep) { keeps_recent_ = keep; }

 private:
  void count_success(const client::Call& call, const CallMoments& moments);

  Work& work_;
  const bool is_open_;
  bool keeps_recent_ = false;
  LoadResult result_;
  Histogram recent_;
};

}  // namespace hawser::profile
