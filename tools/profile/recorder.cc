#include "tools/profile/recorder.h"

#include <utility>

#include "tools/profile/stages.h"

namespace hawser::profile {
namespace {

std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

}  // namespace

Recorder::Recorder(Work& work, bool is_open, Instant start, Duration width) : work_(work), is_open_(is_open) {
  result_.timeline = Timeline(start, width);
}

void Recorder::count(const client::Call& call, const CallMoments& moments, const RequestSizes& sizes) {
  if (is_open_) {
    result_.dispatch_delay.record(moments.sent - moments.intended);
    result_.generator_lag.record(moments.sent - moments.possible);
  }
  if (call.times().sent != Instant{}) {
    result_.bytes_sent += sizes.message;
    result_.payload_bytes += sizes.payload;
  }
  grpc::StatusCode code = call.status().code;
  std::string_view message = call.status().message;
  if (code == grpc::StatusCode::kOk) {
    result_.bytes_received += call.response().size();
    if (const char* complaint = work_.complaint(text_of(call.response()))) {
      code = grpc::StatusCode::kInternal;
      message = complaint;
    }
  }
  ++result_.by_status[static_cast<std::size_t>(code) % LoadResult::kStatuses];
  const Duration latency = moments.done - moments.intended;
  result_.timeline.record(moments.done, latency, code == grpc::StatusCode::kOk);
  if (code == grpc::StatusCode::kOk) return count_success(call, moments);
  (code == grpc::StatusCode::kResourceExhausted ? result_.refused : result_.failures).record(latency);
  if (result_.first_failure.empty()) {
    result_.first_failure.append(to_string(code)).append(": ").append(message);
  }
}

void Recorder::count_success(const client::Call& call, const CallMoments& moments) {
  const Duration round_trip = moments.done - moments.sent;
  result_.round_trip.record(round_trip);
  if (is_open_) result_.intended.record(moments.done - moments.intended);
  if (keeps_recent_) recent_.record(moments.done - moments.intended);
  const auto reported = client::find_server_timing(call.trailing_metadata());
  const Stages stages =
      split(round_trip, call.times().sent - call.times().started, reported.value_or(grpc::ServerTiming{}));
  result_.client_queue.record(stages.client_queue);
  result_.wire.record(stages.wire);
  if (!reported) return;
  const Duration server = stages.server_queue + stages.handler + stages.reply_write;
  result_.server_queue.record(stages.server_queue);
  result_.handler.record(stages.handler);
  result_.reply_write.record(stages.reply_write);
  result_.server.record(server);
  result_.remainder.record(round_trip - server);
}

LoadResult Recorder::close() {
  result_.timeline.close();
  return std::move(result_);
}

Histogram Recorder::take_recent() { return std::exchange(recent_, {}); }

}  // namespace hawser::profile
