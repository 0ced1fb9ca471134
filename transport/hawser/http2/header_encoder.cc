#include "hawser/http2/header_encoder.h"

#include "hawser/http2/memory_table.h"
#include "hawser/http2/name_values.h"

namespace hawser::http2 {
namespace {

constexpr std::size_t kTableBytes = 4096;
// What lengths and indices may take: twelve bytes a field, and as many for a change of the table's size
// (nghttp2_hd_deflate_bound() counts the same).
constexpr std::size_t kFieldOverhead = 12;

}  // namespace

void HeaderEncoder::Deleter::operator()(nghttp2_hd_deflater* deflater) const {
  nghttp2_hd_deflate_del(deflater);
}

bool HeaderEncoder::start(MemoryTable& table) {
  nghttp2_hd_deflater* deflater = nullptr;
  if (nghttp2_hd_deflate_new2(&deflater, kTableBytes, &table.library) != 0) return false;
  deflater_.reset(deflater);
  return true;
}

bool HeaderEncoder::set_table_size(std::uint32_t bytes) {
  known_.forget_all();
  return nghttp2_hd_deflate_change_table_size(deflater_.get(), bytes) == 0;
}

std::size_t HeaderEncoder::bound(std::span<const HeaderField> fields) {
  std::size_t size = kFieldOverhead * (fields.size() + 1);
  for (const HeaderField& field : fields) size += field.name.size() + field.value.size();
  return size;
}

std::optional<std::size_t> HeaderEncoder::encode(std::span<const HeaderField> fields, MutableBytes into) {
  const NameValues values(fields);
  const ssize_t size =
      nghttp2_hd_deflate_hd(deflater_.get(), into.data(), into.size(), values.data(), values.size());
  if (size < 0) return std::nullopt;
  const Bytes block = into.first(static_cast<std::size_t>(size));
  const BlockKind kind = kind_of(block);
  if (kind == BlockKind::kChangesTable) known_.forget_all();
  // A personal one is of fields that differ from call to call: that it came twice was chance.
  if (kind == BlockKind::kCommon && known_.is_worth_learning(block)) known_.learn(block, fields, nullptr);
  return block.size();
}

}  // namespace hawser::http2
