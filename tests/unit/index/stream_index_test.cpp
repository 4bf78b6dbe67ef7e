// SPDX-License-Identifier: Apache-2.0
#include "index/stream_index.h"

#include <gtest/gtest.h>

#include "index_support.h"

namespace mainstem::index {
namespace {

using testing::a_store_id;
using testing::index_model;
using testing::merge_all;
using testing::open_index;
using testing::plan_flush;
using testing::planned_flush;
using testing::read_all;

class StreamIndex : public ::testing::Test {
 protected:
  memory_provider provider;
  index_model model;
  std::unique_ptr<stream_index> index = open_index(provider);

  /// Events 1 to `count` of a new flush for one stream.
  planned_flush plan(const std::string& stream, std::size_t count) {
    planned_flush flush{.from = model.flushed, .to = model.flushed, .parts = {}};
    std::uint64_t last = model.flushed.last.value();
    const auto known = model.streams.find(stream);
    const std::size_t before = known == model.streams.end() ? 0 : known->second.events.size();
    planned_flush::part part{stream, version(before + 1), {}, {}};
    for (std::size_t i = 0; i < count; ++i) {
      ++last;
      part.events.push_back({event_address(1, 64 * last), static_cast<std::uint32_t>(last)});
    }
    part.last_position = position(last);
    flush.parts.push_back(part);
    flush.to.last = position(last);
    return flush;
  }
  void flush(const planned_flush& what) {
    what.apply(*index).value();
    model.accept(what);
  }
};

TEST_F(StreamIndex, BeginsEmpty) {
  const auto snapshot = index->snapshot().value();
  EXPECT_EQ(snapshot.flushed(), log_point{});
  EXPECT_EQ(snapshot.streams(), 0U);
  EXPECT_FALSE(snapshot.head("order-1").value().has_value());
}

TEST_F(StreamIndex, NumbersStreamsInTheOrderInWhichTheyCome) {
  auto first = plan("order-9", 1);
  auto second = plan("order-1", 1);
  first.parts.push_back(second.parts[0]);
  flush(first);
  flush(plan("order-5", 2));
  const auto snapshot = index->snapshot().value();
  EXPECT_EQ(snapshot.head("order-9").value()->number, 1U);
  EXPECT_EQ(snapshot.head("order-1").value()->number, 2U);
  EXPECT_EQ(snapshot.head("order-5").value()->number, 3U);
  EXPECT_EQ(snapshot.streams(), 3U);
}

TEST_F(StreamIndex, KeepsTheHeadOfAStream) {
  flush(plan("order-1", 3));
  flush(plan("order-2", 1));
  flush(plan("order-1", 2));
  const auto head = index->snapshot().value().head("order-1").value().value();
  EXPECT_EQ(head, (stream_head{1, version(5), position(6), 3}));
}

TEST_F(StreamIndex, KeepsTheWholeLogPoint) {
  planned_flush all = plan("order-1", 1);
  all.to = {position(1), 7, 8000, 0x1234567890abcdefU};
  flush(all);
  index.reset();
  index = open_index(provider);
  EXPECT_EQ(index->snapshot().value().flushed(), all.to);
}

TEST_F(StreamIndex, SnapshotStaysAsItWasWhateverIsFlushedAndMerged) {
  index = open_index(provider, {.merge_fanout = 2, .events_per_row = 2});
  flush(plan("order-1", 3));
  flush(plan("order-1", 2));
  const auto before = index->snapshot().value();
  const index_model model_before = model;
  flush(plan("order-2", 4));
  merge_all(*index, 1);
  read_all(before, model_before).value();
  read_all(index->snapshot().value(), model).value();
}

TEST_F(StreamIndex, FlushWithoutChunksMovesOnlyTheLogPoint) {
  flush(plan("order-1", 3));
  planned_flush nothing{.from = model.flushed, .to = model.flushed, .parts = {}};
  nothing.to.offset_bytes = 4096;
  flush(nothing);
  read_all(index->snapshot().value(), model).value();
  flush(plan("order-1", 1));
  EXPECT_EQ(index->snapshot().value().head("order-1").value()->last_flush, 2U);
}

TEST_F(StreamIndex, RefusesAFlushThatDoesNotJoin) {
  flush(plan("order-1", 3));
  auto wrong = plan("order-1", 1);
  wrong.from.chain = 99;
  EXPECT_EQ(wrong.apply(*index).error(), errc::invalid_argument);
  wrong = plan("order-1", 1);
  wrong.to.last = position(2);
  EXPECT_EQ(wrong.apply(*index).error(), errc::invalid_argument);
  read_all(index->snapshot().value(), model).value();
}

TEST_F(StreamIndex, RefusesChunksThatBreakTheRules) {
  flush(plan("order-1", 3));
  const auto refused = [&](auto change) {
    planned_flush wrong = plan("order-2", 2);
    change(wrong);
    return wrong.apply(*index).error();
  };
  EXPECT_EQ(refused([](auto& p) { p.parts[0].events.clear(); }), errc::invalid_argument);
  EXPECT_EQ(refused([](auto& p) { p.parts[0].stream.clear(); }), errc::invalid_argument);
  EXPECT_EQ(refused([](auto& p) { p.parts[0].stream.assign(256, 'x'); }), errc::invalid_argument);
  EXPECT_EQ(refused([](auto& p) { p.parts[0].first_version = version(0); }),
            errc::invalid_argument);
  EXPECT_EQ(refused([](auto& p) { p.parts[0].first_version = version::max(); }),
            errc::invalid_argument);
  EXPECT_EQ(refused([](auto& p) { p.parts[0].last_position = position(3); }),
            errc::invalid_argument);
  EXPECT_EQ(refused([](auto& p) { p.parts[0].last_position = position(6); }),
            errc::invalid_argument);
  EXPECT_EQ(refused([](auto& p) { p.parts.push_back(p.parts[0]); }), errc::invalid_argument);
  EXPECT_EQ(index->snapshot().value().streams(), 1U);
  read_all(index->snapshot().value(), model).value();
}

// A chunk that does not begin where the stream ends says that index and log have come apart.
TEST_F(StreamIndex, ReportsAChunkThatDoesNotJoinItsStreamAsCorruption) {
  flush(plan("order-1", 3));
  auto gap = plan("order-1", 1);
  gap.parts[0].first_version = version(5);
  EXPECT_EQ(gap.apply(*index).error(), errc::corrupt_index);
  auto overlap = plan("order-1", 1);
  overlap.parts[0].first_version = version(3);
  EXPECT_EQ(overlap.apply(*index).error(), errc::corrupt_index);
  auto late = plan("order-2", 1);
  late.parts[0].first_version = version(2);
  EXPECT_EQ(late.apply(*index).error(), errc::corrupt_index);
  read_all(index->snapshot().value(), model).value();
}

TEST_F(StreamIndex, TakesTheLongestName) {
  flush(plan(std::string(255, 'x'), 2));
  const auto snapshot = index->snapshot().value();
  EXPECT_EQ(snapshot.head(std::string(255, 'x')).value()->last_version, version(2));
  EXPECT_FALSE(snapshot.head(std::string(254, 'x')).value().has_value());
  EXPECT_FALSE(snapshot.head(std::string(600, 'x')).value().has_value());
  EXPECT_FALSE(snapshot.head("").value().has_value());
}

TEST_F(StreamIndex, SplitsLongChunksIntoRows) {
  flush(plan("order-1", 1000));
  flush(plan("order-1", 1));
  const auto snapshot = index->snapshot().value();
  const auto head = snapshot.head("order-1").value().value();
  std::vector<event_address> found;
  snapshot.addresses(head, version(1), 2000, found).value();
  EXPECT_EQ(found, testing::expected_addresses(model.streams["order-1"], 1, 2000));
}

TEST_F(StreamIndex, RefusesTheIndexOfAnotherStore) {
  flush(plan("order-1", 1));
  index.reset();
  auto other = stream_index::open(provider.open("index").value(), a_store_id(2), {});
  EXPECT_EQ(other.error(), errc::foreign_file);
  read_all(open_index(provider)->snapshot().value(), model).value();
}

TEST_F(StreamIndex, RefusesTablesWithoutAStateRow) {
  flush(plan("order-1", 1));
  index.reset();
  provider.tamper("index", table::meta, as_bytes("state"), std::nullopt);
  auto opened = stream_index::open(provider.open("index").value(), a_store_id(), {});
  EXPECT_EQ(opened.error(), errc::corrupt_index);
}

TEST_F(StreamIndex, HasNothingToMergeBelowTheFanout) {
  index = open_index(provider, {.merge_fanout = 3});
  EXPECT_FALSE(index->merge_step(100).value());
  flush(plan("order-1", 1));
  flush(plan("order-1", 1));
  EXPECT_FALSE(index->merge_step(100).value());
  flush(plan("order-1", 1));
  EXPECT_TRUE(index->merge_step(100).value());
}

TEST_F(StreamIndex, BoundsTheWorkOfAMergeStep) {
  index = open_index(provider, {.merge_fanout = 2, .events_per_row = 4});
  flush(plan("order-1", 100));
  flush(plan("order-1", 100));
  std::size_t steps = 0;
  while (index->merge_step(10).value()) ++steps;
  // 200 events, 10 to 13 in each step, and as many rows to erase again, two in each step.
  EXPECT_GE(steps, 16U + 25U);
  EXPECT_LE(steps, 20U + 27U);
  read_all(index->snapshot().value(), model).value();
}

TEST_F(StreamIndex, ErasesWhatHasBeenMerged) {
  index = open_index(provider, {.merge_fanout = 2});
  for (int i = 0; i < 8; ++i) flush(plan("order-1", 1));
  merge_all(*index, 1000);
  auto env = provider.open("index").value();
  auto reading = env->begin_read().value();
  auto flushed_rows = reading->open_cursor(table::entries).value();
  EXPECT_FALSE(flushed_rows->seek(as_bytes(std::string_view("\0", 1))).value().has_value());
  auto merged_rows = reading->open_cursor(table::merged).value();
  EXPECT_TRUE(merged_rows->seek(as_bytes(std::string_view("\0", 1))).value().has_value());
  EXPECT_FALSE(merged_rows->next().value().has_value());
  read_all(index->snapshot().value(), model).value();
}

TEST_F(StreamIndex, GoesOnWithAnotherFanoutAndAnotherRowSize) {
  index = open_index(provider, {.merge_fanout = 4, .events_per_row = 3});
  for (int i = 0; i < 4; ++i) flush(plan("order-1", 5));
  EXPECT_TRUE(index->merge_step(4).value());
  index.reset();
  index = open_index(provider, {.merge_fanout = 2, .events_per_row = 2});
  for (int i = 0; i < 5; ++i) flush(plan("order-2", 5));
  merge_all(*index, 3);
  read_all(index->snapshot().value(), model).value();
}

TEST_F(StreamIndex, HasTheSameDigestHoweverItCameToBe) {
  std::mt19937_64 random(5);
  index = open_index(provider, {.merge_fanout = 2, .events_per_row = 3});
  for (int i = 0; i < 20; ++i) flush(plan_flush(model, random, 5, 4));
  const auto before = canonical_digest(index->snapshot().value()).value();
  merge_all(*index, 7);
  EXPECT_EQ(canonical_digest(index->snapshot().value()).value(), before);

  memory_provider other;
  auto rebuilt = open_index(other, {.merge_fanout = 9, .events_per_row = 100});
  planned_flush all{.from = {}, .to = model.flushed, .parts = {}};
  for (const auto& [name, stream] : model.streams) {
    all.parts.push_back({name, version(1), stream.last_position, stream.events});
  }
  all.apply(*rebuilt).value();
  EXPECT_EQ(canonical_digest(rebuilt->snapshot().value()).value(), before);

  flush(plan("order-1", 1));
  EXPECT_NE(canonical_digest(index->snapshot().value()).value(), before);
}

}  // namespace
}  // namespace mainstem::index
