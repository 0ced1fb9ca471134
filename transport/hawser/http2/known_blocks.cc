#include "hawser/http2/known_blocks.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>

namespace hawser::http2 {
namespace {

constexpr std::size_t kLargestText = 2048;

// An integer with a prefix of `bits` (RFC 7541 5.1); false when it ends too early or is absurd.
bool read_integer(Bytes& bytes, unsigned bits, std::size_t& value) {
  if (bytes.empty()) return false;
  const std::size_t largest = (std::size_t{1} << bits) - 1;
  value = bytes[0] & largest;
  bytes = bytes.subspan(1);
  if (value < largest) return true;
  for (unsigned shift = 0; shift <= 21 && !bytes.empty(); shift += 7) {
    const std::uint8_t byte = bytes[0];
    bytes = bytes.subspan(1);
    value += static_cast<std::size_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

bool skip_string(Bytes& bytes) {
  std::size_t size = 0;
  if (!read_integer(bytes, 7, size) || bytes.size() < size) return false;
  bytes = bytes.subspan(size);
  return true;
}

template <class Word>
bool same_word(const char* a, const char* b) {
  Word left;
  Word right;
  std::memcpy(&left, a, sizeof(Word));
  std::memcpy(&right, b, sizeof(Word));
  return left == right;
}

// Names and values are short: a call of memcmp() costs more than they do. Words may overlap at the end.
bool same(std::string_view text, std::string_view other) {
  const std::size_t size = text.size();
  if (size != other.size()) return false;
  const char* a = text.data();
  const char* b = other.data();
  using Eight = std::uint64_t;
  using Four = std::uint32_t;
  if (size >= sizeof(Eight)) {
    const std::size_t last = size - sizeof(Eight);
    for (std::size_t at = 0; at < last; at += sizeof(Eight)) {
      if (!same_word<Eight>(a + at, b + at)) return false;
    }
    return same_word<Eight>(a + last, b + last);
  }
  if (size >= sizeof(Four)) {
    const std::size_t last = size - sizeof(Four);
    return same_word<Four>(a, b) && same_word<Four>(a + last, b + last);
  }
  for (std::size_t at = 0; at < size; ++at) {
    if (a[at] != b[at]) return false;
  }
  return true;
}

std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// Backwards: values that differ are more often among the last ones.
bool same_fields(std::span<const HeaderField> fields, std::span<const HeaderField> others) {
  if (fields.size() != others.size()) return false;
  for (std::size_t i = fields.size(); i > 0; --i) {
    const HeaderField& field = fields[i - 1];
    const HeaderField& other = others[i - 1];
    if (!same(field.value, other.value) || !same(field.name, other.name)) return false;
  }
  return true;
}

// Any block of another size or other bytes has another one, but for one in 2^64.
std::uint64_t digest(Bytes bytes) {
  constexpr std::uint64_t kFactor = 0x9E37'79B9'7F4A'7C15;
  std::uint64_t sum = bytes.size() + 1;
  while (!bytes.empty()) {
    std::uint64_t part = 0;
    const std::size_t size = std::min(bytes.size(), sizeof(part));
    std::memcpy(&part, bytes.data(), size);
    bytes = bytes.subspan(size);
    sum = (sum ^ part) * kFactor;
    sum ^= sum >> 32;
  }
  return sum;
}

std::uint64_t next_number() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

BlockKind kind_of(Bytes block) {
  BlockKind kind = BlockKind::kCommon;
  while (!block.empty()) {
    const std::uint8_t first = block[0];
    std::size_t index = 0;
    if ((first & 0x80) != 0) {  // an indexed field
      if (!read_integer(block, 7, index)) return BlockKind::kChangesTable;
      continue;
    }
    // A new entry, or another size of the table.
    if ((first & 0x60) != 0) return BlockKind::kChangesTable;
    if ((first & 0x10) != 0) kind = BlockKind::kPersonal;
    if (!read_integer(block, 4, index)) return BlockKind::kChangesTable;
    if (index == 0 && !skip_string(block)) return BlockKind::kChangesTable;
    if (!skip_string(block)) return BlockKind::kChangesTable;
  }
  return kind;
}

const KnownBlock* KnownBlocks::find(Bytes block) const {
  const std::string_view bytes = as_text(block);
  for (const KnownBlock* known : slots_) {
    if (known != nullptr && same(as_text(known->bytes()), bytes)) return known;
  }
  return nullptr;
}

const KnownBlock* KnownBlocks::find(std::span<const HeaderField> fields) const {
  for (const KnownBlock* known : slots_) {
    if (known != nullptr && same_fields(known->fields(), fields)) return known;
  }
  return nullptr;
}

bool KnownBlocks::is_worth_learning(Bytes block) {
  const std::uint64_t seen = digest(block);
  if (std::find(candidates_.begin(), candidates_.end(), seen) != candidates_.end()) return true;
  candidates_[next_candidate_++ % candidates_.size()] = seen;
  return false;
}

void KnownBlocks::learn(Bytes block, std::span<const HeaderField> fields, const MessageChecks* checks) {
  KnownBlock* known = store_.hold(block, fields, checks);
  if (known == nullptr) return;
  KnownBlock*& slot = slots_[next_++ % kSlots];
  if (slot != nullptr) store_.let_go(slot);
  slot = known;
}

void KnownBlocks::forget_all() {
  candidates_ = {};
  if (slots_[0] == nullptr) return;  // the first to be filled
  for (KnownBlock*& slot : slots_) {
    if (slot != nullptr) store_.let_go(slot);
    slot = nullptr;
  }
  next_ = 0;
}

// --- the store
// ------------------------------------------------------------------------------------------------

KnownBlock* KnownBlockStore::hold(Bytes block, std::span<const HeaderField> fields,
                                  const MessageChecks* checks) {
  const std::uint64_t sum = digest(block);
  KnownBlock*& recent = recent_[sum % kPlaces];
  if (recent != nullptr && same(as_text(recent->bytes()), as_text(block)) &&
      same_fields(recent->fields(), fields) && recent->is_head_ == (checks != nullptr) &&
      (checks == nullptr || recent->checks_ == *checks)) {
    ++recent->holders_;
    return recent;
  }
  KnownBlock* made = make(block, fields, checks);
  if (made == nullptr) return nullptr;
  made->digest_ = sum;
  recent = made;
  return made;
}

void KnownBlockStore::let_go(KnownBlock* block) {
  if (--block->holders_ > 0) return;
  KnownBlock*& recent = recent_[block->digest_ % kPlaces];
  if (recent == block) recent = nullptr;
  pool_.free(block);
}

KnownBlock* KnownBlockStore::make(Bytes block, std::span<const HeaderField> fields,
                                  const MessageChecks* checks) {
  std::size_t text_size = block.size();
  for (const HeaderField& field : fields) text_size += field.name.size() + field.value.size();
  if (block.size() > KnownBlocks::kLargestBlock || fields.size() > KnownBlocks::kMostFields) return nullptr;
  if (text_size > kLargestText) return nullptr;
  const std::size_t fields_size = fields.size() * sizeof(HeaderField);
  void* memory = pool_.allocate(sizeof(KnownBlock) + fields_size + text_size, pages_);
  if (memory == nullptr) return nullptr;
  auto* known = new (memory) KnownBlock();
  known->number_ = next_number();
  known->fields_ = reinterpret_cast<HeaderField*>(known + 1);
  known->text_ = reinterpret_cast<char*>(known + 1) + fields_size;
  known->wire_size_ = static_cast<std::uint32_t>(block.size());
  known->field_count_ = static_cast<std::uint32_t>(fields.size());
  known->is_head_ = checks != nullptr;
  if (checks != nullptr) known->checks_ = *checks;
  char* text = std::copy(block.begin(), block.end(), known->text_);
  const auto keep = [&text](std::string_view part) {
    const std::string_view kept(text, part.size());
    text = std::copy(part.begin(), part.end(), text);
    return kept;
  };
  HeaderField* into = known->fields_;
  for (const HeaderField& field : fields) {
    const std::string_view name = keep(field.name);
    new (into++) HeaderField{name, keep(field.value)};
  }
  return known;
}

}  // namespace hawser::http2
