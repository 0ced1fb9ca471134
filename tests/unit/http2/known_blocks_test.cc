// Blocks that needn't be decoded or encoded again: which ones, and that nobody can tell the difference.
#include "hawser/http2/known_blocks.h"

#include <doctest/doctest.h>
#include <nghttp2/nghttp2.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "hawser/http2/header_decoder.h"
#include "hawser/http2/header_encoder.h"
#include "hawser/http2/memory_table.h"
#include "support/bytes.h"
#include "support/frame_script.h"
#include "support/seed.h"

namespace hawser::test {
namespace {

using http2::HeaderDecoder;
using http2::HeaderEncoder;
using http2::HeaderField;
using http2::KnownBlocks;

struct Memory {
  http2::MemoryPool pool;
  http2::SessionMemory session{pool};
  http2::MemoryTable table = session.table();
};

bool is_harmless(std::string_view block) {
  return http2::kind_of(as_bytes(block)) == http2::BlockKind::kCommon;
}

TEST_CASE("kind_of: indexed fields and literals that enter no table are common") {
  CHECK(is_harmless(""));
  CHECK(is_harmless("\x82\x86\x84"));
  CHECK(is_harmless(hpack_indexed(62) + hpack_indexed(200)));
  CHECK(is_harmless(hpack_literal("name", "value")));
  CHECK(is_harmless(hpack_literal("name", std::string(300, 'v'))));
  CHECK(is_harmless(std::string("\x04\x02/a\x82", 5)));     // the name from the static table
  CHECK(is_harmless(std::string("\x0f\x2f\x01v\x88", 5)));  // with an index of two bytes
}

TEST_CASE("kind_of: fields that are never to be indexed are personal") {
  for (const std::string& block :
       {std::string("\x10\x01n\x01v", 5), std::string("\x82\x10\x01n\x01v\x84", 7)}) {
    CHECK(http2::kind_of(as_bytes(block)) == http2::BlockKind::kPersonal);
  }
  const std::string both = std::string("\x10\x01n\x01v", 5) + hpack_literal("a", "b", true);
  CHECK(http2::kind_of(as_bytes(both)) == http2::BlockKind::kChangesTable);
}

TEST_CASE("kind_of: new entries, other sizes and what is no block change the table") {
  CHECK_FALSE(is_harmless(hpack_literal("name", "value", true)));
  CHECK_FALSE(is_harmless("\x82" + hpack_literal("name", "value", true)));
  CHECK_FALSE(is_harmless(std::string("\x44\x02/a", 4)));
  CHECK_FALSE(is_harmless(std::string("\x20", 1)));
  CHECK_FALSE(is_harmless(std::string("\x3f\xe1\x1f\x82", 4)));
  for (const std::string& whole : {hpack_literal("name", "value"), hpack_indexed(200)}) {
    for (std::size_t size = 1; size < whole.size(); ++size) {
      CAPTURE(size);
      CHECK_FALSE(is_harmless(whole.substr(0, size)));
    }
  }
  CHECK_FALSE(is_harmless(std::string("\xff\xff\xff\xff\xff\xff\xff\xff", 8)));  // an absurd index
}

TEST_CASE("KnownBlocks: a block is worth learning the second time, if not too much comes in between") {
  Memory memory;
  KnownBlocks blocks(memory.pool);
  CHECK_FALSE(blocks.is_worth_learning(as_bytes("\x82")));
  CHECK_FALSE(blocks.is_worth_learning(as_bytes("\x83")));
  CHECK(blocks.is_worth_learning(as_bytes("\x82")));
  for (const char other : {'\x84', '\x85', '\x86', '\x87'}) {
    CHECK_FALSE(blocks.is_worth_learning(as_bytes(std::string(1, other))));
  }
  CHECK_FALSE(blocks.is_worth_learning(as_bytes("\x82")));
}

TEST_CASE("KnownBlocks: what was learned is found by its bytes and by its fields, until it is forgotten") {
  Memory memory;
  {
    KnownBlocks blocks(memory.pool);
    const std::string name = "x-name";  // goes before it is asked for
    std::vector<HeaderField> fields = {{":status", "200"}, {name, "value"}, {"x-empty", ""}};
    blocks.learn(as_bytes("\x88\xbe\xbf"), fields, nullptr);
    const http2::KnownBlock* known = blocks.find(as_bytes("\x88\xbe\xbf"));
    REQUIRE(known != nullptr);
    CHECK_FALSE(known->is_head());
    CHECK(as_view(known->bytes()) == "\x88\xbe\xbf");
    REQUIRE(known->fields().size() == 3);
    CHECK(known->fields()[1].name == "x-name");
    CHECK(known->fields()[1].name.data() != name.data());
    CHECK(known->fields()[1].value == "value");
    CHECK(known->fields()[2].value.empty());
    CHECK(blocks.find(fields) == known);
    CHECK(blocks.find(as_bytes("\x88\xbe")) == nullptr);
    CHECK(blocks.find(as_bytes("\x88\xbe\xbe")) == nullptr);
    fields[1].value = "other";
    CHECK(blocks.find(fields) == nullptr);
    fields[1] = {"x-namf", "value"};
    CHECK(blocks.find(fields) == nullptr);
    fields.pop_back();
    CHECK(blocks.find(fields) == nullptr);
    blocks.forget_all();
    CHECK(blocks.find(as_bytes("\x88\xbe\xbf")) == nullptr);
    blocks.learn(as_bytes("\x88"), std::span(fields).first(1), nullptr);
    CHECK(blocks.find(as_bytes("\x88")) != nullptr);
  }
  CHECK(memory.pool.blocks_in_use() == 0);
}

TEST_CASE("KnownBlocks: a difference in any one letter is seen, whatever the length") {
  Memory memory;
  for (std::size_t size = 1; size < 40; ++size) {
    CAPTURE(size);
    KnownBlocks blocks(memory.pool);
    std::string text(size, 'v');
    const HeaderField field{"name", text};
    blocks.learn(as_bytes(text), {&field, 1}, nullptr);
    const std::string copy = text;  // the field looks at `text`
    CHECK(blocks.find(as_bytes(copy)) != nullptr);
    for (char& letter : text) {
      letter = 'w';
      CHECK(blocks.find({&field, 1}) == nullptr);
      CHECK(blocks.find(as_bytes(text)) == nullptr);
      letter = 'v';
    }
    CHECK(blocks.find({&field, 1}) != nullptr);
  }
}

TEST_CASE("KnownBlocks: equal blocks of a loop's connections are one, and different ones are not") {
  Memory memory;
  {
    KnownBlocks first(memory.pool);
    KnownBlocks second(memory.pool);
    const std::vector<HeaderField> fields = {{":status", "200"}, {"x-name", "value"}};
    first.learn(as_bytes("\x88\xbe"), fields, nullptr);
    second.learn(as_bytes("\x88\xbe"), fields, nullptr);
    CHECK(memory.pool.blocks_in_use() == 1);
    CHECK(first.find(fields) == second.find(fields));
    first.forget_all();
    CHECK(second.find(as_bytes("\x88\xbe")) != nullptr);
    // The same bytes after another history of the table.
    const std::vector<HeaderField> others = {{":status", "200"}, {"x-name", "other"}};
    first.learn(as_bytes("\x88\xbe"), others, nullptr);
    CHECK(first.find(as_bytes("\x88\xbe"))->fields()[1].value == "other");
    CHECK(second.find(as_bytes("\x88\xbe"))->fields()[1].value == "value");
    // At the head of a message and elsewhere.
    http2::MessageChecks checks;
    first.learn(as_bytes("\x88\xbe"), fields, &checks);
    CHECK(memory.pool.blocks_in_use() == 3);
    http2::MessageChecks malformed;
    malformed.mark_malformed();
    second.learn(as_bytes("\x88\xbe"), fields, &malformed);
    CHECK(memory.pool.blocks_in_use() == 4);
  }
  CHECK(memory.pool.blocks_in_use() == 0);
}

TEST_CASE("KnownBlocks: it holds few blocks, and none that is large") {
  Memory memory;
  KnownBlocks blocks(memory.pool);
  const HeaderField field{":status", "200"};
  for (int i = 0; i < 100; ++i)
    blocks.learn(as_bytes(std::string(1, static_cast<char>(i))), {&field, 1}, nullptr);
  CHECK(memory.pool.blocks_in_use() == 4);
  CHECK(blocks.find(as_bytes(std::string(1, char{99}))) != nullptr);
  CHECK(blocks.find(as_bytes(std::string(1, char{1}))) == nullptr);
  const std::string large(5'000, 'v');
  const HeaderField large_field{"x", large};
  blocks.learn(as_bytes("\x88"), {&large_field, 1}, nullptr);
  CHECK(blocks.find(as_bytes("\x88")) == nullptr);
  blocks.learn(as_bytes(large), {&field, 1}, nullptr);
  CHECK(blocks.find(as_bytes(large)) == nullptr);
}

// nghttp2's coder without anything of ours.
struct Deflater {
  explicit Deflater(std::size_t table_bytes) { REQUIRE(nghttp2_hd_deflate_new(&coder, table_bytes) == 0); }
  ~Deflater() { nghttp2_hd_deflate_del(coder); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  std::string encode(const Fields& fields, bool indexed) {
    std::vector<nghttp2_nv> pairs;
    for (const Field& field : fields) {
      // lint: allow const_cast: nghttp2 wants non-const pointers and only reads through them
      pairs.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(field.name.data())),
                       reinterpret_cast<std::uint8_t*>(const_cast<char*>(field.value.data())),
                       field.name.size(), field.value.size(),
                       static_cast<std::uint8_t>(indexed ? NGHTTP2_NV_FLAG_NONE : NGHTTP2_NV_FLAG_NO_INDEX)});
    }
    std::string block(nghttp2_hd_deflate_bound(coder, pairs.data(), pairs.size()), '\0');
    const ssize_t size = nghttp2_hd_deflate_hd(coder, reinterpret_cast<std::uint8_t*>(block.data()),
                                               block.size(), pairs.data(), pairs.size());
    REQUIRE(size >= 0);
    block.resize(static_cast<std::size_t>(size));
    return block;
  }
  nghttp2_hd_deflater* coder = nullptr;
};

struct Inflater {
  Inflater() { REQUIRE(nghttp2_hd_inflate_new(&coder) == 0); }
  ~Inflater() { nghttp2_hd_inflate_del(coder); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  Fields decode(std::string_view block) {
    Fields fields;
    const auto* at = reinterpret_cast<const std::uint8_t*>(block.data());
    std::size_t left = block.size();
    for (;;) {
      nghttp2_nv pair;
      int flags = 0;
      const ssize_t used = nghttp2_hd_inflate_hd2(coder, &pair, &flags, at, left, 1);
      REQUIRE(used >= 0);
      at += used;
      left -= static_cast<std::size_t>(used);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        fields.push_back({{reinterpret_cast<const char*>(pair.name), pair.namelen},
                          {reinterpret_cast<const char*>(pair.value), pair.valuelen}});
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) == 0) continue;
      nghttp2_hd_inflate_end_headers(coder);
      return fields;
    }
  }
  nghttp2_hd_inflater* coder = nullptr;
};

