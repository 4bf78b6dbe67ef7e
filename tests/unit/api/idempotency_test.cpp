// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <latch>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "settled_store.h"

namespace mainstem::api::test {
namespace {

class Idempotency : public settled_store {
 protected:
  static event_data full(std::string_view type, payload_view payload, std::vector<std::string> tags,
                         std::string_view metadata) {
    return {
        type, payload, {.id = id_of(1), .tags = std::move(tags), .metadata = bytes_of(metadata)}};
  }
};

TEST_P(Idempotency, ComparesTypeCodecPayloadTagsAndMetadata) {
  const auto original = full("paid", json("{}"), {"x", "y"}, "m");
  ASSERT_TRUE(log().append(named("a"), no_stream, {original}).value().committed());
  settle();
  const std::vector<event_data> others{
      full("Paid", json("{}"), {"x", "y"}, "m"),  full("paid", text("{}"), {"x", "y"}, "m"),
      full("paid", json("{ }"), {"x", "y"}, "m"), full("paid", json(""), {"x", "y"}, "m"),
      full("paid", json("{}"), {"x", "z"}, "m"),  full("paid", json("{}"), {"x"}, "m"),
      full("paid", json("{}"), {"x", "y"}, ""),   full("paid", json("{}"), {"x", "y"}, "n"),
      full("paid", json("{}"), {"x", "y"}, "mm"),
  };
  for (std::size_t index = 0; index < others.size(); ++index) {
    EXPECT_EQ(said(log().append(named("a"), any, {others[index]}).value()), "partial_duplicate a#1")
        << index;
  }
  const auto same = full("paid", json("{}"), {"x", "y"}, "m");
  EXPECT_EQ(said(log().append(named("a"), any, {same}).value()), "already_committed 1..1 a@1");
  EXPECT_EQ(contents(log()), "1:a@1#1");
}

// Tags in another order are other content; see append_outcome.
TEST_P(Idempotency, ComparesTheOrderOfTags) {
  ASSERT_TRUE(log()
                  .append(named("a"), no_stream, full("paid", json("{}"), {"x", "y"}, "m"))
                  .value()
                  .committed());
  settle();
  EXPECT_EQ(said(log().append(named("a"), any, full("paid", json("{}"), {"y", "x"}, "m")).value()),
            "partial_duplicate a#1");
}

TEST_P(Idempotency, AnIdIsTheStreamsOwn) {
  append_request both;
  both.write(named("a"), any, numbered(1)).write(named("b"), any, numbered(1));
  EXPECT_EQ(append(both), "committed 1..2 a@1 b@1");
  settle();
  EXPECT_EQ(append(both), "already_committed 1..2 a@1 b@1");
  EXPECT_EQ(append("c", any, {1}), "committed 3..3 c@1");
  EXPECT_EQ(contents(log()), "1:a@1#1 2:b@1#1 3:c@1#1");
}

TEST_P(Idempotency, DuplicatesComeBeforeVersionConflicts) {
  ASSERT_EQ(append("a", no_stream, {1}), "committed 1..1 a@1");
  settle();
  EXPECT_EQ(append("a", exactly(version(9)), {1}), "already_committed 1..1 a@1");
  EXPECT_EQ(append("a", no_stream, {1, 2}), "partial_duplicate a#1");
}

TEST_P(Idempotency, HoldsForIdsThatTheEngineMade) {
  const event_data made("happened", text("one"));
  const event_data copy = made;
  ASSERT_TRUE(log().append(named("a"), no_stream, {made}).value().committed());
  settle();
  EXPECT_TRUE(log().append(named("a"), no_stream, {copy}).value().already_committed());
  const event_data another("happened", text("one"));
  EXPECT_NE(another.id(), made.id());
  EXPECT_TRUE(log().append(named("a"), any, {another}).value().committed());
}

TEST_P(Idempotency, FindsACommitBehindManyOthers) {
  ASSERT_EQ(append("a", no_stream, {1, 2}), "committed 1..2 a@2");
  for (std::uint64_t number = 100; number < 300; ++number) {
    ASSERT_TRUE(log()
                    .append(named("a"), any, {numbered(number)}, {durability::buffered})
                    .value()
                    .committed());
  }
  settle();
  fill(log(), 1'000, 1'500);
  EXPECT_EQ(append("a", any, {1, 2}), "already_committed 1..2 a@2");
  EXPECT_EQ(append("a", any, {100}), "already_committed 3..3 a@3");
  EXPECT_EQ(append("a", any, {299}), "already_committed 202..202 a@202");
  EXPECT_EQ(append("a", any, {299, 300}), "partial_duplicate a#299");
}

TEST_P(Idempotency, HoldsForLargeCommits) {
  std::vector<event_data> events;
  for (std::uint64_t number = 1; number <= 150; ++number) events.push_back(sized(number, 100));
  ASSERT_EQ(said(log().append(named("a"), no_stream, events).value()), "committed 1..150 a@150");
  settle();
  EXPECT_EQ(said(log().append(named("a"), no_stream, events).value()),
            "already_committed 1..150 a@150");
  std::swap(events[148], events[149]);
  EXPECT_TRUE(log().append(named("a"), no_stream, events).value().partial_duplicate());
  std::swap(events[148], events[149]);
  events.back() = sized(150, 101);
  EXPECT_TRUE(log().append(named("a"), no_stream, events).value().partial_duplicate());
}

INSTANTIATE_TEST_SUITE_P(Standing, Idempotency, every_standing, name_of_standing);

/// Calls `call(n)` for n below `count`, all at the same time.
template <class Call>
void all_at_once(std::size_t count, const Call& call) {
  std::latch start(static_cast<std::ptrdiff_t>(count));
  std::vector<std::thread> threads;
  for (std::size_t index = 0; index < count; ++index) {
    threads.emplace_back([&, index] {
      start.arrive_and_wait();
      call(index);
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(ConcurrentAppends, OneOfManyWinsAnEmptyStream) {
  temporary_folder folder;
  auto log = store::open(folder / "store", quiet_options()).value();
  for (std::uint64_t round = 0; round < 50; ++round) {
    const stream_name stream("race-" + std::to_string(round));
    std::array<std::string, 16> answers;
    all_at_once(answers.size(), [&](std::size_t index) {
      const auto number = round * 100 + index;
      answers[index] = said(log.append(stream, no_stream, {numbered(number)}).value());
    });
    const auto won = std::to_string(round + 1) + ".." + std::to_string(round + 1);
    EXPECT_EQ(
        std::count(answers.begin(), answers.end(), "committed " + won + " " + stream.str() + "@1"),
        1);
    EXPECT_EQ(std::count(answers.begin(), answers.end(),
                         "version_conflict " + stream.str() + " no_stream, is 1"),
              15);
  }
}

TEST(ConcurrentAppends, SameEventFromManyThreadsIsAppendedOnce) {
  temporary_folder folder;
  auto log = store::open(folder / "store", quiet_options()).value();
  for (std::uint64_t round = 0; round < 50; ++round) {
    const event_data shared("happened", text("once"));
    std::array<std::string, 16> answers;
    all_at_once(answers.size(), [&](std::size_t index) {
      const auto outcome =
          log.append(named("a"), index % 2 == 0 ? any : exactly(version(round)), {shared});
      answers[index] = said(outcome.value());
    });
    const auto place = std::to_string(round + 1) + ".." + std::to_string(round + 1) + " a@" +
                       std::to_string(round + 1);
    EXPECT_EQ(std::count(answers.begin(), answers.end(), "committed " + place), 1);
    EXPECT_EQ(std::count(answers.begin(), answers.end(), "already_committed " + place), 15);
  }
  EXPECT_EQ(all_of(log).size(), 50U);
}

TEST(ConcurrentAppends, PartialDuplicatesAreSeenWithinAGroup) {
  temporary_folder folder;
  auto log = store::open(folder / "store", quiet_options()).value();
  for (std::uint64_t round = 0; round < 50; ++round) {
    const auto base = round * 100;
    // All hold the same first event, and each another second one: one wins, the others see its
    // event.
    std::array<std::string, 8> answers;
    all_at_once(answers.size(), [&](std::size_t index) {
      answers[index] = append(log, "a", any, {base, base + 1 + index});
    });
    EXPECT_EQ(
        std::count(answers.begin(), answers.end(), "partial_duplicate a#" + std::to_string(base)),
        7);
  }
  EXPECT_EQ(all_of(log).size(), 100U);
}

// An answer that rests on what a power loss could take back would be no answer.
TEST(ConcurrentAppends, AnswersRestOnWhatIsDurable) {
  temporary_folder folder;
  auto log = store::open(folder / "store", quiet_options()).value();
  const auto put_buffered = [&](std::uint64_t number) {
    const append_options buffered{durability::buffered};
    const auto done = log.append(named("a"), any, {numbered(number)}, buffered).value();
    ASSERT_TRUE(done.committed());
    ASSERT_LT(log.info().durable, done.place()->last_position) << "nothing to show otherwise";
  };
  put_buffered(1);
  EXPECT_EQ(append(log, "a", no_stream, {99}), "version_conflict a no_stream, is 1");
  EXPECT_EQ(log.info().durable, position(1));
  put_buffered(2);
  EXPECT_EQ(append(log, "a", any, {2}), "already_committed 2..2 a@2");
  EXPECT_EQ(log.info().durable, position(2));
  put_buffered(3);
  EXPECT_EQ(append(log, "a", any, {3, 99}), "partial_duplicate a#3");
  EXPECT_EQ(log.info().durable, position(3));
  put_buffered(4);
  const auto check = append_request().require(named("a"), exactly(version(4)));
  EXPECT_EQ(said(log.append(check).value()), "committed 0..0");
  EXPECT_EQ(log.info().durable, position(4));
}

}  // namespace
}  // namespace mainstem::api::test
