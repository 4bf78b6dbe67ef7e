// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <stop_token>
#include <thread>

#include <gtest/gtest.h>

#include "api_support.h"

namespace mainstem::api::test {
namespace {

using namespace std::chrono_literals;

/// The events of one answer, as `1:a@1 2:b@1`; or the message of its error.
std::string listed(const result<event_batch>& answer) {
  if (!answer) return answer.error().message();
  std::string text;
  for (const auto& event : answer->events()) {
    if (!text.empty()) text += ' ';
    text += std::to_string(event.position().value()) + ':' + std::string(event.stream()) + '@' +
            std::to_string(event.version().value());
  }
  return text;
}

subscription follow(const store& log, const subscription_options& options = {}) {
  return log.subscribe(options).value();
}

class Subscription : public testing::Test {
 protected:
  temporary_folder folder;
  store log = store::open(folder / "store", quiet_options()).value();

  void append_three() {
    append(log, "a-1", any, {1});
    append(log, "b-1", any, {2});
    append(log, "a-2", any, {3});
  }
};

TEST_F(Subscription, GivesWhatIsThereAndThenWhatComes) {
  append_three();
  auto following = follow(log);
  EXPECT_EQ(listed(following.next()), "1:a-1@1 2:b-1@1 3:a-2@1");
  EXPECT_EQ(following.position(), position(3));
  EXPECT_EQ(listed(following.try_next()), "");
  append(log, "a-1", any, {4});
  EXPECT_EQ(listed(following.next()), "4:a-1@2");
  EXPECT_EQ(following.position(), position(4));
}

TEST_F(Subscription, WaitsForAnAppend) {
  auto following = follow(log);
  std::string got;
  std::thread consumer([&] { got = listed(following.next()); });
  append(log, "a-1", any, {1});
  consumer.join();
  EXPECT_EQ(got, "1:a-1@1");
}

TEST_F(Subscription, GoesOnBehindTheGivenPosition) {
  append_three();
  EXPECT_EQ(listed(follow(log, {.after = position(2)}).try_next()), "3:a-2@1");
  EXPECT_EQ(listed(follow(log, {.after = position(3)}).try_next()), "");
}

TEST_F(Subscription, FromNowLeavesOutWhatWasThere) {
  append_three();
  auto following = follow(log, {.after = from_now});
  EXPECT_EQ(following.position(), position(3));
  EXPECT_EQ(listed(following.try_next()), "");
  append(log, "c-1", any, {4});
  EXPECT_EQ(listed(following.try_next()), "4:c-1@1");
}

TEST_F(Subscription, FollowsACategory) {
  append_three();
  auto following = follow(log, {.category = "a"});
  EXPECT_EQ(listed(following.try_next()), "1:a-1@1 3:a-2@1");
  append(log, "b-1", any, {4});
  EXPECT_EQ(listed(following.try_next()), "");
  EXPECT_EQ(following.position(), position(4)) << "it moves past what it does not follow";
  append(log, "a-9", any, {5});
  EXPECT_EQ(listed(following.try_next()), "5:a-9@1");
}

TEST_F(Subscription, FollowsTypes) {
  log.append(named("a"), any, event_data("opened", text("x"))).value();
  log.append(named("a"), any, event_data("moved", text("x"))).value();
  log.append(named("b"), any, event_data("closed", text("x"))).value();
  EXPECT_EQ(listed(follow(log, {.types = {"opened", "closed"}}).try_next()), "1:a@1 3:b@1");
  EXPECT_EQ(listed(follow(log, {.category = "a", .types = {"opened", "closed"}}).try_next()),
            "1:a@1");
}

TEST_F(Subscription, FollowsOneStream) {
  append_three();
  auto following = follow(log, {.stream = named("b-1")});
  EXPECT_EQ(listed(following.try_next()), "2:b-1@1");
  EXPECT_EQ(listed(following.try_next()), "");
  EXPECT_EQ(following.position(), position(3));
  append(log, "b-1", any, {4, 5});
  append(log, "a-1", any, {6});
  EXPECT_EQ(listed(following.try_next()), "4:b-1@2 5:b-1@3");
}

TEST_F(Subscription, FollowsTypesOfOneStream) {
  for (const auto* type : {"opened", "moved", "closed"})
    log.append(named("a"), any, event_data(type, text("x"))).value();
  auto following = follow(log, {.stream = named("a"), .types = {"moved"}});
  EXPECT_EQ(listed(following.next(10s)), "2:a@2");
  EXPECT_EQ(following.position(), position(3));
  EXPECT_EQ(listed(following.try_next()), "");
}

// The place in a stream is found by its events' positions, in the index and in what the index does
// not have yet.
TEST_F(Subscription, FindsItsPlaceInAStreamByPosition) {
  auto busy = quiet_options();
  busy.index_flush_events = 1'024;
  auto other = store::open(folder / "other", busy).value();
  fill(other, 1, 3'000, "long");
  const auto all = all_of(other, "long-3");
  ASSERT_GT(all.size(), 400U);
  for (const std::uint64_t after : {0U, 1U, 3U, 4U, 5U, 1500U, 2998U, 2999U, 3000U}) {
    subscription_options options{.after = position(after), .stream = named("long-3")};
    options.batch.events = 10'000;
    std::vector<std::uint64_t> expected;
    for (const auto& event : all)
      if (event.position > after) expected.push_back(event.position);
    std::vector<std::uint64_t> found;
    const auto batch = follow(other, options).try_next().value();
    for (const auto& event : batch.events()) found.push_back(event.position().value());
    EXPECT_EQ(found, expected) << after;
  }
}

TEST_F(Subscription, FillsBatchesUpToTheirLimits) {
  fill(log, 1, 10, "some");
  auto few = follow(log, {.batch = {.events = 4}});
  EXPECT_EQ(few.next().value().size(), 4U);
  EXPECT_EQ(few.position(), position(4));
  EXPECT_EQ(few.next().value().size(), 4U);
  EXPECT_EQ(few.next().value().size(), 2U);
  auto small = follow(log, {.batch = {.bytes = 500}});
  EXPECT_EQ(small.next().value().size(), 3U) << "three events of 200 bytes reach 500";
}

TEST_F(Subscription, ShowsOnlyWhatIsDurable) {
  const append_options buffered{.durability = durability::buffered};
  log.append(named("a"), any, numbered(1), buffered).value();
  auto following = follow(log);
  EXPECT_EQ(listed(following.try_next()), "");
  log.flush().value();
  EXPECT_EQ(listed(following.try_next()), "1:a@1");
}

TEST_F(Subscription, EndsItsWaitAtTheTimeLimit) {
  auto following = follow(log);
  const auto answer = following.next(1ms);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error(), errc::timed_out);
  EXPECT_EQ(following.last_error(), errc::timed_out);
  append(log, "a", any, {1});
  EXPECT_EQ(listed(following.next(0ns)), "1:a@1") << "what is there needs no time";
  EXPECT_FALSE(following.last_error().code());
}

TEST_F(Subscription, EndsItsWaitWhenAStopIsRequested) {
  auto following = follow(log);
  std::stop_source source;
  boost::system::error_code got;
  std::thread consumer([&] { got = following.next(source.get_token()).error().code(); });
  source.request_stop();
  consumer.join();
  EXPECT_EQ(got, boost::system::errc::operation_canceled);
  append(log, "a", any, {1});
  EXPECT_FALSE(following.next(source.get_token())) << "still requested";
  EXPECT_EQ(listed(following.next()), "1:a@1") << "nothing was passed over";
}

TEST_F(Subscription, AnswersThatTheStoreIsClosed) {
  append_three();
  auto waiting = follow(log, {.after = from_now});
  auto idle = follow(log);
  error got;
  std::thread consumer([&] { got = waiting.next().error(); });
  log.close().value();
  consumer.join();
  EXPECT_EQ(got, errc::store_closed);
  EXPECT_EQ(idle.next().error(), errc::store_closed);
  EXPECT_EQ(idle.try_next().error(), errc::store_closed);
  EXPECT_EQ(log.subscribe().error(), errc::store_closed);
}

TEST_F(Subscription, SurvivesTheStore) {
  append_three();
  std::optional<subscription> following;
  event_batch kept;
  {
    store gone = std::move(log);
    following.emplace(follow(gone));
    kept = following->next().value();
  }
  EXPECT_EQ(following->next().error(), errc::store_closed);
  EXPECT_EQ(kept.events()[2].stream(), "a-2") << "the batch owns what it shows";
}

TEST_F(Subscription, AnswersThatItWasMovedFrom) {
  auto first = follow(log);
  auto second = std::move(first);
  EXPECT_EQ(first.next().error(), errc::store_closed);      // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(first.next(1ms).error(), errc::store_closed);   // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(first.try_next().error(), errc::store_closed);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(first.last_error(), errc::store_closed);        // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(first.position(), position(0));                 // NOLINT(bugprone-use-after-move)
  append(log, "a", any, {1});
  EXPECT_EQ(listed(second.next()), "1:a@1");
}

TEST_F(Subscription, RefusesAPositionThatTheLogNeverHad) {
  append_three();
  const auto refused = log.subscribe({.after = position(4)});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), errc::invalid_argument);
  EXPECT_EQ(refused.error().info().detail,
            "position 4 lies behind the end of the log, 3: is it from another store?");
}

