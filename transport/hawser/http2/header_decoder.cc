#include "hawser/http2/header_decoder.h"

#include <nghttp2/nghttp2.h>

#include "hawser/http2/memory_table.h"

namespace hawser::http2 {

void HeaderDecoder::Deleter::operator()(nghttp2_hd_inflater* inflater) const {
  nghttp2_hd_inflate_del(inflater);
}

bool HeaderDecoder::start(MemoryTable& table) {
  nghttp2_hd_inflater* inflater = nullptr;
  if (nghttp2_hd_inflate_new2(&inflater, &table.library) != 0) return false;
  inflater_.reset(inflater);
  return true;
}

HeaderDecoder::Step HeaderDecoder::next(Bytes& fragment, bool is_last, HeaderField& field) {
  for (;;) {
    if (fragment.empty() && !is_last) return Step::kMoreBytes;
    nghttp2_nv pair;
    int flags = NGHTTP2_HD_INFLATE_NONE;
    const ssize_t used = nghttp2_hd_inflate_hd2(inflater_.get(), &pair, &flags, fragment.data(),
                                                fragment.size(), is_last ? 1 : 0);
    if (used < 0) return Step::kBroken;
    fragment = fragment.subspan(static_cast<std::size_t>(used));
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
      field.name = {reinterpret_cast<const char*>(pair.name), pair.namelen};
      field.value = {reinterpret_cast<const char*>(pair.value), pair.valuelen};
      return Step::kField;
    }
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
      nghttp2_hd_inflate_end_headers(inflater_.get());
      return Step::kEnd;
    }
  }
}

bool HeaderDecoder::is_worth_learning(Bytes block) {
  const BlockKind kind = kind_of(block);
  if (kind == BlockKind::kChangesTable) known_.forget_all();
  return kind != BlockKind::kChangesTable && known_.is_worth_learning(block);
}

}  // namespace hawser::http2
