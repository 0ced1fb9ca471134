// Internal to http2/: the fields of one block as nghttp2 wants them; on the stack for all usual counts.
#pragma once

#include <nghttp2/nghttp2.h>

#include <array>
#include <span>
#include <vector>

#include "hawser/http2/types.h"

namespace hawser::http2 {

class NameValues final {
 public:
  explicit NameValues(std::span<const HeaderField> fields) : size_(fields.size()) {
    nghttp2_nv* target = few_.data();
    if (fields.size() > few_.size()) {
      many_.resize(fields.size());
      target = many_.data();
    }
    data_ = target;
    for (const HeaderField& field : fields) *target++ = convert(field);
  }
  const nghttp2_nv* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  static nghttp2_nv convert(const HeaderField& field) {
    nghttp2_nv nv;
    // lint: allow const_cast: nghttp2 wants non-const pointers; with NO_COPY it only reads through them
    nv.name = reinterpret_cast<std::uint8_t*>(const_cast<char*>(field.name.data()));
    nv.value = reinterpret_cast<std::uint8_t*>(const_cast<char*>(field.value.data()));
    nv.namelen = field.name.size();
    nv.valuelen = field.value.size();
    nv.flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
    // Others in each call: in HPACK's table they would only push out what comes again.
    if (field.name == "grpc-timeout" || field.name == "server-timing") nv.flags |= NGHTTP2_NV_FLAG_NO_INDEX;
    return nv;
  }

  std::array<nghttp2_nv, 16> few_;
  std::vector<nghttp2_nv> many_;
  const nghttp2_nv* data_ = nullptr;
  std::size_t size_;
};

}  // namespace hawser::http2
