#include <zlib.h>

#include <algorithm>

#include "hawser/grpc/compression.h"
#include "hawser/grpc/status.h"

namespace hawser::grpc {
namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib's way to ask for the gzip format
constexpr int kMemoryLevel = 8;
constexpr std::size_t kFirstStep = 4 * 1024;
constexpr std::size_t kLargestStep = 256 * 1024;
// zlib counts in 32 bits.
constexpr std::size_t kLargestPiece = std::size_t{1} << 30;

int window_of(Encoding encoding) { return encoding == Encoding::kGzip ? kGzipWindow : MAX_WBITS; }

tl::unexpected<Error> call_error(StatusCode code, std::string detail) {
  return tl::unexpected<Error>(Error{ErrorScope::kStream, static_cast<int>(code), std::move(detail)});
}

class Inflater final {
 public:
  explicit Inflater(Encoding encoding) : ready_(inflateInit2(&stream_, window_of(encoding)) == Z_OK) {}
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  bool is_ready() const { return ready_; }
  /// Takes from `input`, writes to `output`, both shortened by what was used. A zlib code.
  int step(Bytes& input, MutableBytes& output) {
    const std::size_t in = std::min(input.size(), kLargestPiece);
    // lint: allow const_cast: zlib reads only, but its type says otherwise
    stream_.next_in = const_cast<Bytef*>(input.data());
    stream_.avail_in = static_cast<uInt>(in);
    stream_.next_out = output.data();
    stream_.avail_out = static_cast<uInt>(output.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    input = input.subspan(in - stream_.avail_in);
    output = output.subspan(output.size() - stream_.avail_out);
    return result;
  }

 private:
  z_stream stream_{};
  bool ready_;
};

class Deflater final {
 public:
  explicit Deflater(Encoding encoding)
      : ready_(deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_of(encoding), kMemoryLevel,
                            Z_DEFAULT_STRATEGY) == Z_OK) {}
  ~Deflater() {
    if (ready_) deflateEnd(&stream_);
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  /// Bytes written, 0 when they don't fit.
  std::size_t run(Bytes input, MutableBytes output) {
    if (!ready_) return 0;
    // lint: allow const_cast: zlib reads only, but its type says otherwise
    stream_.next_in = const_cast<Bytef*>(input.data());
    stream_.avail_in = static_cast<uInt>(input.size());
    stream_.next_out = output.data();
    stream_.avail_out = static_cast<uInt>(output.size());
    return deflate(&stream_, Z_FINISH) == Z_STREAM_END ? output.size() - stream_.avail_out : 0;
  }

 private:
  z_stream stream_{};
  bool ready_;
};

}  // namespace

EncodingSet supported_encodings() {
  return EncodingSet::of({Encoding::kIdentity, Encoding::kDeflate, Encoding::kGzip});
}

std::string_view accept_encoding() { return "identity, deflate, gzip"; }

Result<void> decompress(Encoding encoding, Bytes input, std::size_t max_bytes, ByteQueue& output) {
  output.clear();
  Inflater inflater(encoding);
  if (!inflater.is_ready()) return call_error(StatusCode::kResourceExhausted, "no memory to decompress");
  for (;;) {
    // One byte more than allowed tells a message that is too long from one that just fits.
    const std::size_t wanted = std::min(std::max(kFirstStep, output.size()), kLargestStep);
    const std::size_t left = max_bytes - output.size();
    const std::size_t step = left < wanted ? left + 1 : wanted;
    MutableBytes room = output.reserve(step).first(step);
    const int result = inflater.step(input, room);
    output.commit(step - room.size());
    if (output.size() > max_bytes) {
      output.clear();
      return call_error(
          StatusCode::kResourceExhausted,
          "message is over the receive limit of " + std::to_string(max_bytes) + " bytes once decompressed");
    }
    if (result == Z_STREAM_END && input.empty()) return {};
    const bool goes_on = result == Z_OK && (room.empty() || !input.empty());
    if (!goes_on) {
      output.clear();
      return call_error(StatusCode::kInternal,
                        "message is not valid " + std::string(to_string(encoding)) + " data");
    }
  }
}

bool compress(Encoding encoding, Bytes input, ByteQueue& output) {
  output.clear();
  if (input.size() < 2 || input.size() > kLargestPiece) return false;
  const std::size_t room = input.size() - 1;
  const std::size_t size = Deflater(encoding).run(input, output.reserve(room).first(room));
  output.commit(size);
  return size > 0;
}

}  // namespace hawser::grpc
