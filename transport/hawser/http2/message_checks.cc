#include "hawser/http2/message_checks.h"

#include <algorithm>
#include <charconv>

#include "hawser/http2/field_text.h"

namespace hawser::http2 {
namespace {

using Verdict = MessageChecks::Verdict;

constexpr Verdict take_if(bool is_right) { return is_right ? Verdict::kTake : Verdict::kMalformed; }

bool is_trailers(std::string_view text) {
  constexpr std::string_view kTrailers = "trailers";
  return text.size() == kTrailers.size() &&
         std::equal(text.begin(), text.end(), kTrailers.begin(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
         });
}

// What becomes of a name alone. By length first: most names are known, and then there is nothing to be
// checked in them.
enum class Name { kPlain, kContentLength, kTe, kHost, kConnectionSpecific, kUnknown };

Name classify(std::string_view name) {
  switch (name.size()) {
    case 2:
      return name == "te" ? Name::kTe : Name::kUnknown;
    case 4:
      return name == "host" ? Name::kHost : Name::kUnknown;
    case 7:
      return name == "upgrade" ? Name::kConnectionSpecific : Name::kUnknown;
    case 10:
      if (name == "user-agent") return Name::kPlain;
      return name == "connection" || name == "keep-alive" ? Name::kConnectionSpecific : Name::kUnknown;
    case 11:
      return name == "grpc-status" ? Name::kPlain : Name::kUnknown;
    case 12:
      return name == "content-type" || name == "grpc-timeout" || name == "grpc-message" ? Name::kPlain
                                                                                        : Name::kUnknown;
    case 13:
      return name == "grpc-encoding" ? Name::kPlain : Name::kUnknown;
    case 14:
      return name == "content-length" ? Name::kContentLength : Name::kUnknown;
    case 16:
      return name == "proxy-connection" ? Name::kConnectionSpecific : Name::kUnknown;
    case 17:
      return name == "transfer-encoding" ? Name::kConnectionSpecific : Name::kUnknown;
    case 20:
      return name == "grpc-accept-encoding" ? Name::kPlain : Name::kUnknown;
    default:
      return Name::kUnknown;
  }
}

}  // namespace

bool MessageChecks::first(Pseudo field) {
  if ((seen_ & field) != 0) return false;
  seen_ = static_cast<std::uint8_t>(seen_ | field);
  return true;
}

Verdict MessageChecks::on_request_field(std::string_view name, std::string_view value) {
  if (!name.empty() && name[0] == ':') return on_pseudo_request_field(name, value);
  return on_regular_field(name, value, true);
}

Verdict MessageChecks::on_response_field(std::string_view name, std::string_view value) {
  if (name.empty() || name[0] != ':') return on_regular_field(name, value, false);
  if (in_trailers_ || regular_seen_ || name != ":status") return Verdict::kMalformed;
  return on_status(value);
}

Verdict MessageChecks::on_pseudo_request_field(std::string_view name, std::string_view value) {
  if (in_trailers_ || regular_seen_) return Verdict::kMalformed;
  if (name == ":path") {
    path_is_rooted_ = !value.empty() && value[0] == '/';
    path_is_asterisk_ = value == "*";
    return take_if(first(kPath) && is_path(value));
  }
  if (name == ":method") {
    is_options_ = value == "OPTIONS";
    return take_if(first(kMethod) && value != "CONNECT" && is_method(value));
  }
  if (name == ":scheme") {
    is_http_ = value == "http" || value == "https";
    return take_if(first(kScheme) && (is_http_ || is_scheme(value)));
  }
  return take_if(name == ":authority" && first(kAuthority) && is_authority(value));
}

Verdict MessageChecks::on_status(std::string_view value) {
  const bool is_number = std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!first(kStatus) || value.size() != 3 || !is_number) return Verdict::kMalformed;
  std::from_chars(value.data(), value.data() + value.size(), status_);
  return take_if(status_ != 101);  // RFC 9113 8.6: there is no upgrade
}

Verdict MessageChecks::on_regular_field(std::string_view name, std::string_view value, bool of_request) {
  regular_seen_ = true;
  const Name known = classify(name);
  if (known == Name::kUnknown && !is_field_name(name)) return Verdict::kMalformed;
  if (known == Name::kHost && of_request) return take_if(first(kHost) && is_authority(value));
  if (!is_field_value(value)) return Verdict::kMalformed;
  switch (known) {
    case Name::kConnectionSpecific:
      return Verdict::kMalformed;
    case Name::kTe:
      return take_if(is_trailers(value));
    case Name::kContentLength:
      return on_content_length(value);
    case Name::kHost:
    case Name::kPlain:
    case Name::kUnknown:
      break;
  }
  return Verdict::kTake;
}

Verdict MessageChecks::on_content_length(std::string_view value) {
  if (content_length_ != kUnknownLength || status_ / 100 == 1) return Verdict::kMalformed;
  const bool is_number = std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), content_length_);
  if (value.empty() || !is_number || error != std::errc() || end != value.data() + value.size()) {
    return Verdict::kMalformed;
  }
  if (status_ != 204) return Verdict::kTake;
  // RFC 9110 8.6: a 204 has no content-length; that of some servers is 0.
  return value == "0" ? Verdict::kDrop : Verdict::kMalformed;
}

bool MessageChecks::ends_request_block(bool end_of_stream) {
  if (in_trailers_) return end_of_stream;
  constexpr std::uint8_t kNeeded = kMethod | kScheme | kPath;
  if ((seen_ & kNeeded) != kNeeded) return false;
  return !is_http_ || path_is_rooted_ || (is_options_ && path_is_asterisk_);
}

bool MessageChecks::ends_response_block(bool end_of_stream) {
  if (in_trailers_) return end_of_stream;
  if ((seen_ & kStatus) == 0) return false;
  awaits_final_ = status_ / 100 == 1;
  if (awaits_final_) {
    seen_ = 0;
    status_ = 0;
    regular_seen_ = false;
    content_length_ = kUnknownLength;
  } else if (status_ == 204 || status_ == 304) {
    content_length_ = 0;  // whatever it said: there is no body
  }
  return true;
}

bool MessageChecks::on_body(std::size_t size) {
  received_ += static_cast<std::int64_t>(size);
  return !awaits_final_ && (content_length_ == kUnknownLength || received_ <= content_length_);
}

bool MessageChecks::is_complete() const {
  return !awaits_final_ && (content_length_ == kUnknownLength || received_ == content_length_);
}

}  // namespace hawser::http2
