// SPDX-License-Identifier: Apache-2.0
#include <mainstem/testing/simulated_disk.h>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace ms = mainstem;
namespace mt = mainstem::testing;
using namespace std::chrono_literals;

namespace {

const ms::stream_name thing("thing-1");

void append(ms::store& store, const std::string& payload,
            ms::durability how = ms::durability::synced) {
  const auto outcome =
      store.append(thing, ms::any, ms::event_data("happened", ms::text(payload)), {how});
  ASSERT_TRUE(outcome.value().succeeded());
}

std::string all_of(const ms::store& store) {
  std::string joined;
  auto reader = store.read_all();
  while (const auto batch = reader.next().value())
    for (const auto& event : batch) joined += event.payload_text();
  return joined;
}

TEST(SimulatedStore, IsThereAgainAfterCloneAndCrash) {
  mt::simulated_disk disk;
  auto store = mt::open(disk, "/data/things").value();
  append(store, "a");
  append(store, "b");
  auto killed = disk.clone();
  auto crashed = disk.crash(3);
  append(store, "c");
  EXPECT_EQ(all_of(mt::open(killed, "data/things").value()), "ab");
  EXPECT_EQ(all_of(mt::open(crashed, "data/things").value()), "ab");
  EXPECT_EQ(all_of(store), "abc");
}

TEST(SimulatedStore, LosesWhatWasBufferedWithThePowerAndNotWithTheProcess) {
  mt::simulated_disk disk;
  auto options = mt::small_store();
  options.buffered_sync_interval = 1h;
  options.mark_interval = 1h;
  auto store = mt::open(disk, "s", options).value();
  append(store, "a");
  append(store, "b", ms::durability::buffered);
  auto killed = disk.clone();
  auto crashed = disk.crash(1, {.unsynced = mt::survival::nothing});
  EXPECT_EQ(all_of(mt::open(killed, "s").value()), "ab");
  EXPECT_EQ(all_of(mt::open(crashed, "s").value()), "a");
}

TEST(SimulatedStore, OutlivesItsDisk) {
  std::optional<mt::simulated_disk> disk(std::in_place);
  auto store = mt::open(*disk, "s").value();
  disk.reset();
  append(store, "a");
  EXPECT_EQ(all_of(store), "a");
  EXPECT_TRUE(store.close());
}

TEST(SimulatedStore, IsOpenOnceAndCanBeFollowed) {
  mt::simulated_disk disk;
  auto store = mt::open(disk, "s").value();
  EXPECT_EQ(mt::open(disk, "s").error(), ms::errc::store_locked);
  append(store, "a");
  const auto follower = mt::open_read_only(disk, "s").value();
  append(store, "b");
  ASSERT_TRUE(follower.wait_for(ms::position(2), 10s));
  EXPECT_EQ(all_of(follower), "ab");
  EXPECT_EQ(mt::open_read_only(disk, "none").error(), ms::errc::store_not_found);
}

TEST(SimulatedStore, KeepsSeveralStoresApart) {
  mt::simulated_disk disk;
  auto first = mt::open(disk, "a/store").value();
  auto second = mt::open(disk, "b/store").value();
  append(first, "1");
  append(second, "2");
  ASSERT_TRUE(first.save_checkpoint("reader", ms::position(1)));
  EXPECT_EQ(second.checkpoint("reader").value(), std::nullopt);
  first.close().value();
  second.close().value();
  auto after = disk.crash(1);
  after.lose_index("a/store");
  const auto again = mt::open(after, "a/store").value();
  EXPECT_TRUE(again.recovery().index_rebuilt);
  EXPECT_EQ(again.checkpoint("reader").value(), ms::position(1));
  EXPECT_FALSE(mt::open(after, "b/store").value().recovery().index_rebuilt);
}

TEST(SimulatedStore, ChecksItsOptions) {
  mt::simulated_disk disk;
  EXPECT_EQ(mt::open(disk, "s", {.segment_size_bytes = 1}).error(), ms::errc::invalid_argument);
  EXPECT_EQ(mt::open_read_only(disk, "s", {.segment_size_bytes = 1}).error(),
            ms::errc::invalid_argument);
}

TEST(SimulatedStore, FailsAsTheDiskSays) {
  for (const int number : {EIO, EACCES, EMFILE, EROFS, ENOSPC}) {
    mt::simulated_disk disk;
    disk.fail_call(1, {.error = number, .for_good = true});
    const auto opened = mt::open(disk, "s");
    ASSERT_FALSE(opened) << number;
    EXPECT_FALSE(opened.error().message().empty());
    disk.clear_faults();
    EXPECT_TRUE(mt::open(disk, "s")) << number;
  }
}

TEST(SimulatedStore, MeetsLimitsOfTheFileSystem) {
  mt::simulated_disk disk;
  {
    auto store = mt::open(disk, "s").value();
    append(store, "a");
  }
  disk.set_read_only(true);
  const auto read_only = mt::open(disk, "s");
  ASSERT_FALSE(read_only);
  EXPECT_EQ(read_only.error().code(),
            boost::system::error_code(EROFS, boost::system::system_category()));
  EXPECT_EQ(all_of(mt::open_read_only(disk, "s").value()), "a");
  disk.set_read_only(false);
  disk.set_most_open(2);
  const auto without = mt::open(disk, "s");
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().code(),
            boost::system::error_code(EMFILE, boost::system::system_category()));
  disk.set_most_open(std::nullopt);
  auto store = mt::open(disk, "s").value();
  disk.set_capacity(disk.used_bytes());
  std::string payload(8000, 'x');
  ms::error why;
  for (int i = 0; i < 40 && !(why.code()); ++i) {
    const auto outcome = store.append(thing, ms::any, ms::event_data("big", ms::text(payload)));
    if (!outcome) why = outcome.error();
  }
  EXPECT_EQ(why, ms::errc::disk_full);
  disk.set_capacity(std::nullopt);
  append(store, "b");
}

