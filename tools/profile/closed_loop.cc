#include "tools/profile/closed_loop.h"

#include <ctime>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "echo.pb.h"

namespace hawser::profile {
namespace {

constexpr std::string_view kPath = "/echo.EchoService/Echo";

Duration process_cpu() {
  timespec time{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::string make_request(const LoadConfig& config) {
  ::echo::EchoRequest request;
  request.set_payload(std::string(config.payload_bytes, 'x'));
  request.set_want_server_latency(config.server_time);
  return request.SerializeAsString();
}

}  // namespace

std::uint64_t LoadResult::calls() const {
  return std::accumulate(by_status.begin(), by_status.end(), std::uint64_t{0});
}

class ClosedLoop::Slot final {
 public:
  Slot(ClosedLoop& load, client::Channel& channel)
      : call(client::Call::Completion::bind<&Slot::on_done>(*this)), channel_(channel), load_(load) {
    call.set_path(kPath);
    if (load.config_.timeout > Duration{}) call.set_timeout(load.config_.timeout);
  }

  void start(Instant now, bool measured) {
    started = now;
    is_measured = measured;
    const MutableBytes room = call.begin_request(load_.request_.size());
    if (!room.empty()) std::memcpy(room.data(), load_.request_.data(), room.size());
    // Channels go after the load has ended, so they never refuse.
    static_cast<void>(channel_.start(call));
  }

  client::Call call;
  ::echo::EchoResponse response;
  Instant started{};
  bool is_measured = false;

 private:
  void on_done(client::Call&) { load_.on_done(*this, Clock::now()); }

  client::Channel& channel_;
  ClosedLoop& load_;
};

ClosedLoop::ClosedLoop(const LoadConfig& config) : config_(config), request_(make_request(config)) {}

ClosedLoop::~ClosedLoop() = default;

Result<std::unique_ptr<ClosedLoop>> ClosedLoop::create(const LoadConfig& config) {
  std::unique_ptr<ClosedLoop> load(new ClosedLoop(config));
  auto thread = client::LoopThread::create();
  if (!thread) return tl::unexpected<Error>(std::move(thread.error()));
  load->thread_ = std::move(*thread);
  client::ChannelOptions options;
  options.max_receive_bytes = std::max(options.max_receive_bytes, 2 * load->request_.size());
  for (std::size_t i = 0; i < config.connections; ++i) {
    auto channel = client::Channel::create(config.target, options, *load->thread_);
    if (!channel) return tl::unexpected<Error>(std::move(channel.error()));
    load->channels_.push_back(std::move(*channel));
    for (std::size_t j = 0; j < config.concurrency; ++j) {
      load->slots_.push_back(std::make_unique<Slot>(*load, *load->channels_.back()));
    }
  }
  return load;
}

LoadResult ClosedLoop::run() {
  thread_->run([this] { start_all(); });
  finished_.acquire();
  channels_.clear();
  return std::move(result_);
}

void ClosedLoop::start_all() {
  const Instant now = Clock::now();
  measure_from_ = saturating_add(now, config_.warmup);
  if (config_.warmup == Duration{}) begin_measuring(now);
  running_ = slots_.size();
  for (const std::unique_ptr<Slot>& slot : slots_) next(*slot, now);
}

void ClosedLoop::begin_measuring(Instant now) {
  measuring_ = true;
  measure_from_ = now;
  if (config_.requests == 0) measure_until_ = saturating_add(now, config_.duration);
  cpu_at_start_ = process_cpu();
}

void ClosedLoop::next(Slot& slot, Instant now) {
  if (!measuring_ && now >= measure_from_) begin_measuring(now);
  if (!measuring_) return slot.start(now, false);
  const bool is_over = config_.requests > 0 ? started_ >= config_.requests : now >= measure_until_;
  if (!is_over) {
    ++started_;
    return slot.start(now, true);
  }
  if (--running_ > 0) return;
  result_.elapsed = now - measure_from_;
  result_.cpu = process_cpu() - cpu_at_start_;
  finished_.release();
}

void ClosedLoop::on_done(Slot& slot, Instant now) {
  if (slot.is_measured) count(slot, now);
  next(slot, now);
}

void ClosedLoop::count(Slot& slot, Instant now) {
  const client::Call& call = slot.call;
  grpc::StatusCode code = call.status().code;
  std::string_view message = call.status().message;
  if (code == grpc::StatusCode::kOk && config_.server_time &&
      !slot.response.ParseFromArray(call.response().data(), static_cast<int>(call.response().size()))) {
    code = grpc::StatusCode::kInternal;
    message = "the response is no echo.EchoResponse";
  }
  ++result_.by_status[static_cast<std::size_t>(code) % LoadResult::kStatuses];
  if (code != grpc::StatusCode::kOk) {
    if (result_.first_failure.empty()) {
      result_.first_failure.append(to_string(code)).append(": ").append(message);
    }
    return;
  }
  const Duration round_trip = now - slot.started;
  result_.round_trip.record(round_trip);
  if (config_.server_time) {
    const Duration server(slot.response.server_latency_ns());
    result_.server.record(server);
    result_.remainder.record(round_trip - server);
  }
}

}  // namespace hawser::profile
