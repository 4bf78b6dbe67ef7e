// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cerrno>

#include "support/recovery_support.h"

// Every call of recovery fails once, and it is called again.
namespace mainstem::test {
namespace {

const log_builder_options small_segments{.segment_size_bytes = 8192, .payload_bytes = 100};

/// Logs that make recovery do all that it can do.
enum class shape { clean, unsynced_tail, torn_header, damaged };
constexpr shape shapes[] = {shape::clean, shape::unsynced_tail, shape::torn_header, shape::damaged};

struct made_log {
  os::simulated_disk disk;
  event_map durable;
  event_map all;
  log::recovery_request request;

  explicit made_log(shape kind) {
    log_builder built(open_log_folder(disk), small_segments);
    for (int segment = 0; segment < 2; ++segment) {
      EXPECT_TRUE(built.begin_segment());
      for (int i = 0; i < 4; ++i) EXPECT_TRUE(built.commit_synced(2));
    }
    EXPECT_TRUE(disk.put(log_path(7) + ".new", {}));
    EXPECT_TRUE(built.files().make_spare(3, 4096));
    EXPECT_TRUE(built.files().make_spare(4, 4096));
    durable = all = built.events();
    if (kind == shape::clean) {
      EXPECT_TRUE(built.mark());
    }
    if (kind == shape::unsynced_tail) {
      EXPECT_TRUE(built.commit(3));
    }
    all = built.events();
    if (kind == shape::torn_header) {
      EXPECT_TRUE(built.begin_segment());
      EXPECT_TRUE(built.commit(2));
      EXPECT_TRUE(disk.flip_bit(log_path(3), 80));
      all = built.events();
    }
    if (kind == shape::damaged) {
      EXPECT_TRUE(disk.flip_bit(log_path(1), built.frames()[1].offset * 8));
      for (const std::uint64_t lost : {3U, 4U}) {
        durable.erase(lost);
        all.erase(lost);
      }
      request.accept_loss = true;
    }
  }
};

/// Fails the n-th call for all n, and lets a second recovery put it right.
void fail_every_call(shape kind, int number, bool for_good) {
  const made_log start(kind);
  bool failed = true;
  for (std::uint64_t n = 1; failed; ++n) {
    ASSERT_LT(n, 500U);
    auto disk = start.disk.clone();
    disk->fail_call(n, {.error = number, .for_good = for_good});
    const auto recovered = recover_on(*disk, start.request, small_segments);
    failed = !recovered;
    if (failed) {
      const auto code = recovered.error().code();
      const bool typed =
          code == errc::disk_full || code.category() == boost::system::system_category();
      ASSERT_TRUE(typed) << recovered.error();
      ASSERT_FALSE(recovered.error().info().path.empty()) << recovered.error();
    }
    disk->clear_faults();
    for (const bool power_lost : {false, true}) {
      auto left = power_lost ? disk->crash(n) : disk->clone();
      const auto opened = open_log(*left, start.request, small_segments);
      ASSERT_TRUE(opened.log) << opened.log.error() << " after call " << n;
      // What was given up on purpose is reported all the same.
      ASSERT_TRUE(!opened.log->damage || start.request.accept_loss)
          << *opened.log->damage << " after call " << n;
      ASSERT_TRUE(is_prefix(opened.events, start.all, start.durable.rbegin()->first))
          << "after call " << n;
      if (!power_lost) {
        ASSERT_EQ(opened.events, start.all) << "after call " << n;
      }
    }
  }
}

TEST(FaultDuringRecovery, EveryCallFailsOnce) {
  for (const shape kind : shapes) fail_every_call(kind, EIO, false);
}

TEST(FaultDuringRecovery, EveryCallFailsForGood) {
  for (const shape kind : shapes) fail_every_call(kind, EIO, true);
}

TEST(FaultDuringRecovery, EveryCallFindsTheDiskFull) {
  for (const shape kind : shapes) {
    for (const int number : {ENOSPC, EDQUOT, EFBIG}) fail_every_call(kind, number, true);
  }
}

TEST(FaultDuringRecovery, AFullDiskIsNamedAndHarmless) {
  const made_log start(shape::unsynced_tail);
  auto disk = start.disk.clone();
  disk->set_capacity(disk->used_bytes() + 1024);
  const auto before = disk->files().at(log_path(2));
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto recovered = recover_on(*disk, {}, small_segments);
    ASSERT_FALSE(recovered);
    EXPECT_EQ(recovered.error(), errc::disk_full) << recovered.error();
    EXPECT_EQ(disk->files().at(log_path(2)), before);
  }
  // What is proven can be read all the same.
  const auto reading = open_log(*disk, {.change_nothing = true}, small_segments);
  ASSERT_TRUE(reading.log) << reading.log.error();
  EXPECT_TRUE(is_prefix(reading.events, start.all, start.durable.rbegin()->first - 2));

  disk->set_capacity({});
  const auto opened = open_log(*disk, {}, small_segments);
  ASSERT_TRUE(opened.log) << opened.log.error();
  EXPECT_EQ(opened.events, start.all);
}

TEST(FaultDuringRecovery, ACleanLogOpensOnAFullDisk) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk), small_segments);
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit_synced(2));
  ASSERT_TRUE(built.mark());
  disk.set_capacity(disk.used_bytes());
  const auto opened = open_log(disk, {}, small_segments);
  ASSERT_TRUE(opened.log) << opened.log.error();
  EXPECT_TRUE(opened.log->clean);
  EXPECT_EQ(opened.events, built.events());
}

}  // namespace
}  // namespace mainstem::test
