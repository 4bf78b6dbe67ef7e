// SPDX-License-Identifier: Apache-2.0
#include "index/index_rows.h"

#include <array>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "index/run_table.h"
#include "index_support.h"

namespace mainstem::index {
namespace {

TEST(IndexRows, OrderKeysAsTheirMembers) {
  const entry_place places[] = {{1, 1, 1}, {1, 1, 2},   {1, 1, 256},
                                {1, 2, 1}, {1, 256, 1}, {1, largest_48_bits, largest_48_bits},
                                {2, 0, 0}, {256, 0, 0}, {0xffffffffU, 0, 0}};
  for (std::size_t i = 0; i < std::size(places); ++i) {
    const auto key = entry_key(places[i]);
    EXPECT_EQ(parse_entry_key(key), places[i]);
    if (i > 0) {
      EXPECT_LT(entry_key(places[i - 1]), key);
    }
  }
  EXPECT_FALSE(parse_entry_key(as_bytes("short")).has_value());
}

TEST(IndexRows, KeepTheState) {
  const index_state state{testing::a_store_id(3), 4, 5, 6, 7, {position(8), 9, 10, 11}};
  value_bytes value;
  encode_state(state, value);
  const auto back = decode_state(value).value();
  EXPECT_EQ(back.store_id, state.store_id);
  EXPECT_EQ(back.generation, 4U);
  EXPECT_EQ(back.streams, 5U);
  EXPECT_EQ(back.flushes, 6U);
  EXPECT_EQ(back.last_run, 7U);
  EXPECT_EQ(back.flushed, state.flushed);
}

TEST(IndexRows, KeepTheMerge) {
  merge_record merge;
  merge.output = {9, 1, 2, 1, 30};
  merge.next_stream = 4;
  merge.next_version = 5;
  merge.previous_flush = 6;
  merge.inputs = {{7, 1, 1, 0, 10}, {8, 2, 2, 0, 20}};
  value_bytes value;
  encode_merge(merge, value);
  const auto back = decode_merge(value).value();
  EXPECT_EQ(back.doing, merge_record::phase::building);
  EXPECT_EQ(back.output.run, 9U);
  EXPECT_EQ(back.output.events, 30U);
  EXPECT_EQ(back.next_stream, 4U);
  EXPECT_EQ(back.next_version, 5U);
  EXPECT_EQ(back.previous_flush, 6U);
  ASSERT_EQ(back.inputs.size(), 2U);
  EXPECT_EQ(back.inputs[1].run, 8U);
  EXPECT_EQ(back.inputs[1].events, 20U);
}

TEST(IndexRows, KeepEntriesAlignedAndInOrder) {
  for (std::size_t count = 1; count < 40; ++count) {
    std::vector<indexed_event> events;
    for (std::size_t i = 0; i < count; ++i) {
      events.push_back(
          {event_address(static_cast<std::uint32_t>(i), 8 * i), static_cast<std::uint32_t>(~i)});
    }
    value_bytes value;
    const entry_place place{1, 2, 3};
    encode_entry(table::merged, place, 77, events, value);
    EXPECT_EQ(value.size() % 8, 0U);
    const auto key = entry_key(place);
    const auto back = decode_entry(table::merged, key, value).value();
    ASSERT_EQ(back.count(), count);
    EXPECT_EQ(back.previous_flush(), 77U);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(back.address(i), events[i].address);
      EXPECT_EQ(back.id_hash(i), events[i].id_hash);
    }
  }
}

// 2,014 bytes are the most that LMDB puts beside another of its size on a page of 4 KiB, with these
// keys.
TEST(IndexRows, FitTwiceOnAPageAtTheDefaultSize) {
  const std::vector<indexed_event> events(index_options{}.events_per_row);
  value_bytes value;
  encode_entry(table::merged, {1, 1, 1}, 0, events, value);
  EXPECT_LE(value.size(), 2014U);
  EXPECT_GT(value.size() + 24, 2014U);
}

TEST(IndexRows, RefuseAValueInTheWrongPlace) {
  value_bytes value;
  encode_head({1, version(2), position(3), 4}, value);
  EXPECT_TRUE(decode_head(1, value).has_value());
  EXPECT_EQ(decode_head(2, value).error(), errc::corrupt_index);
  encode_name("order-1", 1, value);
  EXPECT_EQ(decode_name(as_bytes("order-1"), value).value(), 1U);
  EXPECT_EQ(decode_name(as_bytes("order-2"), value).error(), errc::corrupt_index);
  encode_run({1, 2, 2, 0, 3}, value);
  EXPECT_TRUE(decode_run(run_key(1), value).has_value());
  EXPECT_EQ(decode_run(run_key(2), value).error(), errc::corrupt_index);
  encode_entry(table::entries, {1, 2, 3}, 0, std::array<indexed_event, 2>{}, value);
  EXPECT_TRUE(decode_entry(table::entries, entry_key({1, 2, 3}), value).has_value());
  EXPECT_EQ(decode_entry(table::merged, entry_key({1, 2, 3}), value).error(), errc::corrupt_index);
  EXPECT_EQ(decode_entry(table::entries, entry_key({1, 2, 4}), value).error(), errc::corrupt_index);
}

/// Every decoder on one value: none may crash, and answers how many accepted it.
int accepted_by(bytes_view value) {
  int count = 0;
  count += decode_state(value).has_value();
  count += decode_merge(value).has_value();
  count += decode_name(as_bytes("order-1"), value).has_value();
  count += decode_head(1, value).has_value();
  count += decode_run(run_key(1), value).has_value();
  count += decode_entry(table::entries, entry_key({1, 2, 3}), value).has_value();
  return count;
}

TEST(IndexRows, RefuseEveryFlippedBitAndEveryOtherLength) {
  std::vector<value_bytes> values(6);
  encode_state({testing::a_store_id(3), 4, 5, 6, 7, {position(8), 9, 10, 11}}, values[0]);
  merge_record merge;
  merge.output = {9, 1, 2, 1, 30};
  merge.inputs = {{7, 1, 1, 0, 10}, {8, 2, 2, 0, 20}};
  encode_merge(merge, values[1]);
  encode_name("order-1", 1, values[2]);
  encode_head({1, version(2), position(3), 4}, values[3]);
  encode_run({1, 2, 2, 0, 3}, values[4]);
  encode_entry(table::entries, {1, 2, 3}, 0, std::array<indexed_event, 3>{}, values[5]);
  for (value_bytes& value : values) {
    ASSERT_EQ(accepted_by(value), 1);
    for (std::size_t bit = 0; bit < 8 * value.size(); ++bit) {
      const auto mask = std::byte{1} << (bit % 8);
      value[bit / 8] ^= mask;
      EXPECT_EQ(accepted_by(value), 0) << bit;
      value[bit / 8] ^= mask;
    }
    for (std::size_t size = 0; size < value.size(); ++size) {
      EXPECT_EQ(accepted_by(bytes_view(value).first(size)), 0) << size;
    }
    value.resize(value.size() + 8);
    EXPECT_EQ(accepted_by(value), 0);
  }
}

RC_GTEST_PROP(IndexRows, RefuseGarbage, (const std::vector<std::uint8_t>& garbage)) {
  RC_ASSERT(accepted_by(std::as_bytes(std::span(garbage))) == 0);
}

class RunTable : public ::testing::Test {
 protected:
  /// Loads these runs, as if `flushes` flushes had been made.
  static result<run_table> load(const std::vector<run_record>& runs, std::uint32_t flushes) {
    memory_provider provider;
    auto env = provider.open("index").value();
    auto writing = env->begin_write().value();
    value_bytes value;
    for (const run_record& run : runs) {
      encode_run(run, value);
      writing->put(table::runs, run_key(run.run), value, false).value();
    }
    index_state state{};
    state.flushes = flushes;
    state.last_run = 9;
    return run_table::load(*writing, state);
  }
};

TEST_F(RunTable, FindsTheRunOfAFlush) {
  const auto runs = load({{3, 4, 4, 0, 1}, {2, 1, 3, 1, 1}, {5, 5, 5, 0, 1}}, 5).value();
  EXPECT_EQ(runs.find(1).value().run, 2U);
  EXPECT_EQ(runs.find(3).value().run, 2U);
  EXPECT_EQ(runs.find(4).value().run, 3U);
  EXPECT_EQ(runs.find(5).value().run, 5U);
  EXPECT_EQ(runs.find(0).error(), errc::corrupt_index);
  EXPECT_EQ(runs.find(6).error(), errc::corrupt_index);
}

TEST_F(RunTable, RefusesGapsAndOverlaps) {
  EXPECT_TRUE(load({}, 0).has_value());
  EXPECT_EQ(load({}, 1).error(), errc::corrupt_index);
  EXPECT_EQ(load({{1, 1, 1, 0, 1}}, 0).error(), errc::corrupt_index);
  EXPECT_EQ(load({{1, 2, 2, 0, 1}}, 2).error(), errc::corrupt_index);
  EXPECT_EQ(load({{1, 1, 1, 0, 1}, {2, 3, 3, 0, 1}}, 3).error(), errc::corrupt_index);
  EXPECT_EQ(load({{1, 1, 2, 1, 1}, {2, 2, 2, 0, 1}}, 2).error(), errc::corrupt_index);
  EXPECT_EQ(load({{10, 1, 1, 0, 1}}, 1).error(), errc::corrupt_index);
}

TEST_F(RunTable, MergesTheOldestRunsOfTheLowestTierThatIsFull) {
  const auto low =
      load({{1, 1, 2, 1, 1}, {2, 3, 4, 1, 1}, {3, 5, 5, 0, 1}, {4, 6, 6, 0, 1}, {5, 7, 7, 0, 1}}, 7)
          .value();
  ASSERT_EQ(low.next_merge(2).size(), 2U);
  EXPECT_EQ(low.next_merge(2)[0].run, 3U);
  EXPECT_TRUE(low.next_merge(4).empty());
  const auto high = load({{1, 1, 2, 1, 1}, {2, 3, 4, 1, 1}, {3, 5, 5, 0, 1}}, 5).value();
  ASSERT_EQ(high.next_merge(2).size(), 2U);
  EXPECT_EQ(high.next_merge(2)[0].run, 1U);
}

}  // namespace
}  // namespace mainstem::index
