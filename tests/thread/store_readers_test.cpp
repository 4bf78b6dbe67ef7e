// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <optional>

#include "store_support.h"

namespace mainstem::api::test {
namespace {

constexpr std::uint64_t writers = 8;
constexpr std::uint64_t each = 700;  // 5,600 events: several index flushes and many segments.
constexpr std::uint64_t stream_count = 6;

/// Follows the log through one reader, and checks that what it has seen is always without a hole.
void follow(const store& log, const std::atomic<bool>& done, visibility seen) {
  auto reader = log.read_all({.batch = {.events = 50}, .visibility = seen});
  position last;
  for (bool finished = false;;) {
    const auto batch = reader.next().value();
    for (const auto& event : batch.events()) {
      ASSERT_EQ(event.position(), position(last.value() + 1));
      last = event.position();
    }
    // What was appended before `done` was seen is read by the round that comes after it.
    if (batch.empty() && finished) break;
    finished = batch.empty() && done;
  }
  ASSERT_EQ(last, position(writers * each));
}

/// Reads the whole log again and again, both ways: from 1 without a hole up to what was durable.
void reread(const store& log, const std::atomic<bool>& done) {
  do {
    const auto durable = log.info().durable;
    std::uint64_t expected = 0;
    auto forwards = log.read_all();
    while (const auto batch = forwards.next().value()) {
      for (const auto& event : batch.events()) ASSERT_EQ(event.position(), position(++expected));
    }
    ASSERT_GE(position(expected), durable);
    auto backwards = log.read_all({.direction = direction::backwards});
    std::optional<position> above;
    while (const auto batch = backwards.next().value()) {
      for (const auto& event : batch.events()) {
        if (above) {
          ASSERT_EQ(event.position(), position(above->value() - 1));
        } else {
          ASSERT_GE(event.position(), position(expected));
        }
        above = event.position();
      }
    }
    ASSERT_TRUE(!above || *above == position(1));
  } while (!done);
}

/// Reads streams: versions without a hole, up to what stream_info said before.
void read_streams(const store& log, const std::atomic<bool>& done, std::uint64_t turn) {
  do {
    const stream_name stream("s-" + std::to_string(turn++ % stream_count));
    const auto info = log.stream_info(stream).value();
    version last;
    position at;
    auto reader = log.read_stream(stream);
    while (const auto batch = reader.next().value()) {
      for (const auto& event : batch.events()) {
        ASSERT_EQ(event.version(), version(last.value() + 1));
        ASSERT_GT(event.position(), at);
        last = event.version();
        at = event.position();
      }
    }
    ASSERT_GE(last, info.version);
    if (info.exists()) {
      const auto found = log.read_event(stream, info.version).value();
      ASSERT_TRUE(found);
      ASSERT_EQ(found->view().position(), info.last_position);
      const auto by_id = log.read_event(stream, found->view().id()).value();
      ASSERT_TRUE(by_id && by_id->view().position() == info.last_position);
      ASSERT_GE(log.read_last(stream).value()->view().version(), info.version);
    }
  } while (!done);
}

/// The figures of info() never go back, and stay in order among themselves.
void watch_info(const store& log, const std::atomic<bool>& done) {
  store_info before;
  do {
    const auto now = log.info();
    ASSERT_GE(now.written, before.written);
    ASSERT_GE(now.durable, before.durable);
    ASSERT_GE(now.indexed, before.indexed);
    ASSERT_GE(now.segments, before.segments);
    ASSERT_GE(now.index_flushes, before.index_flushes);
    ASSERT_LE(now.indexed, now.durable);
    ASSERT_LE(now.durable, now.written);
    ASSERT_FALSE(now.failure) << *now.failure;
    before = now;
  } while (!done);
}

class StoreReaders : public testing::TestWithParam<read_mode> {};

TEST_P(StoreReaders, NeverSeeAHoleWhileWritersGoOn) {
  temporary_folder folder;
  auto options = busy_options();
  options.read_mode = GetParam();
  auto log = store::open(folder / "store", options).value();
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  readers.emplace_back([&] { follow(log, done, visibility::durable); });
  readers.emplace_back([&] { follow(log, done, visibility::written); });
  readers.emplace_back([&] { reread(log, done); });
  for (std::uint64_t turn = 0; turn < 3; ++turn) {
    readers.emplace_back([&, turn] { read_streams(log, done, turn); });
  }
  readers.emplace_back([&] { watch_info(log, done); });
  in_threads(writers, [&](std::uint64_t writer) {
    for (std::uint64_t number = 0; number < each; ++number) {
      const stream_name stream("s-" + std::to_string((writer + number) % stream_count));
      const auto kind = number % 3 == 0 ? durability::synced : durability::buffered;
      ASSERT_TRUE(log.append(stream, any, {event_of(writer, number)}, {kind}).value().committed());
    }
  });
  log.flush().value();
  done = true;
  for (auto& reader : readers) reader.join();
  EXPECT_GT(log.info().index_flushes, 2U) << "flushes were to happen meanwhile";
  EXPECT_GT(log.info().segments, 5U) << "segment changes were to happen meanwhile";
  for (const auto& [writer, count] : expect_sound(log)) EXPECT_EQ(count, each) << writer;
}

// Batches are handed from thread to thread, and outlive store and folder.
TEST_P(StoreReaders, BatchesLiveOnInOtherThreads) {
  temporary_folder folder;
  auto options = busy_options();
  options.read_mode = GetParam();
  std::vector<event_batch> kept;
  {
    auto log = store::open(folder / "store", options).value();
    for (std::uint64_t number = 0; number < 500; ++number) {
      const append_options buffered{durability::buffered};
      ASSERT_TRUE(
          log.append(stream_name("s-1"), any, {event_of(1, number)}, buffered).value().committed());
    }
    log.flush().value();
    auto reader = log.read_all({.batch = {.events = 20}});
    while (auto batch = reader.next().value()) kept.push_back(std::move(batch));
  }
  in_threads(6, [&](std::uint64_t) {
    const auto mine = kept;
    std::uint64_t number = 0;
    for (const auto& batch : mine) {
      for (const auto& event : batch.events())
        ASSERT_EQ(event.payload_text(), payload_of(1, number++));
    }
    ASSERT_EQ(number, 500U);
  });
}

INSTANTIATE_TEST_SUITE_P(Mode, StoreReaders, testing::Values(read_mode::mapped, read_mode::copied),
                         [](const auto& mode) {
                           return mode.param == read_mode::mapped ? "Mapped" : "Copied";
                         });

}  // namespace
}  // namespace mainstem::api::test
