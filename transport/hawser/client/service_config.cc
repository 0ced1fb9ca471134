#include "hawser/client/service_config.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "hawser/codec/json.h"

namespace hawser::client {

using codec::Json;

/// Reads the fields, and remembers the first that is wrong.
class ServiceConfigReader final {
 public:
  Result<ServiceConfig> read(const Json& json);

 private:
  using Kind = Json::Kind;

  void fail(std::string_view field, std::string_view what);
  /// The member, if it is there and of the kind; a null counts as not there.
  const Json* member(const Json& object, std::string_view name, Kind kind);
  std::optional<Duration> duration(const Json& object, std::string_view name);
  std::optional<std::size_t> size(const Json& object, std::string_view name);
  double number(const Json& object, std::string_view name);

  void read_method_config(const Json& json);
  void read_name(const Json& json, std::size_t index);
  RetryPolicy read_retry_policy(const Json& json);
  std::uint32_t read_code(const Json& json);
  void read_throttling(const Json& json);
  void read_load_balancing(const Json& json);

  ServiceConfig config_;
  std::string fault_;
};

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// A protobuf Duration in JSON: "3s", "1.000000001s"; not negative here.
std::optional<Duration> parse_duration(std::string_view text) {
  if (!text.ends_with('s')) return std::nullopt;
  text.remove_suffix(1);
  const std::size_t point = text.find('.');
  std::string_view whole = text.substr(0, point);
  std::string fraction(point == std::string_view::npos ? "" : text.substr(point + 1));
  const auto digits = [](std::string_view part) {
    return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (!digits(whole) || whole.size() > 12 || fraction.size() > 9) return std::nullopt;
  if (point != std::string_view::npos && !digits(fraction)) return std::nullopt;
  fraction.resize(9, '0');
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;
  std::from_chars(whole.data(), whole.data() + whole.size(), seconds);
  std::from_chars(fraction.data(), fraction.data() + fraction.size(), nanoseconds);
  constexpr std::int64_t kMostSeconds = 315'576'000'000;  // google.protobuf.Duration
  if (seconds > kMostSeconds) return std::nullopt;
  if (std::chrono::seconds(seconds) >= std::chrono::duration_cast<std::chrono::seconds>(Duration::max())) {
    return Duration::max();
  }
  return std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanoseconds);
}

}  // namespace

void ServiceConfigReader::fail(std::string_view field, std::string_view what) {
  if (fault_.empty()) fault_ = "service config: " + std::string(field) + ": " + std::string(what);
}

const Json* ServiceConfigReader::member(const Json& object, std::string_view name, Kind kind) {
  const Json* found = object.find(name);
  if (found == nullptr || found->kind == Kind::kNull) return nullptr;
  if (found->kind == kind) return found;
  fail(name, "is of the wrong JSON type");
  return nullptr;
}

std::optional<Duration> ServiceConfigReader::duration(const Json& object, std::string_view name) {
  const Json* text = member(object, name, Kind::kString);
  if (text == nullptr) return std::nullopt;
  std::optional<Duration> parsed = parse_duration(text->text);
  if (!parsed) fail(name, "is no duration like \"1.5s\"");
  return parsed;
}

std::optional<std::size_t> ServiceConfigReader::size(const Json& object, std::string_view name) {
  const Json* found = object.find(name);
  if (found == nullptr || found->kind == Kind::kNull) return std::nullopt;
  double value = found->number;
  if (found->kind == Kind::kString) {  // how JSON writes 64-bit numbers
    std::uint32_t parsed = 0;
    const char* end = found->text.data() + found->text.size();
    if (std::from_chars(found->text.data(), end, parsed).ptr != end || found->text.empty()) value = -1;
    if (value >= 0) value = parsed;
  } else if (found->kind != Kind::kNumber) {
    value = -1;
  }
  if (value < 0 || value > 4294967295.0 || value != std::floor(value)) {
    fail(name, "is no number of bytes");
    return std::nullopt;
  }
  return static_cast<std::size_t>(value);
}

/// Above zero; zero when it isn't there or wrong.
double ServiceConfigReader::number(const Json& object, std::string_view name) {
  const Json* found = member(object, name, Kind::kNumber);
  if (found == nullptr || !(found->number > 0) || !std::isfinite(found->number)) {
    fail(name, "a number above zero is needed");
    return 0;
  }
  return found->number;
}

Result<ServiceConfig> ServiceConfigReader::read(const Json& json) {
  if (const Json* methods = member(json, "methodConfig", Kind::kList)) {
    for (const Json& method : methods->items) read_method_config(method);
  }
  if (const Json* throttling = member(json, "retryThrottling", Kind::kObject)) read_throttling(*throttling);
  read_load_balancing(json);
  if (const Json* health = member(json, "healthCheckConfig", Kind::kObject)) {
    if (const Json* service = member(*health, "serviceName", Kind::kString)) {
      config_.health_service_ = service->text;
    }
  }
  if (!fault_.empty()) return usage_error(std::move(fault_));
  return std::move(config_);
}

