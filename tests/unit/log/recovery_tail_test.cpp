// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/fake_clock.h"
#include "support/recovery_support.h"

// What a crash may leave of the last frames: cut anywhere, any sectors of them, garbage or old
// frames behind them.
namespace mainstem::test {
namespace {

constexpr std::size_t sector_bytes = 512;

struct torn_log {
  os::simulated_disk disk;
  std::unique_ptr<log_builder> built;
  built_frame last;
  event_map kept;  ///< Without the last frame.

  explicit torn_log(std::size_t payload_bytes = 40, std::size_t last_events = 1) {
    built = std::make_unique<log_builder>(open_log_folder(disk),
                                          log_builder_options{.payload_bytes = payload_bytes});
    EXPECT_TRUE(built->begin_segment());
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(built->commit_synced());
    kept = built->events();
    EXPECT_TRUE(built->commit(last_events));
    last = built->frames().back();
  }
};

/// Opens the log as a crash left it, and checks that it ends before the torn frame or, if that is
/// whole, behind it; and that new events can follow.
void expect_torn_tail_is_cut(os::simulated_disk& disk, const torn_log& torn, bool whole) {
  auto opened = open_log(disk);
  ASSERT_TRUE(opened.log) << opened.log.error();
  ASSERT_FALSE(opened.log->damage) << *opened.log->damage;
  ASSERT_EQ(opened.events, whole ? torn.built->events() : torn.kept);
  ASSERT_EQ(disk.unsynced_operations(), 0U);

  log_builder next(open_log_folder(disk), *opened.log, {.tag = "next"});
  ASSERT_TRUE(next.commit_synced(2));
  auto all = opened.events;
  all.insert(next.events().begin(), next.events().end());
  const auto again = open_log(disk);
  ASSERT_TRUE(again.log) << again.log.error();
  ASSERT_FALSE(again.log->damage) << *again.log->damage;
  ASSERT_EQ(again.events, all) << "a tail that was cut came back";
}

TEST(TornTail, IsCutWhereverTheLastFrameEnds) {
  const torn_log torn;
  const auto bytes = torn.disk.files().at(log_path(1));
  for (std::uint64_t cut = 0; cut <= torn.last.length; ++cut) {
    // The rest as zeros, and the file ending there.
    auto zeroed = torn.disk.clone();
    const std::vector<std::byte> zeros(torn.last.length - cut);
    ASSERT_TRUE(zeroed->overwrite(log_path(1), torn.last.offset + cut, zeros));
    const bool whole = zeroed->files().at(log_path(1)) == bytes;
    expect_torn_tail_is_cut(*zeroed, torn, whole);
    auto ended = torn.disk.clone();
    ASSERT_TRUE(ended->truncate(log_path(1), torn.last.offset + cut));
    expect_torn_tail_is_cut(*ended, torn, cut == torn.last.length);
    if (HasFatalFailure()) FAIL() << "cut at " << cut;
  }
}

TEST(TornTail, IsCutWhicheverSectorsAreMissing) {
  const torn_log torn(900, 4);
  const auto bytes = torn.disk.files().at(log_path(1));
  const std::uint64_t first = torn.last.offset / sector_bytes;
  const std::uint64_t count = (torn.last.end() + sector_bytes - 1) / sector_bytes - first;
  ASSERT_GE(count, 7U);
  fake_random random;
  for (std::uint64_t subset = 0; subset < (1U << count); ++subset) {
    for (const bool garbage : {false, true}) {
      auto disk = torn.disk.clone();
      auto damaged = bytes;
      for (std::uint64_t i = 0; i < count; ++i) {
        if ((subset >> i & 1U) == 0) continue;
        const std::uint64_t from = std::max((first + i) * sector_bytes, torn.last.offset);
        const std::uint64_t to = std::min((first + i + 1) * sector_bytes, torn.last.end());
        std::fill(damaged.begin() + static_cast<std::ptrdiff_t>(from),
                  damaged.begin() + static_cast<std::ptrdiff_t>(to), std::byte{0});
        if (garbage) random.fill(std::span(damaged).subspan(from, to - from));
      }
      ASSERT_TRUE(disk->put(log_path(1), damaged));
      expect_torn_tail_is_cut(*disk, torn, subset == 0);
      if (HasFatalFailure()) FAIL() << "sectors " << subset << (garbage ? " garbage" : " zeros");
    }
  }
}

TEST(TornTail, EndsAtTheFirstOfSeveralTornFrames) {
  for (std::uint32_t lost = 1; lost < 32; ++lost) {
    os::simulated_disk disk;
    log_builder built(open_log_folder(disk));
    ASSERT_TRUE(built.begin_segment());
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(built.commit_synced());
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(built.commit());
    std::uint64_t last = 3;
    for (std::uint64_t i = 0; i < 5; ++i) {
      const auto& frame = built.frames()[3 + i];
      if ((lost >> i & 1U) != 0) {
        ASSERT_TRUE(disk.flip_bit(log_path(1), (frame.offset + frame.length / 2) * 8));
      }
      if ((lost & ((2U << i) - 1)) == 0) last = frame.last_position;
    }
    const auto opened = open_log(disk);
    ASSERT_TRUE(opened.log) << opened.log.error();
    EXPECT_FALSE(opened.log->damage);
    EXPECT_EQ(opened.events, up_to(built.events(), last)) << lost;
    EXPECT_GT(opened.log->bytes_cut, 0U);
  }
}

TEST(TornTail, IsCutBehindTheLastCommitIfAMarkIsTorn) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(built.commit_synced());
  ASSERT_TRUE(built.mark());
  const auto mark = built.frames().back();
  for (std::uint64_t byte = 0; byte < mark.length; ++byte) {
    auto torn = disk.clone();
    ASSERT_TRUE(torn->flip_bit(log_path(1), (mark.offset + byte) * 8));
    const auto opened = open_log(*torn);
    ASSERT_TRUE(opened.log) << opened.log.error();
    EXPECT_FALSE(opened.log->damage);
    EXPECT_EQ(opened.events, built.events());
  }
}

TEST(TornTail, KeepsTheMarkButStartsAnewIfGarbageFollowsIt) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(built.commit_synced());
  ASSERT_TRUE(built.mark());
  for (const std::uint64_t distance : {0U, 8U, 4096U, 10000U}) {
    auto dirty = disk.clone();
    const std::byte garbage[] = {std::byte{1}};
    ASSERT_TRUE(dirty->overwrite(log_path(1), built.end().offset_bytes + distance, garbage));
    const auto opened = open_log(*dirty);
    ASSERT_TRUE(opened.log) << opened.log.error();
    EXPECT_FALSE(opened.log->damage);
    EXPECT_FALSE(opened.log->clean);
    EXPECT_EQ(opened.log->segments.size(), 2U);
    EXPECT_GT(opened.log->bytes_cut, 0U);
    EXPECT_EQ(opened.events, built.events());
  }
}

