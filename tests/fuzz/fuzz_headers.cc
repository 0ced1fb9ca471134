// The parsers of gRPC's header values, each against any text: grpc-timeout, grpc-message, grpc-status, base64
// of metadata, server-timing, whole request heads.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/check.h"
#include "hawser/grpc/metadata.h"
#include "hawser/grpc/percent_encoding.h"
#include "hawser/grpc/request_head.h"
#include "hawser/grpc/server_timing.h"
#include "hawser/grpc/status.h"
#include "hawser/grpc/timeout.h"

namespace hawser::test {
namespace {

void check_timeout(std::string_view text) {
  const auto timeout = grpc::parse_timeout(text);
  if (!timeout) return;
  fuzz_check(*timeout >= Duration::zero(), "a timeout isn't negative");
  if (*timeout == Duration::zero()) return;
  const grpc::TimeoutText written(*timeout);
  const auto again = grpc::parse_timeout(written.view());
  fuzz_check(again.has_value() && *again >= *timeout, "a written timeout is read as no less");
}

void check_percent(std::string_view text) {
  const std::string encoded = grpc::percent_encode(text);
  for (const char c : encoded) fuzz_check(c >= 0x20 && c <= 0x7E, "an encoded message is printable");
  const std::string decoded = grpc::percent_decode(encoded);
  fuzz_check(grpc::percent_encode(decoded) == encoded, "well-formed text makes the round trip");
  const std::size_t limit = text.size() / 2;
  fuzz_check(grpc::percent_encode(text, limit).size() <= limit, "a limit holds");
  fuzz_check(grpc::percent_decode(text).size() <= text.size(), "decoding doesn't grow");
}

void check_base64(std::string_view text) {
  fuzz_check(grpc::base64_decode(grpc::base64_encode(text)) == text, "bytes make the round trip");
  const auto decoded = grpc::base64_decode(text);
  if (decoded) fuzz_check(decoded->size() <= text.size() / 4 * 3 + 2, "decoded size fits");
}

void check_status(std::string_view text) {
  const auto code = static_cast<int>(grpc::parse_status_code(text));
  fuzz_check(code >= 0 && code <= 16, "a status code is one of the seventeen");
}

void check_server_timing(std::string_view text) {
  const auto timing = grpc::parse_server_timing(text);
  if (!timing) return;
  for (const Duration stage : {timing->queue, timing->handler, timing->reply}) {
    fuzz_check(stage >= Duration{} && stage <= timing->total(), "no stage is negative, their sum fits");
  }
  grpc::ServerTimingText room;
  const auto again = grpc::parse_server_timing(grpc::format_server_timing(*timing, room));
  fuzz_check(again.has_value(), "what is written is read");
}

// The text is a list of fields: name, 0, value, 0, …
void check_request_head(std::string_view text) {
  http2::Limits limits;
  limits.header_list_bytes = 400;
  limits.header_fields = 10;
  limits.header_list_bytes_fatal = 800;
  limits.header_fields_fatal = 20;
  grpc::RequestHead head;
  head.reset();
  const auto next = [&] {
    const std::size_t end = text.find('\0');
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return part;
  };
  while (!text.empty()) {
    const std::string_view name = next();
    if (head.add({name, next()}, limits) == http2::HeaderVerdict::kEndConnection) break;
  }
  fuzz_check(head.metadata().list_bytes() <= limits.header_list_bytes + 32 * limits.header_list_bytes,
             "metadata is bounded by what was received");
  const auto rejection = head.check();
  if (rejection) {
    fuzz_check(rejection->status.code != grpc::StatusCode::kOk, "a rejection is an error");
    return;
  }
  fuzz_check(head.path().starts_with('/') && head.path().rfind('/') > 0, "a path has a service and a method");
}

}  // namespace
}  // namespace hawser::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hawser::test;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_timeout(text);
  check_percent(text);
  check_base64(text);
  check_status(text);
  check_server_timing(text);
  check_request_head(text);
  static_cast<void>(hawser::grpc::check_metadata(text.substr(0, size / 2), text.substr(size / 2)));
  return 0;
}
