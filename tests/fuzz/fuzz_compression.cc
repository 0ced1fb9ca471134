// grpc::decompress against bytes of any kind, and a round trip of the same bytes. Input: format (1 byte),
// limit (2 bytes), then the data.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "fuzz/check.h"
#include "hawser/grpc/compression.h"
#include "support/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hawser;
  using test::fuzz_check;
  if (size < 3) return 0;
  const auto encoding = data[0] % 2 == 0 ? grpc::Encoding::kGzip : grpc::Encoding::kDeflate;
  const std::size_t limit = static_cast<std::size_t>(data[1]) << 8 | data[2];
  const Bytes input(data + 3, size - 3);
  ByteQueue output;
  if (const auto result = grpc::decompress(encoding, input, limit, output)) {
    fuzz_check(output.size() <= limit, "no output is over the limit");
  } else {
    fuzz_check(output.empty(), "a failure leaves nothing");
    fuzz_check(!result.error().detail.empty(), "an error says why");
  }
  if (grpc::compress(encoding, input, output)) {
    fuzz_check(output.size() < input.size(), "compressed is smaller");
    ByteQueue again;
    const bool good = grpc::decompress(encoding, output.readable(), input.size(), again).has_value();
    fuzz_check(good && test::as_view(again.readable()) == test::as_view(input),
               "a round trip changes nothing");
  }
  return 0;
}