TEST_F(Subscription, RefusesAStreamTogetherWithACategory) {
  EXPECT_EQ(log.subscribe({.stream = named("a-1"), .category = "a"}).error(),
            errc::invalid_argument);
}

// A filter that matches nothing for long is looked through in slices, and the stop is seen between.
TEST_F(Subscription, LooksForAStopWhileNothingMatches) {
  for (int commit = 0; commit < 200; ++commit) {
    std::vector<event_data> many;
    for (std::uint64_t i = 0; i < 350; ++i) many.emplace_back("noise", text("x"));
    log.append(named("n"), any, many).value();
  }
  log.append(named("n"), any, event_data("signal", text("x"))).value();
  auto following = follow(log, {.types = {"signal"}});
  EXPECT_EQ(listed(following.next(0ns)),
            "it did not happen in the time given for it: try again, or give up");
  EXPECT_GT(following.position(), position(60'000)) << "one slice";
  EXPECT_EQ(listed(following.next(30s)), "70001:n@70001");
}

TEST_F(Subscription, GivesDamageItsPlaceAndGoesOnBehindIt) {
  log.append(named("a"), any, event_data("t", text("first of three"))).value();
  log.append(named("a"), any, event_data("t", text("second of three"))).value();
  log.append(named("a"), any, event_data("t", text("third of three"))).value();
  log.close().value();
  damage_text(segment_files(folder / "store"), "second of three");
  auto again = store::open(folder / "store", quiet_options()).value();
  for (const bool stream : {false, true}) {
    subscription_options options;
    if (stream) options.stream = named("a");
    auto following = follow(again, options);
    EXPECT_EQ(listed(following.try_next()), "1:a@1");
    const auto damaged = following.try_next();
    ASSERT_FALSE(damaged);
    EXPECT_EQ(damaged.error(), errc::corrupt_data);
    EXPECT_EQ(following.last_error().info().first_position, 2U);
    EXPECT_EQ(listed(following.try_next()), "3:a@3");
    EXPECT_EQ(following.position(), position(3));
  }
}

TEST_F(Subscription, SeesEveryEventOnceInOrderWhileManyWrite) {
  constexpr std::uint64_t writers = 4;
  constexpr std::uint64_t each = 500;
  auto following = follow(log);
  std::vector<std::thread> threads;
  for (std::uint64_t writer = 0; writer < writers; ++writer) {
    threads.emplace_back([&, writer] {
      for (std::uint64_t i = 0; i < each; ++i)
        log.append(named("w-" + std::to_string(writer)), any, sized(writer * each + i, 50)).value();
    });
  }
  std::uint64_t expected = 0;
  while (expected < writers * each) {
    const auto batch = following.next(30s).value();
    for (const auto& event : batch.events()) ASSERT_EQ(event.position(), position(++expected));
    ASSERT_EQ(following.position(), position(expected));
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace mainstem::api::test