// A few blocks that come again and again, and here and there something that is new.
class RandomFields final {
 public:
  explicit RandomFields(std::mt19937_64& random) : random_(random) {}
  Fields next() {
    Fields fields = {{":status", random_() % 4 == 0 ? "404" : "200"}};
    for (std::uint64_t i = random_() % 3; i > 0; --i) {
      fields.push_back({"x-usual-" + std::to_string(random_() % 3), "value"});
    }
    if (random_() % 12 == 0)
      fields.push_back({"x-new", std::string(random_() % 90, 'n') + std::to_string(random_())});
    return fields;
  }

 private:
  std::mt19937_64& random_;
};

TEST_CASE("HeaderDecoder: known blocks and others give the fields that nghttp2 gives for all") {
  std::mt19937_64 random = seeded_generator(0xB10C);
  int replayed = 0;
  for (int round = 0; round < 40; ++round) {
    Memory memory;
    HeaderDecoder decoder(memory.pool);
    REQUIRE(decoder.start(memory.table));
    Deflater peer(4096);
    Inflater judge;
    RandomFields source(random);
    for (int i = 0; i < 400; ++i) {
      if (random() % 60 == 0) REQUIRE(nghttp2_hd_deflate_change_table_size(peer.coder, random() % 4096) == 0);
      const std::string block = peer.encode(source.next(), random() % 8 != 0);
      const Fields expected = judge.decode(block);
      Fields got;
      if (const http2::KnownBlock* known = decoder.find(as_bytes(block))) {
        ++replayed;
        for (const HeaderField& field : known->fields()) {
          got.push_back({std::string(field.name), std::string(field.value)});
        }
      } else {
        const bool is_whole = random() % 8 != 0;
        const bool learns = is_whole && decoder.is_worth_learning(as_bytes(block));
        if (!is_whole) decoder.begin_fragments();
        Bytes rest = as_bytes(block);
        Bytes fragment = is_whole ? rest : rest.first(rest.size() / 2);
        rest = rest.subspan(fragment.size());
        HeaderField field;
        for (bool ended = false; !ended;) {
          switch (decoder.next(fragment, rest.empty(), field)) {
            case HeaderDecoder::Step::kField:
              got.push_back({std::string(field.name), std::string(field.value)});
              break;
            case HeaderDecoder::Step::kMoreBytes:
              fragment = rest;
              rest = {};
              break;
            case HeaderDecoder::Step::kEnd:
              ended = true;
              break;
            case HeaderDecoder::Step::kBroken:
              FAIL("broken");
          }
        }
        std::vector<HeaderField> views;
        for (const Field& each : got) views.push_back({each.name, each.value});
        if (learns) decoder.learn(as_bytes(block), views, nullptr);
      }
      REQUIRE((got == expected));
    }
  }
  CHECK(replayed > 300);
}

