// Internal to http2/: nghttp2's allocator table behind a name that other headers can forward-declare.
#pragma once

#include <nghttp2/nghttp2.h>

namespace hawser::http2 {

struct MemoryTable final {
  nghttp2_mem library;
};

}  // namespace hawser::http2
