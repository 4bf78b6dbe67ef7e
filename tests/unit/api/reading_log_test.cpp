// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "settled_store.h"

namespace mainstem::api::test {
namespace {

using list = std::vector<std::uint64_t>;

/// 12 events, one commit each: streams order-1, order-2, bill-1 and `order` in turn, types made,
/// paid, sent in turn.
class LogReader : public settled_store {
 protected:
  void existing() {
    const std::vector<std::string> streams{"order-1", "order-2", "bill-1", "order"};
    const std::vector<std::string> types{"made", "paid", "sent"};
    for (std::uint64_t number = 1; number <= 12; ++number) {
      const event_data event(types[(number - 1) % 3], text("x"), {.id = id_of(number)});
      const stream_name stream(streams[(number - 1) % 4]);
      ASSERT_TRUE(log().append(stream, any, {event}).value().committed());
    }
    settle();
  }
  list read(const read_all_options& options) { return positions_of(all_of(log(), options)); }
};

TEST_P(LogReader, EmptyStoreIsEmptyBothWays) {
  settle();
  EXPECT_EQ(read({}), list{});
  EXPECT_EQ(read({.direction = direction::backwards}), list{});
  EXPECT_EQ(read({.category = "order", .types = {"made"}}), list{});
  EXPECT_FALSE(log().read_event(position(1)).value());
  EXPECT_EQ(log().info().written, position(0));
  EXPECT_EQ(log().info().durable, position(0));
}

TEST_P(LogReader, ReadsForwardsAndBackwards) {
  existing();
  EXPECT_EQ(read({}), numbers(1, 12));
  EXPECT_EQ(read({.direction = direction::backwards}), numbers(12, 1));
}

TEST_P(LogReader, RangesAreExclusive) {
  existing();
  for (const auto way : {direction::forwards, direction::backwards}) {
    const auto turned = [&](std::uint64_t first, std::uint64_t last) {
      return way == direction::forwards ? numbers(first, last) : numbers(last, first);
    };
    const auto p = [](std::uint64_t at) { return position(at); };
    EXPECT_EQ(read({.after = p(3), .direction = way}), turned(4, 12));
    EXPECT_EQ(read({.before = p(8), .direction = way}), turned(1, 7));
    EXPECT_EQ(read({.after = p(3), .before = p(8), .direction = way}), turned(4, 7));
    EXPECT_EQ(read({.after = p(11), .before = p(100), .direction = way}), turned(12, 12));
    EXPECT_EQ(read({.after = p(3), .before = p(4), .direction = way}), list{});
    EXPECT_EQ(read({.after = p(8), .before = p(3), .direction = way}), list{});
    EXPECT_EQ(read({.after = p(12), .direction = way}), list{});
    EXPECT_EQ(read({.after = position::max(), .direction = way}), list{});
    EXPECT_EQ(read({.before = p(1), .direction = way}), list{});
    EXPECT_EQ(read({.before = p(0), .direction = way}), list{});
  }
}

TEST_P(LogReader, LimitIsOverAllBatches) {
  existing();
  EXPECT_EQ(read({.limit = 0}), list{});
  EXPECT_EQ(read({.limit = 1}), numbers(1, 1));
  EXPECT_EQ(read({.limit = 7, .batch = {.events = 2}}), numbers(1, 7));
  EXPECT_EQ(read({.direction = direction::backwards, .limit = 7, .batch = {.events = 2}}),
            numbers(12, 6));
  EXPECT_EQ(read({.after = position(4), .limit = 3}), numbers(5, 7));
}

TEST_P(LogReader, CategoryIsWhatStandsBeforeTheFirstDash) {
  existing();
  EXPECT_EQ(read({.category = "order"}), (list{1, 2, 4, 5, 6, 8, 9, 10, 12}));
  EXPECT_EQ(read({.category = "bill"}), (list{3, 7, 11}));
  EXPECT_EQ(read({.category = "ord"}), list{});
  EXPECT_EQ(read({.category = "order-1"}), list{});
  EXPECT_EQ(read({.category = "bill", .direction = direction::backwards}), (list{11, 7, 3}));
  EXPECT_EQ(read({.after = position(3), .before = position(11), .category = "bill"}), list{7});
  EXPECT_EQ(read({.category = "order", .limit = 4}), (list{1, 2, 4, 5}));
}

TEST_P(LogReader, TypesAreAlternatives) {
  existing();
  EXPECT_EQ(read({.types = {"made"}}), (list{1, 4, 7, 10}));
  EXPECT_EQ(read({.types = {"paid", "sent"}}), (list{2, 3, 5, 6, 8, 9, 11, 12}));
  EXPECT_EQ(read({.types = {"sent", "paid", "made"}}), numbers(1, 12));
  EXPECT_EQ(read({.types = {"nothing"}}), list{});
  EXPECT_EQ(read({.types = {"mad"}}), list{});
  EXPECT_EQ(read({.types = {"nothing", "made"}, .direction = direction::backwards}),
            (list{10, 7, 4, 1}));
  EXPECT_EQ(read({.types = {"made"}, .limit = 2}), (list{1, 4}));
}

TEST_P(LogReader, CategoryAndTypeBothHaveToMatch) {
  existing();
  EXPECT_EQ(read({.category = "bill", .types = {"made"}}), list{7});
  EXPECT_EQ(read({.category = "order", .types = {"made", "paid"}}), (list{1, 2, 4, 5, 8, 10}));
}

TEST_P(LogReader, GoesOnAfterTheEnd) {
  existing();
  auto all = log().read_all({.after = position(11)});
  auto bills = log().read_all({.category = "bill", .limit = 4});
  auto backwards = log().read_all({.direction = direction::backwards});
  EXPECT_EQ(positions_of(drain(all)), numbers(12, 12));
  EXPECT_EQ(positions_of(drain(bills)), (list{3, 7, 11}));
  EXPECT_EQ(positions_of(drain(backwards)), numbers(12, 1));
  ASSERT_EQ(append("order-1", any, {13}), "committed 13..13 order-1@4");
  ASSERT_EQ(append("bill-2", any, {14, 15}), "committed 14..15 bill-2@2");
  EXPECT_EQ(positions_of(drain(all)), numbers(13, 15));
  EXPECT_EQ(positions_of(drain(bills)), list{14}) << "the fourth and last of its limit";
  EXPECT_EQ(positions_of(drain(bills)), list{});
  EXPECT_EQ(positions_of(drain(backwards)), list{});
}

// An empty batch says: the end. A filter must not make one of a stretch in which nothing matched.
TEST_P(LogReader, FilterDoesNotMakeEmptyBatchesOnTheWay) {
  fill(log(), 1, 3'000, "hay");
  ASSERT_TRUE(
      log().append(stream_name("needle-1"), no_stream, {numbered(5'000)}).value().committed());
  fill(log(), 3'001, 3'000, "hay");
  settle();
  const batch_limits small{.events = 10, .bytes = 100};
  for (const auto way : {direction::forwards, direction::backwards}) {
    auto by_category = log().read_all({.category = "needle", .direction = way, .batch = small});
    EXPECT_EQ(positions_of(drain(by_category)), list{3'001});
    auto by_type = log().read_all({.types = {"happened"}, .direction = way, .batch = small});
    EXPECT_EQ(positions_of(drain(by_type)), list{3'001});
  }
}

INSTANTIATE_TEST_SUITE_P(Standing, LogReader, every_standing, name_of_standing);

}  // namespace
}  // namespace mainstem::api::test
