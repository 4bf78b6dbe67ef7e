// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "api_support.h"

namespace mainstem::api::test {
namespace {

using namespace std::chrono_literals;

/// Event 1 is durable, events 2 and 3 are buffered.
class Visibility : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(append(log_, "a", no_stream, {1}), "committed 1..1 a@1");
    buffered("a", 2);
    buffered("b", 3);
  }
  void buffered(std::string_view stream, std::uint64_t number) {
    const auto done = log_.append(named(stream), any, {numbered(number)}, {durability::buffered});
    ASSERT_TRUE(done.value().committed());
  }
  std::size_t seen(visibility what) {
    return all_of(log_, read_all_options{.visibility = what}).size();
  }
  temporary_folder folder_;
  store log_{store::open(folder_ / "store", quiet_options()).value()};
};

TEST_F(Visibility, BufferedEventsAreWrittenAndNotDurable) {
  EXPECT_EQ(log_.info().written, position(3));
  EXPECT_EQ(log_.info().durable, position(1));
}

TEST_F(Visibility, EveryReadHonoursIt) {
  constexpr auto written = visibility::written;
  EXPECT_EQ(seen(visibility::durable), 1U);
  EXPECT_EQ(seen(written), 3U);
  EXPECT_EQ(all_of(log_, "a").size(), 1U);
  EXPECT_EQ(all_of(log_, "a", {.visibility = written}).size(), 2U);
  EXPECT_EQ(all_of(log_, "a", {.direction = direction::backwards}).size(), 1U);
  EXPECT_EQ(all_of(log_, "b").size(), 0U);
  EXPECT_EQ(all_of(log_, "b", {.visibility = written}).size(), 1U);

  EXPECT_EQ(log_.read_last(named("a")).value()->view().version(), version(1));
  EXPECT_EQ(log_.read_last(named("a"), written).value()->view().version(), version(2));
  EXPECT_FALSE(log_.read_last(named("b")).value());
  EXPECT_TRUE(log_.read_last(named("b"), written).value());

  EXPECT_FALSE(log_.read_event(position(2)).value());
  EXPECT_TRUE(log_.read_event(position(2), written).value());
  EXPECT_FALSE(log_.read_event(named("a"), version(2)).value());
  EXPECT_TRUE(log_.read_event(named("a"), version(2), written).value());
  EXPECT_FALSE(log_.read_event(named("a"), id_of(2)).value());
  EXPECT_TRUE(log_.read_event(named("a"), id_of(2), written).value());

  EXPECT_EQ(log_.stream_info(named("a")).value().version, version(1));
  EXPECT_EQ(log_.stream_info(named("a")).value().last_position, position(1));
  EXPECT_EQ(log_.stream_info(named("a"), written).value().version, version(2));
  EXPECT_FALSE(log_.stream_info(named("b")).value().exists());
  EXPECT_EQ(log_.stream_info(named("b"), written).value().last_position, position(3));
}

TEST_F(Visibility, FlushMakesBufferedEventsDurable) {
  log_.flush().value();
  EXPECT_EQ(log_.info().durable, position(3));
  EXPECT_EQ(seen(visibility::durable), 3U);
  EXPECT_EQ(all_of(log_, "b").size(), 1U);
  log_.flush().value();
  EXPECT_EQ(log_.info().durable, position(3)) << "nothing to do";
}

TEST_F(Visibility, SyncedAppendMakesWhatIsBeforeItDurable) {
  ASSERT_EQ(append(log_, "c", no_stream, {4}), "committed 4..4 c@1");
  EXPECT_EQ(log_.info().durable, position(4));
  EXPECT_EQ(seen(visibility::durable), 4U);
}

TEST_F(Visibility, ReaderGoesOnWhenMoreBecomesDurable) {
  auto reader = log_.read_all();
  EXPECT_EQ(drain(reader).size(), 1U);
  EXPECT_TRUE(reader.next().value().empty());
  log_.flush().value();
  EXPECT_EQ(positions_of(drain(reader)), numbers(2, 3));
}

