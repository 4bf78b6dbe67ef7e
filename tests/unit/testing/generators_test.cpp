// SPDX-License-Identifier: Apache-2.0
#include <mainstem/testing/every_step.h>
#include <mainstem/testing/generators.h>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <sstream>

namespace ms = mainstem;
namespace mt = mainstem::testing;

namespace {

/// A value as it comes out of the middle of a run.
template <class Value>
Value draw(const rc::Gen<Value>& from, std::uint64_t seed) {
  return from(rc::Random(seed), 40).value();
}

TEST(Generators, GiveTheSameForTheSameSeed) {
  const auto text_of = [](std::uint64_t seed) {
    std::ostringstream text;
    showValue(draw(mt::gen::store(), seed), text);
    return text.str();
  };
  EXPECT_EQ(text_of(1), text_of(1));
  EXPECT_NE(text_of(1), text_of(2));
}

TEST(Generators, DrawStoresOfEveryKind) {
  std::set<std::uint64_t> segments;
  std::set<std::string> streams;
  std::set<ms::event_id> ids;
  std::size_t events = 0;
  std::size_t most_streams = 0;
  std::size_t longest_name = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const auto drawn = draw(mt::gen::store(), seed);
    segments.insert(drawn.options.segment_size_bytes);
    for (const auto& commit : drawn.commits) {
      most_streams = std::max(most_streams, commit.writes().size());
      for (const auto& write : commit.writes()) {
        streams.insert(write.stream.str());
        for (const auto& event : write.events) {
          ids.insert(event.id());
          longest_name = std::max(longest_name, event.type().size());
          ++events;
        }
      }
    }
  }
  EXPECT_GT(events, 100U);
  EXPECT_EQ(ids.size(), events) << "no id twice";
  EXPECT_EQ(segments.size(), 2U);
  EXPECT_EQ(streams.size(), 6U);
  EXPECT_GT(most_streams, 1U);
  EXPECT_LE(most_streams, 3U);
  EXPECT_EQ(longest_name, 255U);
}

TEST(Generators, ShrinkToSmallerStores) {
  const auto shrinkable = mt::gen::history()(rc::Random(5), 40);
  const std::size_t before = shrinkable.value().size();
  ASSERT_GT(before, 1U);
  std::size_t smallest = before;
  auto shrinks = shrinkable.shrinks();
  for (int i = 0; i < 5; ++i)
    if (const auto next = shrinks.next()) smallest = std::min(smallest, next->value().size());
  EXPECT_LT(smallest, before);
}

RC_GTEST_PROP(Generators, AreAcceptedAndReadBack, ()) {
  const auto drawn = *mt::gen::store({.commits = 8});
  mt::simulated_disk disk;
  const auto store = mt::gen::fill(disk, "s", drawn).value();
  RC_ASSERT(mt::compare_with(store, drawn.commits, drawn.commits.size()) == "");
}

RC_GTEST_PROP(Generators, CommitGoesIntoAnyStore, ()) {
  mt::simulated_disk disk;
  auto store = mt::gen::fill(disk, "s", *mt::gen::store({.commits = 3})).value();
  RC_ASSERT(store.append(*mt::gen::commit()).value().succeeded());
}

}  // namespace
