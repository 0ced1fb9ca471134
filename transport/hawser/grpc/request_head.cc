#include "hawser/grpc/request_head.h"

#include <algorithm>

#include "hawser/grpc/compression.h"
#include "hawser/grpc/metadata.h"
#include "hawser/grpc/server_timing.h"
#include "hawser/grpc/timeout.h"

namespace hawser::grpc {
namespace {

constexpr std::string_view kGrpcType = "application/grpc";

// The fields that HTTP/2 and gRPC give a meaning; everything else is metadata.
enum class Known {
  kNone,
  kPath,
  kMethod,
  kAuthority,
  kHost,
  kContentType,
  kTimeout,
  kEncoding,
  kAcceptEncoding,
  kWantTiming,
  kIgnored,  // checked by http2::MessageChecks, or without a meaning in a request
};

// By length first: one comparison a field, with a length that the compiler knows.
Known classify(std::string_view name) {
  const auto is = [name](std::string_view known, Known result) {
    return name == known ? result : Known::kNone;
  };
  switch (name.size()) {
    case 2:
      return is("te", Known::kIgnored);
    case 4:
      return is("host", Known::kHost);
    case 5:
      return is(":path", Known::kPath);
    case 7:
      // :scheme is http or https by whatever is in front of us; nothing depends on it (P-20).
      return name == ":method" ? Known::kMethod : is(":scheme", Known::kIgnored);
    case 10:
      return is(":authority", Known::kAuthority);
    case 11:
      return is("grpc-status", Known::kIgnored);
    case 12:
      if (name == "content-type") return Known::kContentType;
      return name == "grpc-timeout" ? Known::kTimeout : is("grpc-message", Known::kIgnored);
    case 13:
      return is("grpc-encoding", Known::kEncoding);
    case 14:
      return is("content-length", Known::kIgnored);  // http2::MessageChecks compares it with the body
    case 17:
      return is("grpc-message-type", Known::kIgnored);
    case 18:
      return is(kWantServerTiming, Known::kWantTiming);
    case 20:
      return is("grpc-accept-encoding", Known::kAcceptEncoding);
    case 23:
      return is("grpc-status-details-bin", Known::kIgnored);
    default:
      return Known::kNone;
  }
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  const auto to_lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return text.size() == lower.size() && std::equal(text.begin(), text.end(), lower.begin(),
                                                   [&](char a, char b) { return to_lower(a) == b; });
}

// "/service/method", split at the last slash; neither part empty, and the service has no empty segment in
// front (P-18: "//svc/m" must not pass for "/svc/m").
bool is_method_path(std::string_view path) {
  if (path.size() < 4 || path[0] != '/' || path[1] == '/') return false;
  const std::size_t last = path.rfind('/');
  return last > 1 && last + 1 < path.size();
}

Rejection reject(StatusCode code, std::string message, int http_status = 200) {
  return Rejection{http_status, Status{code, std::move(message), {}}};
}

}  // namespace

void RequestHead::reset() {
  facts_ = {};
  if (kept_.block == 0) forget();
}

void RequestHead::forget() {
  kept_.block = 0;
  path_.clear();
  authority_.clear();
  encoding_.clear();
  metadata_.clear();
}

bool RequestHead::begin_known(std::uint64_t number) {
  if (number == kept_.block) {
    facts_ = kept_;
    return true;
  }
  forget();
  facts_.block = number;
  return false;
}

void RequestHead::keep() {
  if (facts_.block != 0) kept_ = facts_;
}

http2::HeaderVerdict RequestHead::add(http2::HeaderField field, const http2::Limits& limits) {
  if (kept_.block != 0) forget();
  const http2::HeaderVerdict verdict = account(field, limits);
  if (facts_.over_limit) return verdict;
  switch (classify(field.name)) {
    case Known::kPath:
      path_.assign(field.value);
      break;
    case Known::kMethod:
      facts_.is_post = field.value == "POST";
      break;
    case Known::kAuthority:
      authority_.assign(field.value);
      break;
    case Known::kHost:
      if (authority_.empty()) authority_.assign(field.value);  // P-13
      break;
    case Known::kContentType:
      facts_.content_type = parse_content_type(field.value);
      break;
    case Known::kTimeout:
      facts_.timeout = parse_timeout(field.value);
      facts_.bad_timeout = !facts_.timeout.has_value();
      break;
    case Known::kEncoding:
      if (field.value != "identity") encoding_.assign(field.value);
      break;
    case Known::kAcceptEncoding:
      // Most clients say what we would say.
      facts_.accepted.add(field.value == accept_encoding() ? supported_encodings()
                                                           : EncodingSet::parse(field.value));
      break;
    case Known::kIgnored:
      break;
    case Known::kWantTiming:
      facts_.wants_timing = field.value == kWantServerTimingValue;
      add_metadata(field);
      break;
    case Known::kNone:
      add_metadata(field);
  }
  return verdict;
}

void RequestHead::add_metadata(http2::HeaderField field) {
  if (!is_binary_name(field.name)) return metadata_.add(field.name, field.value);
  std::string_view rest = field.value;
  for (;;) {
    const std::size_t comma = rest.find(',');
    const std::optional<std::string> value = base64_decode(rest.substr(0, comma));
    if (!value) {
      facts_.bad_metadata = true;
      return;
    }
    metadata_.add(field.name, *value);
    if (comma == std::string_view::npos) return;
    rest.remove_prefix(comma + 1);
  }
}

RequestHead::ContentType RequestHead::parse_content_type(std::string_view value) {
  if (value == kGrpcType) return ContentType::kPlain;
  if (value.size() < kGrpcType.size() ||
      !equals_ignoring_case(value.substr(0, kGrpcType.size()), kGrpcType)) {
    return ContentType::kInvalid;
  }
  value.remove_prefix(kGrpcType.size());
  if (value.empty() || value[0] == ';') return ContentType::kPlain;
  if (value[0] != '+') return ContentType::kInvalid;
  const std::string_view subtype = value.substr(1, value.find(';') - 1);
  if (subtype.empty()) return ContentType::kPlain;
  return equals_ignoring_case(subtype, "proto") ? ContentType::kProto : ContentType::kUnknownCodec;
}

std::optional<Rejection> RequestHead::check() const {
  if (facts_.over_limit) {
    return reject(StatusCode::kResourceExhausted,
                  "request metadata is over the limit: " + std::to_string(facts_.list_bytes) + " bytes in " +
                      std::to_string(facts_.field_count) + " fields");
  }
  if (!facts_.is_post) return reject(StatusCode::kInternal, "gRPC requests are POST", 405);
  switch (facts_.content_type) {
    case ContentType::kMissing:
    case ContentType::kInvalid:
      return reject(StatusCode::kInvalidArgument, "content-type is not application/grpc", 415);
    case ContentType::kUnknownCodec:
      return reject(StatusCode::kInternal, "no codec for this content-type: only +proto is served");
    case ContentType::kPlain:
    case ContentType::kProto:
      break;
  }
  if (!is_method_path(path_)) {
    return reject(StatusCode::kUnimplemented, "malformed method name: " + path_);
  }
  if (facts_.bad_timeout) return reject(StatusCode::kInternal, "malformed grpc-timeout");
  if (facts_.bad_metadata)
    return reject(StatusCode::kInternal, "metadata has a -bin value that is not base64");
  return std::nullopt;
}

std::string_view RequestHead::response_content_type() const {
  return facts_.content_type == ContentType::kProto ? "application/grpc+proto" : "application/grpc";
}

}  // namespace hawser::grpc
