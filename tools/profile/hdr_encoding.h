// Histograms in HdrHistogram's own encoding, V2: what its libraries of all languages read.
//
//   plain       cookie, payload size, index offset, digits, lowest, highest, ratio; then the counts in order
//               as ZigZag LEB128 numbers, a run of n empty buckets as -n
//   compressed  cookie, size, and the plain form in zlib's format
//
// All numbers are big-endian, values are nanoseconds. (github.com/HdrHistogram/HdrHistogram,
// AbstractHistogram.encodeIntoByteBuffer and ZigZagEncoding.)
#pragma once

#include <string>
#include <string_view>

#include "hawser/base/result.h"
#include "tools/profile/histogram.h"

namespace hawser::profile {

std::string hdr_encode(const Histogram& histogram);
/// Of either form, whichever the bytes are. Scope usage: they are no such histogram, or one of another
/// resolution.
Result<Histogram> hdr_decode(std::string_view bytes);

/// Fails where the program was built without zlib (scope usage).
Result<std::string> hdr_encode_compressed(const Histogram& histogram);

}  // namespace hawser::profile