TEST_F(Visibility, ExpectedVersionsCountBufferedEvents) {
  EXPECT_EQ(append(log_, "a", exactly(version(1)), {9}), "version_conflict a exactly 1, is 2");
  EXPECT_EQ(append(log_, "a", exactly(version(2)), {9}), "committed 4..4 a@3");
}

// What durability::buffered says of reading, deciding and appending.
TEST_F(Visibility, ReadingToAppendNeedsTheWrittenEvents) {
  const append_options buffered_append{durability::buffered};
  const auto at = [&](visibility what) {
    const auto seen = all_of(log_, "a", {.visibility = what}).size();
    return log_.append(named("a"), exactly(version(seen)), numbered(9), buffered_append).value();
  };
  for (int attempt = 0; attempt < 3; ++attempt)
    EXPECT_EQ(said(at(visibility::durable)), "version_conflict a exactly 1, is 2");
  EXPECT_EQ(said(at(visibility::written)), "committed 4..4 a@3");
}

// A conflict is an answer as well: a synced one makes durable what it rests on.
TEST_F(Visibility, SyncedConflictShowsWhatItConflictsWith) {
  const auto info = log_.stream_info(named("a")).value();
  EXPECT_EQ(append(log_, "a", exactly(info.version), {9}), "version_conflict a exactly 1, is 2");
  EXPECT_EQ(log_.stream_info(named("a")).value().version, version(2));
}

TEST_F(Visibility, ClosingMakesBufferedEventsDurable) {
  log_.close().value();
  auto again = store::open(folder_ / "store", quiet_options()).value();
  EXPECT_TRUE(again.recovery().clean);
  EXPECT_EQ(contents(again), "1:a@1#1 2:a@2#2 3:b@1#3");
}

TEST_F(Visibility, DestructionMakesBufferedEventsDurable) {
  { const store gone = std::move(log_); }
  log_ = store::open(folder_ / "store", quiet_options()).value();
  EXPECT_TRUE(log_.recovery().clean);
  EXPECT_EQ(contents(log_), "1:a@1#1 2:a@2#2 3:b@1#3");
}

TEST(BufferedSyncInterval, BoundsTheTimeUntilEventsAreDurable) {
  temporary_folder folder;
  auto options = quiet_options();
  options.buffered_sync_interval = 5ms;
  auto log = store::open(folder / "store", options).value();
  for (std::uint64_t number = 1; number <= 3; ++number) {
    ASSERT_TRUE(log.append(named("a"), any, {numbered(number)}, {durability::buffered})
                    .value()
                    .committed());
    EXPECT_TRUE(comes_true([&] { return log.info().durable == position(number); })) << number;
  }
}

// A queue of one mebibyte, and commits of which two do not fit into it.
TEST(Queue, LetsCallersWaitForRoom) {
  temporary_folder folder;
  store_options options;
  options.segment_size_bytes = 8U << 20U;
  options.queue_bytes = 1U << 20U;
  auto log = store::open(folder / "store", options).value();
  std::array<std::thread, 8> writers;
  for (std::size_t writer = 0; writer < writers.size(); ++writer) {
    writers[writer] = std::thread([&log, writer] {
      for (std::uint64_t count = 0; count < 6; ++count) {
        const auto event = sized(writer * 100 + count, 900U << 10U);
        const append_options durable{count % 2 == 0 ? durability::synced : durability::buffered};
        const auto done = log.append(stream_name("w-" + std::to_string(writer)),
                                     exactly(version(count)), {event}, durable);
        EXPECT_TRUE(done && done->committed());
      }
    });
  }
  for (auto& writer : writers) writer.join();
  log.flush().value();
  EXPECT_EQ(positions_of(all_of(log)), numbers(1, 48));
}

TEST(Queue, TakesACommitThatIsLargerThanItself) {
  temporary_folder folder;
  store_options options;
  options.queue_bytes = 1U << 20U;
  auto log = store::open(folder / "store", options).value();
  ASSERT_TRUE(log.append(named("a"), no_stream, {sized(1, 10U << 20U), sized(2, 10U << 20U)})
                  .value()
                  .committed());
  EXPECT_EQ(log.info().durable, position(2));
}

}  // namespace
}  // namespace mainstem::api::test
