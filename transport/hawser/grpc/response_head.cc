#include "hawser/grpc/response_head.h"

#include <algorithm>
#include <utility>

#include "hawser/grpc/metadata.h"
#include "hawser/grpc/percent_encoding.h"

namespace hawser::grpc {
namespace {

constexpr std::string_view kReplyType = "application/grpc";
// A strange value is quoted in a status message, and no longer than this.
constexpr std::size_t kLongestQuote = 64;

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_grpc(std::string_view type) {
  if (type == kReplyType) return true;
  if (type.size() <= kReplyType.size()) return false;
  const char next = type[kReplyType.size()];
  return (next == '+' || next == ';') && std::equal(kReplyType.begin(), kReplyType.end(), type.begin(),
                                                    [](char lower, char c) { return to_lower(c) == lower; });
}

// Three digits, as http2::MessageChecks saw to; anything else gives 0, which no rule maps to success.
int parse_http_status(std::string_view text) {
  int value = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9' || value > 999) return 0;
    value = value * 10 + (digit - '0');
  }
  return value;
}

}  // namespace

void ResponseHead::reset() {
  http_status_ = 0;
  is_grpc_type_ = has_status_ = is_strange_status_ = bad_metadata_ = over_limit_ = false;
  list_bytes_ = field_count_ = 0;
  content_type_.clear();
  encoding_.clear();
  strange_status_.clear();
  status_.code = StatusCode::kOk;
  status_.message.clear();
  status_.details.clear();
  metadata_.clear();
}

http2::HeaderVerdict ResponseHead::account(http2::HeaderField field, const http2::Limits& limits) {
  list_bytes_ += field.name.size() + field.value.size() + http2::HeaderBlock::kFieldOverhead;
  ++field_count_;
  if (list_bytes_ <= limits.header_list_bytes && field_count_ <= limits.header_fields) {
    return http2::HeaderVerdict::kContinue;
  }
  over_limit_ = true;
  const bool fatal =
      list_bytes_ > limits.header_list_bytes_fatal || field_count_ > limits.header_fields_fatal;
  return fatal ? http2::HeaderVerdict::kEndConnection : http2::HeaderVerdict::kContinue;
}

http2::HeaderVerdict ResponseHead::add(http2::HeaderField field, const http2::Limits& limits) {
  const http2::HeaderVerdict verdict = account(field, limits);
  if (over_limit_ || field.name.empty()) return verdict;
  if (!add_known(field)) add_metadata(field);
  return verdict;
}

bool ResponseHead::add_known(http2::HeaderField field) {
  switch (field.name[0]) {
    case ':':
      if (field.name == ":status") http_status_ = parse_http_status(field.value);
      return true;
    case 'c':
      if (field.name == "content-type") {
        add_content_type(field.value);
        return true;
      }
      return field.name == "content-length";  // http2::MessageChecks compares it with the body
    case 'g':
      if (field.name == "grpc-status") {
        add_status(field.value);
        return true;
      }
      if (field.name == "grpc-message") {
        status_.message = percent_decode(field.value);
        return true;
      }
      if (field.name == "grpc-encoding") {
        if (field.value != "identity") encoding_.assign(field.value);
        return true;
      }
      if (field.name == "grpc-status-details-bin") {
        // Details that can't be read are left out: the status itself is worth more (P-43).
        status_.details = base64_decode(field.value).value_or(std::string());
        return true;
      }
      return is_reserved_name(field.name);
    default:
      return is_reserved_name(field.name);
  }
}

void ResponseHead::add_content_type(std::string_view value) {
  is_grpc_type_ = is_grpc(value);
  if (!is_grpc_type_) content_type_.assign(value.substr(0, kLongestQuote));
}

void ResponseHead::add_status(std::string_view value) {
  has_status_ = true;
  status_.code = parse_status_code(value);
  is_strange_status_ = status_.code == StatusCode::kUnknown && value != "2";
  if (is_strange_status_) strange_status_.assign(value.substr(0, kLongestQuote));
}

void ResponseHead::add_metadata(http2::HeaderField field) {
  if (!is_binary_name(field.name)) return metadata_.add(field.name, field.value);
  std::string_view rest = field.value;
  for (;;) {
    const std::size_t comma = rest.find(',');
    const std::optional<std::string> value = base64_decode(rest.substr(0, comma));
    if (!value) {
      bad_metadata_ = true;
      return;
    }
    metadata_.add(field.name, *value);
    if (comma == std::string_view::npos) return;
    rest.remove_prefix(comma + 1);
  }
}

std::optional<Status> ResponseHead::fault() const {
  if (over_limit_) {
    return Status{StatusCode::kResourceExhausted,
                  "response metadata is over the limit: " + std::to_string(list_bytes_) + " bytes in " +
                      std::to_string(field_count_) + " fields",
                  {}};
  }
  if (bad_metadata_) {
    return Status{StatusCode::kInternal, "response metadata has a -bin value that is not base64", {}};
  }
  return std::nullopt;
}

Status ResponseHead::take_status() {
  if (is_strange_status_) {
    std::string note = "grpc-status \"" + strange_status_ + "\" is no status code";
    if (!status_.message.empty()) note += ": " + status_.message;
    status_.message = std::move(note);
  }
  return std::exchange(status_, Status{});
}

}  // namespace hawser::grpc