// A block that the file system took from an older life of the same segment.
TEST(TornTail, IgnoresFramesOfAnOlderEpochBehindTheEnd) {
  os::simulated_disk old_disk;
  log_builder old_life(open_log_folder(old_disk), {.tag = "old"});
  ASSERT_TRUE(old_life.begin_segment());
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(old_life.commit_synced());
  const auto stale = old_disk.files().at(log_path(1));

  for (std::size_t commits = 1; commits < 8; ++commits) {
    for (const bool marked : {false, true}) {
      os::simulated_disk disk;
      log_builder built(open_log_folder(disk), {.epoch = 2, .tag = "new"});
      ASSERT_TRUE(built.begin_segment());
      for (std::size_t i = 0; i < commits; ++i) ASSERT_TRUE(built.commit_synced());
      if (marked) {
        ASSERT_TRUE(built.mark());
      }
      const std::uint64_t end = built.end().offset_bytes;
      ASSERT_TRUE(
          disk.overwrite(log_path(1), end, std::span(stale).subspan(end, stale.size() - end)));
      // The old life had made less durable than the new one knows of.
      const auto opened = open_log(disk, {.evidence = position(commits)});
      ASSERT_TRUE(opened.log) << opened.log.error();
      for (const auto& [at, payload] : opened.events) EXPECT_EQ(payload.substr(0, 3), "new") << at;
      EXPECT_EQ(opened.events, built.events());
    }
  }
}

