// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include <gtest/gtest.h>

#include "settled_store.h"

// The table of expected versions and idempotency, row by row. Rows 3 (streams closed for good) and
// 4 (truncated streams) have no call yet.
namespace mainstem::api::test {
namespace {

constexpr version v(std::uint64_t number) { return version(number); }

/// Stream `a` is at version 3: events 11 and 12 in one commit, then 13. Stream `b` has event 21.
class ExpectedVersion : public settled_store {
 protected:
  void existing() {
    ASSERT_EQ(append("a", no_stream, {11, 12}), "committed 1..2 a@2");
    ASSERT_EQ(append("a", exactly(v(2)), {13}), "committed 3..3 a@3");
    ASSERT_EQ(append("b", no_stream, {21}), "committed 4..4 b@1");
    settle();
  }
  void expect_nothing_added() { EXPECT_EQ(contents(log()), "1:a@1#11 2:a@2#12 3:a@3#13 4:b@1#21"); }
  static std::vector<expected_version> every_kind() {
    return {any,           no_stream,     stream_exists, exactly(v(0)), exactly(v(1)),
            exactly(v(2)), exactly(v(3)), exactly(v(4)), exactly(v(9))};
  }
};

TEST_P(ExpectedVersion, Row01NewStreamTakesAnyNoStreamAndExactlyZero) {
  existing();
  EXPECT_EQ(append("x", any, {31}), "committed 5..5 x@1");
  EXPECT_EQ(append("y", no_stream, {32, 33}), "committed 6..7 y@2");
  EXPECT_EQ(append("z", exactly(v(0)), {34}), "committed 8..8 z@1");
}

TEST_P(ExpectedVersion, Row02NewStreamRefusesExactlyNAndStreamExists) {
  existing();
  EXPECT_EQ(append("x", exactly(v(1)), {31}), "version_conflict x exactly 1, is 0");
  EXPECT_EQ(append("x", exactly(version::max()), {31}),
            "version_conflict x exactly 18446744073709551615, is 0");
  EXPECT_EQ(append("x", stream_exists, {31}), "version_conflict x stream_exists, is 0");
  expect_nothing_added();
}

TEST_P(ExpectedVersion, Row05KnownCommitIsFoundWithoutAnExpectedNumber) {
  existing();
  for (const auto expected : {any, stream_exists}) {
    EXPECT_EQ(append("a", expected, {11, 12}), "already_committed 1..2 a@2");
    EXPECT_EQ(append("a", expected, {13}), "already_committed 3..3 a@3");
    EXPECT_EQ(append("b", expected, {21}), "already_committed 4..4 b@1");
  }
  expect_nothing_added();
}

TEST_P(ExpectedVersion, Row06NewIdsAreAppendedWithoutAnExpectedNumber) {
  existing();
  EXPECT_EQ(append("a", any, {14}), "committed 5..5 a@4");
  EXPECT_EQ(append("a", stream_exists, {15, 16}), "committed 6..7 a@6");
}

TEST_P(ExpectedVersion, Row07SomeIdsKnownOthersNotIsPartialDuplicate) {
  existing();
  for (const auto expected : every_kind()) {
    SCOPED_TRACE(expected);
    EXPECT_EQ(append("a", expected, {99, 11}), "partial_duplicate a#11");
    EXPECT_EQ(append("a", expected, {99, 12, 13}), "partial_duplicate a#12");
    EXPECT_EQ(append("b", expected, {98, 99, 21}), "partial_duplicate b#21");
  }
  expect_nothing_added();
}

TEST_P(ExpectedVersion, Row08RetryAtTheVersionOfTheFirstTryIsAlreadyCommitted) {
  existing();
  EXPECT_EQ(append("a", no_stream, {11, 12}), "already_committed 1..2 a@2");
  EXPECT_EQ(append("a", exactly(v(0)), {11, 12}), "already_committed 1..2 a@2");
  EXPECT_EQ(append("a", exactly(v(2)), {13}), "already_committed 3..3 a@3");
  expect_nothing_added();
}

TEST_P(ExpectedVersion, Row09OlderVersionWithNewIdsIsVersionConflict) {
  existing();
  EXPECT_EQ(append("a", no_stream, {99}), "version_conflict a no_stream, is 3");
  EXPECT_EQ(append("a", exactly(v(0)), {99}), "version_conflict a no_stream, is 3");
  EXPECT_EQ(append("a", exactly(v(1)), {98, 99}), "version_conflict a exactly 1, is 3");
  EXPECT_EQ(append("a", exactly(v(2)), {99}), "version_conflict a exactly 2, is 3");
  expect_nothing_added();
}

TEST_P(ExpectedVersion, Row10FirstIdsKnownThenOthersIsPartialDuplicate) {
  existing();
  EXPECT_EQ(append("a", exactly(v(0)), {11, 12, 99}), "partial_duplicate a#11");
  EXPECT_EQ(append("a", exactly(v(0)), {11, 99}), "partial_duplicate a#11");
  EXPECT_EQ(append("a", exactly(v(2)), {13, 99}), "partial_duplicate a#13");
  expect_nothing_added();
}

TEST_P(ExpectedVersion, Row11CurrentVersionWithNewIdsIsCommitted) {
  existing();
  EXPECT_EQ(append("a", exactly(v(3)), {14, 15}), "committed 5..6 a@5");
  EXPECT_EQ(append("a", exactly(v(5)), {16}), "committed 7..7 a@6");
  EXPECT_EQ(append("b", exactly(v(1)), {22}), "committed 8..8 b@2");
}

TEST_P(ExpectedVersion, Row12KnownCommitIsFoundAtTheCurrentVersionAndAbove) {
  existing();
  for (const auto expected : {exactly(v(3)), exactly(v(4)), exactly(v(1'000))}) {
    EXPECT_EQ(append("a", expected, {11, 12}), "already_committed 1..2 a@2");
    EXPECT_EQ(append("a", expected, {13}), "already_committed 3..3 a@3");
  }
  expect_nothing_added();
}

TEST_P(ExpectedVersion, Row13HigherVersionWithNewIdsIsVersionConflict) {
  existing();
  EXPECT_EQ(append("a", exactly(v(4)), {99}), "version_conflict a exactly 4, is 3");
  EXPECT_EQ(append("b", exactly(v(2)), {99}), "version_conflict b exactly 2, is 1");
  expect_nothing_added();
}

TEST_P(ExpectedVersion, Row14KnownIdsInAnotherOrderArePartialDuplicate) {
  existing();
  for (const auto expected : every_kind()) {
    SCOPED_TRACE(expected);
    EXPECT_EQ(append("a", expected, {12, 11}), "partial_duplicate a#12");
  }
  expect_nothing_added();
}

TEST_P(ExpectedVersion, Row14KnownIdsOfSeveralCommitsArePartialDuplicate) {
  existing();
  for (const auto expected : every_kind()) {
    SCOPED_TRACE(expected);
    EXPECT_EQ(append("a", expected, {11, 12, 13}), "partial_duplicate a#11");
    EXPECT_EQ(append("a", expected, {12, 13}), "partial_duplicate a#12");
  }
  expect_nothing_added();
}

TEST_P(ExpectedVersion, Row14PartOfACommitIsPartialDuplicate) {
  existing();
  for (const auto expected : every_kind()) {
    SCOPED_TRACE(expected);
    EXPECT_EQ(append("a", expected, {11}), "partial_duplicate a#11");
    EXPECT_EQ(append("a", expected, {12}), "partial_duplicate a#12");
  }
  expect_nothing_added();
}

TEST_P(ExpectedVersion, Row15IdsKnownInOneOfTwoStreamsArePartialDuplicate) {
  existing();
  for (const auto expected : every_kind()) {
    SCOPED_TRACE(expected);
    append_request known_first;
    known_first.write(stream_name("a"), expected, {numbered(11), numbered(12)});
    known_first.write(stream_name("b"), expected, {numbered(99)});
    EXPECT_EQ(append(known_first), "partial_duplicate a#11");

    append_request known_second;
    known_second.write(stream_name("a"), expected, {numbered(99)});
    known_second.write(stream_name("b"), expected, {numbered(21)});
    EXPECT_EQ(append(known_second), "partial_duplicate b#21");
  }
  expect_nothing_added();
}

TEST_P(ExpectedVersion, Row16KnownIdsWithAnotherPayloadArePartialDuplicate) {
  existing();
  for (const auto expected : every_kind()) {
    SCOPED_TRACE(expected);
    const event_data other("happened", json(R"({"number":0})"), {.id = id_of(13)});
    EXPECT_EQ(said(log().append(stream_name("a"), expected, {other}).value()),
              "partial_duplicate a#13");
    const event_data second("happened", json(R"({"number":0})"), {.id = id_of(12)});
    const auto outcome = log().append(stream_name("a"), expected, {numbered(11), second}).value();
    EXPECT_EQ(outcome.succeeded(), false);
    ASSERT_NE(outcome.partial_duplicate(), nullptr) << said(outcome);
    EXPECT_EQ(outcome.partial_duplicate()->stream, "a");
  }
  expect_nothing_added();
}

TEST_P(ExpectedVersion, Row17PureCheckThatHoldsIsCommittedWithoutPositions) {
  existing();
  for (const auto expected : {any, stream_exists, exactly(v(3))}) {
    SCOPED_TRACE(expected);
    EXPECT_EQ(append(append_request().require(stream_name("a"), expected)), "committed 0..0");
  }
  for (const auto expected : {any, no_stream, exactly(v(0))}) {
    SCOPED_TRACE(expected);
    EXPECT_EQ(append(append_request().require(stream_name("x"), expected)), "committed 0..0");
  }
  expect_nothing_added();
  EXPECT_EQ(append("a", exactly(v(3)), {14}), "committed 5..5 a@4") << "a check takes no position";
}

TEST_P(ExpectedVersion, Row17PureCheckThatDoesNotHoldIsVersionConflict) {
  existing();
  EXPECT_EQ(append(append_request().require(stream_name("a"), exactly(v(2)))),
            "version_conflict a exactly 2, is 3");
  EXPECT_EQ(append(append_request().require(stream_name("a"), no_stream)),
            "version_conflict a no_stream, is 3");
  EXPECT_EQ(append(append_request().require(stream_name("x"), stream_exists)),
            "version_conflict x stream_exists, is 0");
  expect_nothing_added();
}

TEST_P(ExpectedVersion, RetryAfterRetryKeepsTheOriginalPlace) {
  existing();
  EXPECT_EQ(append("a", any, {14}), "committed 5..5 a@4");
  settle();
  EXPECT_EQ(append("a", any, {11, 12}), "already_committed 1..2 a@2");
  settle();
  EXPECT_EQ(append("a", any, {14}), "already_committed 5..5 a@4");
  EXPECT_EQ(append("a", any, {11, 12}), "already_committed 1..2 a@2");
  EXPECT_EQ(contents(log()), "1:a@1#11 2:a@2#12 3:a@3#13 4:b@1#21 5:a@4#14");
}

INSTANTIATE_TEST_SUITE_P(Standing, ExpectedVersion, every_standing, name_of_standing);

}  // namespace
}  // namespace mainstem::api::test
