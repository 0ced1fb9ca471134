// Streams by id, against std::map.
#include "hawser/http2/stream_table.h"

#include <doctest/doctest.h>

#include <map>
#include <vector>

#include "support/seed.h"

namespace hawser::test {
namespace {

using http2::StreamId;
using http2::StreamState;
using http2::StreamTable;

struct Table {
  http2::MemoryPool pool;
  http2::SessionMemory memory{pool};
  StreamTable streams{memory};
};

TEST_CASE("StreamTable: an empty one finds nothing and has no memory") {
  Table table;
  CHECK(table.streams.size() == 0);
  CHECK(table.streams.find(1) == nullptr);
  CHECK(table.pool.blocks_in_use() == 0);
}

TEST_CASE("StreamTable: it finds what a map finds, whatever comes and goes") {
  std::mt19937_64 random = seeded_generator(0x7AB1E);
  Table table;
  std::map<StreamId, StreamState*> expected;
  StreamId next = 1;
  for (int step = 0; step < 40'000; ++step) {
    const bool adds = expected.empty() || random() % 100 < (step / 4'000 % 2 == 0 ? 60U : 40U);
    if (adds) {
      // Odd ones in turn, as peers open them; even ones anywhere; the largest there is.
      const StreamId id = random() % 4 != 0    ? next
                          : random() % 50 == 0 ? 0x7FFF'FFFF
                                               : static_cast<StreamId>(random() % 100'000 * 2);
      if (id == next) next += 2;
      if (expected.contains(id)) continue;
      StreamState* stream = table.streams.add(id);
      REQUIRE(stream != nullptr);
      REQUIRE(stream->id == id);
      expected[id] = stream;
    } else {
      const auto victim =
          std::next(expected.begin(),
                    static_cast<std::ptrdiff_t>(random() % std::min<std::size_t>(expected.size(), 40)));
      table.streams.remove(*victim->second);
      REQUIRE(table.streams.find(victim->first) == nullptr);
      expected.erase(victim);
    }
    REQUIRE(table.streams.size() == expected.size());
    if (step % 500 != 0) continue;
    for (const auto& [id, stream] : expected) REQUIRE(table.streams.find(id) == stream);
    std::size_t visited = 0;
    table.streams.for_each([&](StreamState& stream) {
      ++visited;
      REQUIRE(expected.at(stream.id) == &stream);
    });
    REQUIRE(visited == expected.size());
  }
}

TEST_CASE("StreamTable: what waits in its streams goes with it") {
  http2::MemoryPool pool;
  http2::SessionMemory memory(pool);
  {
    StreamTable streams(memory);
    static constexpr http2::HeaderField kFields[] = {{"a", "b"}, {"c", "d"}};
    for (StreamId id = 1; id < 200; id += 2) REQUIRE(streams.add(id)->head.set(kFields, memory));
    REQUIRE(streams.find(7)->trailers.set({}, memory));
    CHECK(streams.find(7)->trailers.is_set());
    CHECK(streams.find(7)->trailers.view().empty());
    streams.remove(*streams.find(9));
  }
  CHECK(pool.blocks_in_use() == 0);
}

}  // namespace
}  // namespace hawser::test