// Two lives with the same epoch: after a loss of power nothing may be left that says that the first
// one had it. Place, epoch and position of its frames are right, and only the chain tells.
TEST(TornTail, IgnoresAFrameThatContinuesAnotherChain) {
  os::simulated_disk disks[2];
  std::vector<std::unique_ptr<log_builder>> lives;
  for (os::simulated_disk& disk : disks) {
    const std::string tag = lives.empty() ? "first" : "later";
    lives.push_back(
        std::make_unique<log_builder>(open_log_folder(disk), log_builder_options{.tag = tag}));
    ASSERT_TRUE(lives.back()->begin_segment());
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(lives.back()->commit());
  }
  const built_frame& stale = lives[0]->frames()[1];
  ASSERT_EQ(stale.offset, lives[1]->frames()[1].offset);
  const auto bytes = disks[0].files().at(log_path(1));
  ASSERT_TRUE(
      disks[1].overwrite(log_path(1), stale.offset, std::span(bytes).subspan(stale.offset)));
  const auto opened = open_log(disks[1]);
  ASSERT_TRUE(opened.log) << opened.log.error();
  EXPECT_FALSE(opened.log->damage);
  EXPECT_EQ(opened.events, up_to(lives[1]->events(), 1));
}

// The header of a segment has arrived, and of its first group nothing. It still proves what it
// proves.
TEST(TornTail, OfASegmentWithNothingButAHeaderProvesTheSegmentBefore) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk));
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit_synced(2));
  const auto durable = built.events();
  ASSERT_TRUE(built.begin_segment());
  ASSERT_TRUE(built.commit(2));
  const std::vector<std::byte> zeros(built.frames().back().length);
  ASSERT_TRUE(disk.overwrite(log_path(2), built.frames().back().offset, zeros));
  const auto opened = open_log(disk);
  ASSERT_TRUE(opened.log) << opened.log.error();
  EXPECT_FALSE(opened.log->damage);
  EXPECT_EQ(opened.log->events_rewritten, 0U);
  EXPECT_EQ(opened.events, durable);
  EXPECT_EQ(opened.log->segments.size(), 2U);
  EXPECT_EQ(opened.log->segments.back()->first_position(), position(3));
}

TEST(TornTail, LeavesNothingThatAnyCrashOfTheWriterCouldBringBack) {
  std::size_t states = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    fake_random random(seed);
    os::simulated_disk disk;
    log_builder built(open_log_folder(disk),
                      {.segment_size_bytes = 8U << 10U, .payload_bytes = 20 + random.below(600)});
    ASSERT_TRUE(built.begin_segment());
    for (std::uint64_t i = 0, count = 1 + random.below(12); i < count; ++i) {
      const std::size_t events = 1 + random.below(4);
      if (!built.has_room(events)) {
        ASSERT_TRUE(built.begin_segment());
        if (random.chance(50)) {
          ASSERT_TRUE(built.commit_synced());
          ASSERT_TRUE(built.seal_previous());
        }
      }
      ASSERT_TRUE(built.commit(events));
      if (random.chance(50)) {
        ASSERT_TRUE(built.sync());
      }
      if (built.durable() == built.end().last.value() && random.chance(30)) {
        ASSERT_TRUE(built.mark());
      }
    }
    for (std::uint64_t crash = 0; crash < 10; ++crash, ++states) {
      auto crashed = disk.crash(seed * 10 + crash, {.stale_bytes = random.chance(30)});
      auto opened = open_log(*crashed, {}, {.segment_size_bytes = 8U << 10U});
      ASSERT_TRUE(opened.log) << opened.log.error();
      ASSERT_FALSE(opened.log->damage)
          << *opened.log->damage << " seed " << seed << " crash " << crash;
      ASSERT_TRUE(is_prefix(opened.events, built.events(), built.durable()));
      log_builder next(open_log_folder(*crashed), *opened.log,
                       {.segment_size_bytes = 8U << 10U, .tag = "next"});
      ASSERT_TRUE(next.commit());
      auto all = opened.events;
      all.insert(next.events().begin(), next.events().end());
      const auto again = open_log(*crashed->crash(crash), {}, {.segment_size_bytes = 8U << 10U});
      ASSERT_TRUE(again.log) << again.log.error();
      ASSERT_FALSE(again.log->damage) << *again.log->damage;
      ASSERT_TRUE(is_prefix(again.events, all, opened.log->durable.value()));
    }
  }
  EXPECT_EQ(states, 3000U);
}

}  // namespace
}  // namespace mainstem::test
