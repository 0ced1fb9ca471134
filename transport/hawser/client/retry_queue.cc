#include "hawser/client/retry_queue.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "hawser/client/call.h"
#include "hawser/event/loop.h"

namespace hawser::client {
namespace {

/// grpc-retry-pushback-ms (P-107).
struct Pushback {
  bool forbids = false;
  std::optional<Duration> wait;
};

Pushback read_pushback(const http2::HeaderBlock& trailers) {
  Pushback pushback;
  for (std::size_t i = 0; i < trailers.size(); ++i) {
    if (trailers[i].name != "grpc-retry-pushback-ms") continue;
    const std::string_view text = trailers[i].value;
    std::int32_t ms = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
    const bool is_number = error == std::errc() && end == text.data() + text.size() && ms >= 0;
    if (!is_number || pushback.wait) pushback.forbids = true;  // unparsable, negative, or repeated
    pushback.wait = std::chrono::milliseconds(ms);
  }
  return pushback;
}

}  // namespace

RetryQueue::RetryQueue(event::Loop& loop, const std::optional<RetryThrottling>& throttling, Due due,
                       std::uint32_t seed)
    : loop_(loop),
      throttling_(throttling),
      due_(due),
      tokens_(throttling ? throttling->max_tokens : 0),
      random_(seed),
      timer_(loop, event::Timer::Callback::bind<&RetryQueue::on_timer>(*this)) {}

bool RetryQueue::take(Call& call) {
  if (!call.method_config_->retry || call.cancelled_) return false;
  const std::optional<Duration> delay = delay_of(call);
  if (!delay) return false;
  ++call.failed_attempts_;
  calls_.emplace(saturating_add(loop_.now(), *delay), &call);
  timer_.arm(calls_.begin()->first);
  return true;
}

std::optional<Duration> RetryQueue::delay_of(Call& call) {
  const RetryPolicy& policy = *call.method_config_->retry;
  const grpc::Status& status = call.status();
  if (status.ok()) {
    if (throttling_) tokens_ = std::min(tokens_ + throttling_->token_ratio, throttling_->max_tokens);
    return std::nullopt;
  }
  if (!policy.retries(status.code) || !spend_token()) return std::nullopt;
  if (!call.stream_.can_be_repeated() || call.deadline <= loop_.now()) return std::nullopt;
  if (call.failed_attempts_ + 1 >= policy.max_attempts) return std::nullopt;
  const Pushback pushback = read_pushback(call.trailing_metadata());
  if (pushback.forbids) return std::nullopt;
  if (pushback.wait) {
    call.backoff_step_ = 0;
    return pushback.wait;
  }
  const double longest = static_cast<double>(policy.max_backoff.count());
  const double backoff = static_cast<double>(policy.initial_backoff.count()) *
                         std::pow(policy.backoff_multiplier, call.backoff_step_++);
  const double jitter = std::uniform_real_distribution(0.8, 1.2)(random_);
  return Duration(static_cast<Duration::rep>(std::min(backoff, longest) * jitter));
}

/// False: too many calls fail.
bool RetryQueue::spend_token() {
  if (!throttling_) return true;
  tokens_ = std::max<std::int64_t>(tokens_ - 1000, 0);
  return tokens_ > throttling_->max_tokens / 2;
}

void RetryQueue::remove(Call& call) {
  const auto same = [&](const auto& entry) { return entry.second == &call; };
  const auto found = std::find_if(calls_.begin(), calls_.end(), same);
  if (found != calls_.end()) calls_.erase(found);
}

void RetryQueue::on_timer() {
  const Instant now = loop_.now();
  while (!calls_.empty() && calls_.begin()->first <= now) {
    Call& call = *calls_.begin()->second;
    calls_.erase(calls_.begin());
    due_(call);
  }
  timer_.arm(calls_.empty() ? kNever : calls_.begin()->first);
}

}  // namespace hawser::client
