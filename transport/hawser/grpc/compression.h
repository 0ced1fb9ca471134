// Compressing one message, and the reverse, by zlib. A fresh context for every message (P-59). Built without
// zlib (Meson option `zlib`) only identity is supported.
//
// Stateless and thread-safe.
#pragma once

#include <cstddef>
#include <string_view>

#include "hawser/base/byte_queue.h"
#include "hawser/base/result.h"
#include "hawser/grpc/encoding.h"

namespace hawser::grpc {

/// What compress() and decompress() can do.
EncodingSet supported_encodings();
/// The same as a grpc-accept-encoding value: "identity, deflate, gzip".
std::string_view accept_encoding();

/// Replaces the contents of `output`. Never produces more than `max_bytes`, whatever the input says (P-47,
/// S-26). Scope stream: INTERNAL for what is no such encoding, is cut short or goes on after its end;
/// RESOURCE_EXHAUSTED over the limit. Precondition: the encoding is supported and not identity.
Result<void> decompress(Encoding encoding, Bytes input, std::size_t max_bytes, ByteQueue& output);

/// Replaces the contents of `output`. False when the result would not be smaller than the input (it is then
/// better sent as it is), or for lack of memory. Precondition: as for decompress().
bool compress(Encoding encoding, Bytes input, ByteQueue& output);

}  // namespace hawser::grpc