TEST(SimulatedStore, SaysWhyItsIndexFails) {
  mt::simulated_disk disk;
  auto options = mt::small_store();
  options.index_flush_interval = 10ms;
  auto store = mt::open(disk, "s", options).value();
  disk.fail_call(1, {.error = EIO, .for_good = true, .only = mt::call_kind::commit_index});
  append(store, "a");
  for (int i = 0; i < 1000 && !store.info().index_failure; ++i) std::this_thread::sleep_for(5ms);
  EXPECT_TRUE(store.info().index_failure);
  disk.clear_faults();
  EXPECT_EQ(all_of(store), "a");
}

TEST(SimulatedStore, ReportsDamageWithItsPlace) {
  mt::simulated_disk disk;
  {
    auto store = mt::open(disk, "s").value();
    for (int i = 0; i < 5; ++i) append(store, std::string(600, 'x'));
  }
  for (const auto& [path, bytes] : disk.files()) {
    if (path.ends_with("1.log")) {
      ASSERT_TRUE(disk.flip_bit(path, 1000 * 8));
    }
  }
  const auto store = mt::open(disk, "s").value();
  auto reader = store.read_all();
  const auto batch = reader.next();
  const bool is_told = store.recovery().damage || !batch;
  EXPECT_TRUE(is_told);
}

TEST(SimulatedStore, GivesEventsTheTimeThatIsSet) {
  mt::simulated_disk disk;
  const std::chrono::system_clock::time_point past{std::chrono::seconds(1'000'000'000)};
  disk.set_clock(past);
  auto store = mt::open(disk, "s").value();
  append(store, "a");
  const auto event = store.read_event(ms::position(1)).value();
  EXPECT_EQ(event->view().time(), past);
}

// The machine goes down while several threads are at it: whatever one of them had been told by then
// is there.
TEST(SimulatedStore, CrashesConsistentlyUnderThreads) {
  mt::simulated_disk disk;
  auto options = mt::small_store();
  options.index_flush_interval = 10ms;
  auto store = mt::open(disk, "s", options).value();
  std::atomic<std::uint64_t> told{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  for (int number = 0; number < 3; ++number) {
    writers.emplace_back([&, number] {
      const ms::stream_name own("writer-" + std::to_string(number));
      while (!stop) {
        const auto done = store.append(own, ms::any, ms::event_data("e", ms::text("x"))).value();
        const std::uint64_t at = done.place()->last_position.value();
        std::uint64_t seen = told;
        while (seen < at && !told.compare_exchange_weak(seen, at)) continue;
      }
    });
  }
  for (std::uint64_t seed = 0; seed < 15; ++seed) {
    while (told < (seed + 1) * 20) std::this_thread::yield();
    const std::uint64_t before = told;
    auto left = seed % 3 == 0 ? disk.clone() : disk.crash(seed);
    const auto again = mt::open(left, "s", options).value();
    EXPECT_FALSE(again.recovery().damage);
    EXPECT_GE(again.info().durable.value(), before) << "seed " << seed;
  }
  stop = true;
  for (auto& each : writers) each.join();
}

}  // namespace
