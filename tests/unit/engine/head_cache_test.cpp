// SPDX-License-Identifier: Apache-2.0
#include "engine/head_cache.h"

#include <gtest/gtest.h>

#include <string>

namespace mainstem::engine {
namespace {

index::name_hash hash_of(std::uint64_t stream) {
  return index::hash_name("order-" + std::to_string(stream), 7);
}

TEST(HeadCache, AnswersNothingForAStreamThatItNeverSaw) {
  head_cache cache;
  cache.put(hash_of(1), {3, 30});
  EXPECT_FALSE(cache.find(hash_of(2)));
}

TEST(HeadCache, AnswersWhatWasPutLast) {
  head_cache cache;
  cache.put(hash_of(1), {3, 30});
  cache.put(hash_of(1), {4, 40});
  ASSERT_TRUE(cache.find(hash_of(1)));
  EXPECT_EQ(cache.find(hash_of(1))->version, 4U);
  EXPECT_EQ(cache.find(hash_of(1))->last_position, 40U);
}

// It may forget; what it says must be true.
TEST(HeadCache, IsNeverOutOfDateHoweverManyStreamsThereAre) {
  constexpr std::uint64_t streams = 200'000;
  head_cache cache;
  for (std::uint64_t round = 1; round <= 2; ++round) {
    for (std::uint64_t i = 0; i < streams; ++i) cache.put(hash_of(i), {round, i});
  }
  std::uint64_t known = 0;
  for (std::uint64_t i = 0; i < streams; ++i) {
    const auto found = cache.find(hash_of(i));
    if (!found) continue;
    ++known;
    ASSERT_EQ(found->version, 2U);
    ASSERT_EQ(found->last_position, i);
  }
  EXPECT_GT(known, streams * 99 / 100);
}

TEST(HeadCache, TakesNewHeadsWhenItIsFull) {
  constexpr std::uint64_t streams = 1'200'000;  // More than it ever holds.
  head_cache cache;
  for (std::uint64_t i = 0; i < streams; ++i) cache.put({i, i * 0x9e3779b97f4a7c15U}, {i + 1, i});
  const index::name_hash last{streams - 1, (streams - 1) * 0x9e3779b97f4a7c15U};
  ASSERT_TRUE(cache.find(last));
  EXPECT_EQ(cache.find(last)->version, streams);
}

}  // namespace
}  // namespace mainstem::engine
