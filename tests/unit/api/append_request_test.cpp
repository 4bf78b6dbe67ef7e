// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "settled_store.h"

namespace mainstem::api::test {
namespace {

constexpr version v(std::uint64_t number) { return version(number); }

/// Events 11 and 12 in `a`, 21 in `b`, in one commit; then 13 in `a`, 31 in `c`, in one commit.
class AppendRequest : public settled_store {
 protected:
  static append_request first() {
    append_request request;
    request.write(named("a"), no_stream, {numbered(11), numbered(12)});
    request.write(named("b"), no_stream, {numbered(21)});
    return request;
  }
  static append_request second() {
    append_request request;
    request.write(named("c"), no_stream, {numbered(31)});
    request.write(named("a"), exactly(v(2)), {numbered(13)});
    request.require(named("b"), exactly(v(1)));
    return request;
  }
  void existing() {
    ASSERT_EQ(append(first()), "committed 1..3 a@2 b@1");
    ASSERT_EQ(append(second()), "committed 4..5 c@1 a@3");
    settle();
  }
  void expect_nothing_added() {
    EXPECT_EQ(contents(log()), "1:a@1#11 2:a@2#12 3:b@1#21 4:c@1#31 5:a@3#13");
  }
};

TEST_P(AppendRequest, GivesPositionsInTheOrderOfItsWrites) {
  existing();
  expect_nothing_added();
}

TEST_P(AppendRequest, RetriedAsAWholeIsAlreadyCommitted) {
  existing();
  EXPECT_EQ(append(first()), "already_committed 1..3 a@2 b@1");
  EXPECT_EQ(append(second()), "already_committed 4..5 c@1 a@3");
  expect_nothing_added();
}

TEST_P(AppendRequest, RetriedWithOtherExpectationsIsAlreadyCommitted) {
  existing();
  append_request retry;
  retry.write(named("a"), exactly(v(77)), {numbered(11), numbered(12)});
  retry.write(named("b"), stream_exists, {numbered(21)});
  EXPECT_EQ(append(retry), "already_committed 1..3 a@2 b@1");
  expect_nothing_added();
}

TEST_P(AppendRequest, RetriedAfterItsRequirementMovedOnIsAlreadyCommitted) {
  existing();
  ASSERT_EQ(append("b", exactly(v(1)), {22}), "committed 6..6 b@2");
  settle();
  EXPECT_EQ(append(second()), "already_committed 4..5 c@1 a@3");
}

TEST_P(AppendRequest, PartOfItsStreamsIsPartialDuplicate) {
  existing();
  EXPECT_EQ(append("a", any, {11, 12}), "partial_duplicate a#11");
  EXPECT_EQ(append("b", any, {21}), "partial_duplicate b#21");
  EXPECT_EQ(append("c", any, {31}), "partial_duplicate c#31");
  expect_nothing_added();
}

TEST_P(AppendRequest, StreamsOfTwoCommitsArePartialDuplicate) {
  existing();
  append_request mixed;
  mixed.write(named("b"), any, {numbered(21)});
  mixed.write(named("c"), any, {numbered(31)});
  EXPECT_EQ(append(mixed), "partial_duplicate b#21");
  expect_nothing_added();
}

TEST_P(AppendRequest, StreamsInAnotherOrderArePartialDuplicate) {
  existing();
  append_request swapped;
  swapped.write(named("b"), any, {numbered(21)});
  swapped.write(named("a"), any, {numbered(11), numbered(12)});
  EXPECT_EQ(append(swapped), "partial_duplicate b#21");
  expect_nothing_added();
}

TEST_P(AppendRequest, OneMoreStreamThanCommittedIsPartialDuplicate) {
  existing();
  auto more = first();
  more.write(named("new"), any, {numbered(99)});
  EXPECT_EQ(append(more), "partial_duplicate a#11");
  expect_nothing_added();
}

TEST_P(AppendRequest, EventsMovedToAnotherStreamAreNew) {
  existing();
  append_request moved;
  moved.write(named("p"), no_stream, {numbered(11), numbered(12)});
  moved.write(named("q"), no_stream, {numbered(21)});
  EXPECT_EQ(append(moved), "committed 6..8 p@2 q@1") << "an id is compared within its stream";
}

TEST_P(AppendRequest, SameIdInTwoStreamsIsFine) {
  existing();
  append_request twice;
  twice.write(named("p"), no_stream, {numbered(41)});
  twice.write(named("q"), no_stream, {numbered(41)});
  EXPECT_EQ(append(twice), "committed 6..7 p@1 q@1");
  settle();
  EXPECT_EQ(append(twice), "already_committed 6..7 p@1 q@1");
}

TEST_P(AppendRequest, IsNotDoneInPartIfOneStreamFails) {
  existing();
  append_request request;
  request.write(named("new"), no_stream, {numbered(91)});
  request.write(named("a"), exactly(v(3)), {numbered(92)});
  request.write(named("b"), exactly(v(2)), {numbered(93)});
  EXPECT_EQ(append(request), "version_conflict b exactly 2, is 1");
  expect_nothing_added();
  EXPECT_FALSE(log().stream_info(named("new")).value().exists());
}

TEST_P(AppendRequest, NamesTheFirstStreamThatFails) {
  existing();
  append_request request;
  request.write(named("c"), exactly(v(1)), {numbered(91)});
  request.write(named("b"), exactly(v(2)), {numbered(92)});
  request.write(named("a"), exactly(v(7)), {numbered(93)});
  EXPECT_EQ(append(request), "version_conflict b exactly 2, is 1");

  append_request checks;
  checks.require(named("c"), exactly(v(1)));
  checks.require(named("a"), no_stream);
  checks.require(named("b"), no_stream);
  EXPECT_EQ(append(checks), "version_conflict a no_stream, is 3");
  expect_nothing_added();
}

TEST_P(AppendRequest, HoldsOnlyIfRequiredStreamsDo) {
  existing();
  append_request holds;
  holds.write(named("new"), no_stream, {numbered(91)});
  holds.require(named("a"), exactly(v(3)));
  holds.require(named("nobody"), no_stream);
  EXPECT_EQ(append(holds), "committed 6..6 new@1");

  append_request does_not;
  does_not.write(named("new"), exactly(v(1)), {numbered(92)});
  does_not.require(named("a"), exactly(v(2)));
  EXPECT_EQ(append(does_not), "version_conflict a exactly 2, is 3");

  append_request missing;
  missing.write(named("new"), exactly(v(1)), {numbered(92)});
  missing.require(named("nobody"), stream_exists);
  EXPECT_EQ(append(missing), "version_conflict nobody stream_exists, is 0");
  EXPECT_EQ(log().stream_info(named("new")).value().version, v(1));
}

TEST_P(AppendRequest, PartialDuplicateComesBeforeVersionConflict) {
  existing();
  append_request request;
  request.write(named("c"), exactly(v(9)), {numbered(91)});  // A conflict,
  request.write(named("b"), exactly(v(9)), {numbered(21)});  // and behind it a known id.
  request.require(named("a"), no_stream);                    // And another conflict.
  EXPECT_EQ(append(request), "partial_duplicate b#21");
  expect_nothing_added();
}

TEST_P(AppendRequest, AlreadyCommittedComesBeforeVersionConflict) {
  existing();
  auto retry = first();
  retry.require(named("c"), no_stream);
  EXPECT_EQ(append(retry), "already_committed 1..3 a@2 b@1");
  expect_nothing_added();
}

INSTANTIATE_TEST_SUITE_P(Standing, AppendRequest, every_standing, name_of_standing);

}  // namespace
}  // namespace mainstem::api::test