TEST_CASE("HeaderEncoder: known blocks and others are read by nghttp2 as what they were") {
  std::mt19937_64 random = seeded_generator(0xB10D);
  int known_blocks = 0;
  for (int round = 0; round < 40; ++round) {
    Memory memory;
    HeaderEncoder encoder(memory.pool);
    REQUIRE(encoder.start(memory.table));
    Inflater peer;
    RandomFields source(random);
    for (int i = 0; i < 400; ++i) {
      if (random() % 60 == 0) {
        // More than 4 KiB is allowed to be said and not used.
        const std::size_t bytes = random() % 8192;
        REQUIRE(nghttp2_hd_inflate_change_table_size(peer.coder, bytes) == 0);
        REQUIRE(encoder.set_table_size(static_cast<std::uint32_t>(bytes)));
      }
      const Fields fields = source.next();
      std::vector<HeaderField> views;
      for (const Field& field : fields) views.push_back({field.name, field.value});
      std::string block;
      if (const Bytes known = encoder.find(views); !known.empty()) {
        ++known_blocks;
        block = as_view(known);
      } else {
        block.resize(HeaderEncoder::bound(views));
        const auto size =
            encoder.encode(views, {reinterpret_cast<std::uint8_t*>(block.data()), block.size()});
        REQUIRE(size);
        block.resize(*size);
      }
      REQUIRE((peer.decode(block) == fields));
    }
  }
  CHECK(known_blocks > 300);
}

}  // namespace
}  // namespace hawser::test