void ServiceConfigReader::read_method_config(const Json& json) {
  if (json.kind != Kind::kObject) return fail("methodConfig", "a list of objects is needed");
  MethodConfig method;
  method.timeout = duration(json, "timeout");
  if (const Json* wait = member(json, "waitForReady", Kind::kBool)) method.wait_for_ready = wait->boolean;
  method.max_request_bytes = size(json, "maxRequestMessageBytes");
  method.max_response_bytes = size(json, "maxResponseMessageBytes");
  if (const Json* retry = member(json, "retryPolicy", Kind::kObject))
    method.retry = read_retry_policy(*retry);
  config_.methods_.push_back(method);
  if (const Json* names = member(json, "name", Kind::kList)) {
    for (const Json& name : names->items) read_name(name, config_.methods_.size() - 1);
  }
}

void ServiceConfigReader::read_name(const Json& json, std::size_t index) {
  if (json.kind != Kind::kObject) return fail("name", "a list of objects is needed");
  const Json* service = member(json, "service", Kind::kString);
  const Json* method = member(json, "method", Kind::kString);
  std::string key;
  if (service != nullptr && !service->text.empty()) {
    key = service->text + '/' + (method == nullptr ? "" : method->text);
  } else if (method != nullptr && !method->text.empty()) {
    return fail("name", "a method needs its service");
  }
  if (!config_.by_name_.emplace(std::move(key), index).second) fail("name", "the same one is there twice");
}

RetryPolicy ServiceConfigReader::read_retry_policy(const Json& json) {
  RetryPolicy policy;
  const double attempts = number(json, "maxAttempts");
  if (attempts < 2 || attempts != std::floor(attempts))
    fail("maxAttempts", "a whole number from 2 on is needed");
  policy.max_attempts = static_cast<int>(std::min<double>(attempts, RetryPolicy::kMostAttempts));
  policy.initial_backoff = duration(json, "initialBackoff").value_or(Duration::zero());
  policy.max_backoff = duration(json, "maxBackoff").value_or(Duration::zero());
  if (policy.initial_backoff <= Duration::zero()) fail("initialBackoff", "a duration above zero is needed");
  if (policy.max_backoff <= Duration::zero()) fail("maxBackoff", "a duration above zero is needed");
  policy.backoff_multiplier = number(json, "backoffMultiplier");
  if (const Json* codes = member(json, "retryableStatusCodes", Kind::kList)) {
    for (const Json& code : codes->items) policy.retryable_codes |= read_code(code);
  }
  if (policy.retryable_codes == 0) fail("retryableStatusCodes", "at least one is needed");
  return policy;
}

/// A number or a name; as a bit.
std::uint32_t ServiceConfigReader::read_code(const Json& json) {
  for (int code = 0; code <= static_cast<int>(grpc::StatusCode::kUnauthenticated); ++code) {
    const bool same = json.kind == Kind::kNumber
                          ? json.number == code
                          : json.kind == Kind::kString &&
                                lower(json.text) == lower(to_string(static_cast<grpc::StatusCode>(code)));
    if (same) return 1U << static_cast<unsigned>(code);
  }
  fail("retryableStatusCodes", "there is no such status code");
  return 0;
}

void ServiceConfigReader::read_throttling(const Json& json) {
  const double tokens = number(json, "maxTokens");
  const double ratio = number(json, "tokenRatio");
  if (tokens > 1000) fail("maxTokens", "1000 at most");
  config_.retry_throttling_ = RetryThrottling{.max_tokens = static_cast<std::int64_t>(tokens * 1000),
                                              .token_ratio = static_cast<std::int64_t>(ratio * 1000)};
  if (ratio > 0 && config_.retry_throttling_->token_ratio == 0) fail("tokenRatio", "0.001 at least");
}

/// The first policy of the list that there is here (gRPC proposal A24), or the older field of one name.
void ServiceConfigReader::read_load_balancing(const Json& json) {
  const auto choose = [this](std::string_view name) {
    if (name == "round_robin") config_.load_balancing_ = LoadBalancing::kRoundRobin;
    if (name == "pick_first") config_.load_balancing_ = LoadBalancing::kPickFirst;
    return config_.load_balancing_.has_value();
  };
  if (const Json* list = member(json, "loadBalancingConfig", Kind::kList)) {
    for (const Json& item : list->items) {
      if (item.names.size() != 1) return fail("loadBalancingConfig", "one policy in each object is needed");
      if (choose(item.names.front())) return;
    }
    return fail("loadBalancingConfig", "none of its policies is known: pick_first, round_robin");
  }
  if (const Json* name = member(json, "loadBalancingPolicy", Kind::kString)) {
    if (!choose(lower(name->text))) fail("loadBalancingPolicy", "is not known: pick_first, round_robin");
  }
}

Result<ServiceConfig> ServiceConfig::parse(std::string_view json) {
  Result<Json> tree = codec::parse_json_object(json);
  if (!tree) return usage_error("service config: " + tree.error().detail);
  return ServiceConfigReader().read(*tree);
}

const MethodConfig* ServiceConfig::look_up(std::string_view path) const {
  if (!path.starts_with('/')) return nullptr;
  path.remove_prefix(1);
  for (const std::string_view key : {path, path.substr(0, path.rfind('/') + 1), std::string_view()}) {
    if (const auto found = by_name_.find(key); found != by_name_.end()) return &methods_[found->second];
  }
  return nullptr;
}

}  // namespace hawser::client
