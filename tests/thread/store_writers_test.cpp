// SPDX-License-Identifier: Apache-2.0
#include <atomic>

#include "store_support.h"

namespace mainstem::api::test {
namespace {

TEST(StoreWriters, OwnStreamsTakeEveryEventOnceInOrder) {
  temporary_folder folder;
  constexpr std::uint64_t writers = 32;
  constexpr std::uint64_t each = 100;
  {
    auto log = store::open(folder / "store", busy_options()).value();
    in_threads(writers, [&](std::uint64_t writer) {
      const stream_name stream("writer-" + std::to_string(writer));
      position before;
      for (std::uint64_t number = 0; number < each; ++number) {
        const auto done =
            log.append(stream, exactly(version(number)), {event_of(writer, number)}).value();
        ASSERT_NE(done.committed(), nullptr) << done.message();
        ASSERT_GT(done.place()->last_position, before);
        before = done.place()->last_position;
        ASSERT_GE(log.info().durable, before) << "acknowledged is durable";
      }
    });
    EXPECT_EQ(expect_sound(log).size(), writers);
    EXPECT_EQ(log.info().written, position(writers * each));
  }
  auto again = store::open(folder / "store", busy_options()).value();
  EXPECT_TRUE(again.recovery().clean);
  for (const auto& [writer, count] : expect_sound(again)) EXPECT_EQ(count, each) << writer;
}

// Read, decide, write: who was overtaken reads again. No increment is lost.
TEST(StoreWriters, SharedStreamsLoseNoUpdate) {
  temporary_folder folder;
  auto log = store::open(folder / "store", busy_options()).value();
  constexpr std::uint64_t writers = 8;
  constexpr std::uint64_t each = 60;
  std::atomic<std::uint64_t> conflicts{0};
  in_threads(writers, [&](std::uint64_t writer) {
    const stream_name stream("shared-" + std::to_string(writer % 2));
    for (std::uint64_t number = 0; number < each; ++number) {
      const auto event = event_of(writer, number);
      for (;;) {
        const auto seen = log.stream_info(stream).value().version;
        const auto outcome = log.append(stream, exactly(seen), {event}).value();
        if (outcome.committed() != nullptr) break;
        ASSERT_NE(outcome.version_conflict(), nullptr) << outcome.message();
        ASSERT_GT(outcome.version_conflict()->actual, seen);
        ++conflicts;
      }
    }
  });
  for (const auto& [writer, count] : expect_sound(log)) EXPECT_EQ(count, each) << writer;
  for (const auto* name : {"shared-0", "shared-1"}) {
    EXPECT_EQ(log.stream_info(stream_name(name)).value().version, version(writers * each / 2));
  }
  EXPECT_GT(conflicts, 0U) << "nobody was ever overtaken, so nothing was tried";
}

TEST(StoreWriters, RetriesFromSeveralThreadsAreAppendedOnce) {
  temporary_folder folder;
  auto log = store::open(folder / "store", busy_options()).value();
  constexpr std::uint64_t count = 80;
  std::vector<event_data> shared;
  for (std::uint64_t number = 0; number < count; ++number) shared.push_back(event_of(0, number));
  std::atomic<std::uint64_t> committed{0};
  in_threads(16, [&](std::uint64_t) {
    for (std::uint64_t number = 0; number < count; ++number) {
      const auto outcome =
          log.append(stream_name("once-1"), exactly(version(number)), {shared[number]}).value();
      ASSERT_TRUE(outcome.succeeded()) << outcome.message();
      ASSERT_EQ(outcome.place()->first_position, position(number + 1));
      if (outcome.committed() != nullptr) ++committed;
    }
  });
  EXPECT_EQ(committed, count);
  EXPECT_EQ(expect_sound(log)[0], count);
}

TEST(StoreWriters, RequestsOverSeveralStreamsAreWhole) {
  temporary_folder folder;
  auto log = store::open(folder / "store", busy_options()).value();
  constexpr std::uint64_t writers = 12;
  constexpr std::uint64_t each = 50;
  in_threads(writers, [&](std::uint64_t writer) {
    for (std::uint64_t number = 0; number < each; ++number) {
      append_request request;
      const auto left = (writer + number) % 5;
      const auto right = 5 + (writer * number) % 5;
      request.write(stream_name("left-" + std::to_string(left)), any,
                    {event_of(writer, 2 * number)});
      request.write(stream_name("right-" + std::to_string(right)), any,
                    {event_of(writer, 2 * number + 1)});
      request.require(stream_name("nobody"), no_stream);
      const auto outcome = log.append(request).value();
      ASSERT_NE(outcome.committed(), nullptr) << outcome.message();
      ASSERT_EQ(outcome.place()->last_position.value(),
                outcome.place()->first_position.value() + 1);
    }
  });
  for (const auto& [writer, count] : expect_sound(log)) EXPECT_EQ(count, 2 * each) << writer;
}

TEST(StoreWriters, BufferedAndSyncedMixAndFlushMakesAllDurable) {
  temporary_folder folder;
  auto log = store::open(folder / "store", busy_options()).value();
  constexpr std::uint64_t writers = 64;
  constexpr std::uint64_t each = 50;
  in_threads(writers, [&](std::uint64_t writer) {
    const stream_name stream("writer-" + std::to_string(writer % 20));
    for (std::uint64_t number = 0; number < each; ++number) {
      const auto kind = (writer + number) % 4 == 0 ? durability::synced : durability::buffered;
      const auto done = log.append(stream, any, {event_of(writer, number)}, {kind}).value();
      ASSERT_NE(done.committed(), nullptr) << done.message();
      if (kind == durability::synced) {
        ASSERT_GE(log.info().durable, done.place()->last_position);
      } else {
        ASSERT_TRUE(log.read_event(done.place()->last_position, visibility::written).value());
      }
      if (number % 25 == 24) {
        ASSERT_TRUE(log.flush());
        ASSERT_GE(log.info().durable, done.place()->last_position);
      }
    }
  });
  log.flush().value();
  EXPECT_EQ(log.info().durable, position(writers * each));
  for (const auto& [writer, count] : expect_sound(log)) EXPECT_EQ(count, each) << writer;
}

// Closing comes right behind the last buffered appends, while the background is at its busiest.
TEST(StoreWriters, ClosingAndOpeningInARowLosesNothing) {
  temporary_folder folder;
  std::uint64_t expected = 0;
  for (std::uint64_t round = 0; round < 8; ++round) {
    auto log = store::open(folder / "store", busy_options()).value();
    ASSERT_EQ(log.info().written, position(expected));
    ASSERT_TRUE(log.recovery().clean);
    in_threads(8, [&](std::uint64_t writer) {
      for (std::uint64_t number = round * 40; number < (round + 1) * 40; ++number) {
        const stream_name stream("writer-" + std::to_string(writer));
        const append_options buffered{durability::buffered};
        ASSERT_TRUE(
            log.append(stream, any, {event_of(writer, number)}, buffered).value().committed());
      }
    });
    expected += 8 * 40;
    if (round % 2 == 0) {
      ASSERT_TRUE(log.close());
    }
  }
  auto log = store::open(folder / "store", busy_options()).value();
  for (const auto& [writer, count] : expect_sound(log)) EXPECT_EQ(count, 320U) << writer;
}

TEST(StoreWriters, SeveralStoresDoNotMeet) {
  temporary_folder folder;
  in_threads(4, [&](std::uint64_t which) {
    auto log = store::open(folder / std::to_string(which), busy_options()).value();
    in_threads(4, [&](std::uint64_t writer) {
      for (std::uint64_t number = 0; number < 100; ++number) {
        const stream_name stream("s-" + std::to_string((writer + which) % 3));
        ASSERT_TRUE(log.append(stream, any, {event_of(writer, number)}).value().committed());
      }
    });
    EXPECT_EQ(log.info().written, position(400));
    for (const auto& [writer, count] : expect_sound(log)) EXPECT_EQ(count, 100U) << writer;
  });
}

}  // namespace
}  // namespace mainstem::api::test
