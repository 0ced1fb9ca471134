// grpc::ResponseHead against any block of fields, twice over the same object as in head and trailers. Input:
// a list of fields: name, 0, value, 0, …
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/check.h"
#include "hawser/grpc/encoding.h"
#include "hawser/grpc/response_head.h"

namespace hawser::test {
namespace {

http2::Limits small_limits() {
  http2::Limits limits;
  limits.header_list_bytes = 400;
  limits.header_fields = 10;
  limits.header_list_bytes_fatal = 800;
  limits.header_fields_fatal = 20;
  return limits;
}

void read_block(grpc::ResponseHead& head, std::string_view text) {
  const http2::Limits limits = small_limits();
  const auto next = [&] {
    const std::size_t end = text.find('\0');
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return part;
  };
  while (!text.empty()) {
    const std::string_view name = next();
    if (head.add({name, next()}, limits) == http2::HeaderVerdict::kEndConnection) return;
  }
  fuzz_check(head.metadata().list_bytes() <= limits.header_list_bytes + 32 * limits.header_list_bytes,
             "metadata is bounded by what was received");
  if (const auto fault = head.fault()) {
    fuzz_check(!fault->ok(), "a fault is an error");
    fuzz_check(!fault->message.empty(), "a fault says why");
  }
  if (!head.has_status()) return;
  const auto code = static_cast<int>(head.take_status().code);
  fuzz_check(code >= 0 && code <= 16, "a status code is one of the seventeen");
}

}  // namespace
}  // namespace hawser::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hawser;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  grpc::ResponseHead head;
  head.reset();
  test::read_block(head, text.substr(0, size / 2));
  head.reset();
  test::read_block(head, text);
  const auto accepted = grpc::EncodingSet::parse(text);
  test::fuzz_check(accepted.contains(grpc::Encoding::kIdentity), "identity is always accepted");
  return 0;
}
