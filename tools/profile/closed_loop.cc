#include "tools/profile/closed_loop.h"

#include <ctime>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>
#include <utility>

#include "hawser/client/call.h"
#include "hawser/client/channel.h"
// lint: allow include: a slot that was asked to come back later waits on the loop of its calls.
#include "hawser/event/timer.h"

namespace hawser::profile {
namespace {

Duration process_cpu() {
  timespec time{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// How long the server asks to wait before the call is made again (gRPC proposal A6); zero: it doesn't say.
Duration pushback_of(const client::Call& call) {
  const http2::HeaderBlock& trailers = call.trailing_metadata();
  for (std::size_t i = 0; i < trailers.size(); ++i) {
    if (trailers[i].name != "grpc-retry-pushback-ms") continue;
    const std::string_view value = trailers[i].value;
    std::uint32_t milliseconds = 0;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), milliseconds);
    if (parsed.ec == std::errc()) return std::chrono::milliseconds(milliseconds);
  }
  return {};
}

}  // namespace

/// One service of the run: its connections, its calls in flight, its numbers.
class ClosedLoop::Side final {
 public:
  explicit Side(LoadSpec spec) : spec_(std::move(spec)) {}

  Result<void> open(ClosedLoop& load);
  std::size_t size() const { return slots_.size(); }
  void start_all(ClosedLoop& load, Instant now) {
    for (const std::unique_ptr<Slot>& slot : slots_) load.next(*slot, now);
  }
  void count(const client::Call& call, Duration round_trip);
  /// After the end: the connections go, the numbers come.
  RunResult::Part finish() {
    channels_.clear();
    return {spec_.name, spec_.width, std::move(result_)};
  }
  Work& work() { return *spec_.work; }
  Duration think_time() const { return spec_.think_time; }

 private:
  LoadSpec spec_;
  std::vector<std::unique_ptr<client::Channel>> channels_;
  std::vector<std::unique_ptr<Slot>> slots_;
  LoadResult result_;
};

class ClosedLoop::Slot final {
 public:
  Slot(ClosedLoop& load, Side& side, client::Channel& channel)
      : call_(client::Call::Completion::bind<&Slot::on_done>(*this)),
        rest_(load.thread_->loop(), event::Timer::Callback::bind<&Slot::on_rested>(*this)),
        channel_(channel),
        side_(side),
        load_(load) {
    call_.set_path(side.work().path());
    if (load.config_.timeout > Duration{}) call_.set_timeout(load.config_.timeout);
  }

  void start(Instant now, bool measured) {
    started_ = now;
    is_measured_ = measured;
    const std::string_view request = side_.work().request();
    const MutableBytes room = call_.begin_request(request.size());
    if (!room.empty()) std::memcpy(room.data(), request.data(), request.size());
    // Channels go after the load has ended, so they never refuse.
    static_cast<void>(channel_.start(call_));
  }

 private:
  void on_done(client::Call&) {
    const Instant now = Clock::now();
    if (is_measured_) side_.count(call_, now - started_);
    Duration rest = side_.think_time();
    if (call_.status().code == grpc::StatusCode::kResourceExhausted && !load_.config_.ignore_pushback) {
      rest = std::max(rest, load_.spread(pushback_of(call_)));
    }
    if (rest > Duration{}) return rest_.arm(saturating_add(now, rest));
    load_.next(*this, now);
  }
  void on_rested() { load_.next(*this, Clock::now()); }

  client::Call call_;
  event::Timer rest_;
  Instant started_{};
  bool is_measured_ = false;
  client::Channel& channel_;
  Side& side_;
  ClosedLoop& load_;
};

Result<void> ClosedLoop::Side::open(ClosedLoop& load) {
  client::ChannelOptions options;
  options.tls = load.config_.tls;
  options.max_receive_bytes = std::max(options.max_receive_bytes, 2 * spec_.work->request().size());
  for (std::size_t i = 0; i < spec_.width.connections; ++i) {
    auto channel = client::Channel::create(load.config_.target, options, *load.thread_);
    if (!channel) return tl::unexpected<Error>(std::move(channel.error()));
    channels_.push_back(std::move(*channel));
    for (std::size_t j = 0; j < spec_.width.concurrency; ++j) {
      slots_.push_back(std::make_unique<Slot>(load, *this, *channels_.back()));
    }
  }
  return {};
}

void ClosedLoop::Side::count(const client::Call& call, Duration round_trip) {
  grpc::StatusCode code = call.status().code;
  std::string_view message = call.status().message;
  if (code == grpc::StatusCode::kOk) {
    if (const char* complaint = spec_.work->complaint(text_of(call.response()))) {
      code = grpc::StatusCode::kInternal;
      message = complaint;
    }
  }
  ++result_.by_status[static_cast<std::size_t>(code) % LoadResult::kStatuses];
  if (code != grpc::StatusCode::kOk) {
    if (code == grpc::StatusCode::kResourceExhausted) result_.refused.record(round_trip);
    if (result_.first_failure.empty()) {
      result_.first_failure.append(to_string(code)).append(": ").append(message);
    }
    return;
  }
  result_.round_trip.record(round_trip);
  if (const std::optional<Duration> server = spec_.work->server_time()) {
    result_.server.record(*server);
    result_.remainder.record(round_trip - *server);
  }
}

ClosedLoop::ClosedLoop(const LoadConfig& config) : config_(config) {}

// Slots before channels before the thread; by now no call is in flight and no timer is armed.
ClosedLoop::~ClosedLoop() = default;

Result<std::unique_ptr<ClosedLoop>> ClosedLoop::create(const LoadConfig& config,
                                                       std::vector<LoadSpec> loads) {
  std::unique_ptr<ClosedLoop> load(new ClosedLoop(config));
  auto thread = client::LoopThread::create();
  if (!thread) return tl::unexpected<Error>(std::move(thread.error()));
  load->thread_ = std::move(*thread);
  for (LoadSpec& spec : loads) {
    load->sides_.push_back(std::make_unique<Side>(std::move(spec)));
    if (auto opened = load->sides_.back()->open(*load); !opened) {
      return tl::unexpected<Error>(std::move(opened.error()));
    }
  }
  return load;
}

RunResult ClosedLoop::run() {
  thread_->run([this] { start_all(); });
  finished_.acquire();
  for (const std::unique_ptr<Side>& side : sides_) result_.parts.push_back(side->finish());
  return std::move(result_);
}

void ClosedLoop::start_all() {
  const Instant now = Clock::now();
  measure_from_ = saturating_add(now, config_.warmup);
  if (config_.warmup == Duration{}) begin_measuring(now);
  for (const std::unique_ptr<Side>& side : sides_) running_ += side->size();
  for (const std::unique_ptr<Side>& side : sides_) side->start_all(*this, now);
}

Duration ClosedLoop::spread(Duration pushback) {
  constexpr std::int64_t kParts = 1000;
  const std::int64_t part = std::uniform_int_distribution<std::int64_t>(0, kParts)(random_);
  return pushback + pushback / 2 * part / kParts;
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

}  // namespace hawser::profile
