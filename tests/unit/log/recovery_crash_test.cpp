// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/fake_clock.h"
#include "support/recovery_support.h"

// Recovery may be interrupted at every call of the disk, by the end of the process or of the
// machine, and so may the recovery that follows.
namespace mainstem::test {
namespace {

constexpr std::uint64_t small_segment_bytes = 6144;
const log_builder_options small{.segment_size_bytes = small_segment_bytes, .payload_bytes = 200};

struct crash_state {
  std::unique_ptr<os::simulated_disk> disk;
  bool power_lost = false;
};

/// The disks that a program leaves which recovers this one and is interrupted before each call that
/// changes something.
std::vector<crash_state> interrupt_everywhere(const os::simulated_disk& disk,
                                              const log::recovery_request& request,
                                              std::uint64_t seed, std::size_t crashes_per_call) {
  std::vector<crash_state> states;
  auto running = disk.clone();
  running->on_call([&](const os::call&) {
    states.push_back({running->clone(), false});
    for (std::size_t i = 0; i < crashes_per_call; ++i) {
      states.push_back({running->crash(seed + states.size(), {.stale_bytes = i % 2 == 1}), true});
    }
  });
  EXPECT_TRUE(recover_on(*running, request, small));
  running->on_call({});
  states.push_back({running->crash(seed), true});
  return states;
}

/// A disk with an unclean log, in one of several ways, and what had been acknowledged on it.
struct unclean_log {
  os::simulated_disk disk;
  std::unique_ptr<log_builder> built;

  explicit unclean_log(int kind) {
    built = std::make_unique<log_builder>(open_log_folder(disk), small);
    EXPECT_TRUE(built->begin_segment());
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(built->commit_synced(2));
    if (kind == 0) return;  // Nothing but the last group is unproven.
    if (kind == 1) {        // A group was never synced.
      EXPECT_TRUE(built->commit(2));
      EXPECT_TRUE(built->commit(3));
      return;
    }
    if (kind == 6) {  // Two files that were made ahead of use, of a size that is not used any more.
      EXPECT_TRUE(built->files().make_spare(2, small_segment_bytes * 2));
      EXPECT_TRUE(built->files().make_spare(3, small_segment_bytes * 2));
      EXPECT_TRUE(built->mark());
      EXPECT_TRUE(built->sync());
      return;
    }
    EXPECT_TRUE(built->files().make_spare(3, small_segment_bytes));
    EXPECT_TRUE(built->begin_segment());  // The segment before is not sealed yet.
    if (kind == 2) return;                // The new one has no byte.
    EXPECT_TRUE(built->commit(2));
    if (kind == 3) return;  // Its first group was not synced.
    EXPECT_TRUE(built->sync());
    EXPECT_TRUE(built->commit_synced(2));
    if (kind == 4) return;       // Its last group is unproven.
    EXPECT_TRUE(built->mark());  // A clean end, but for the trailer.
  }
  static constexpr int kinds = 7;
};

TEST(CrashDuringRecovery, LosesNothingThatWasDurableAndIsRepeatable) {
  std::size_t crashes = 0;
  std::size_t nested = 0;
  for (int kind = 0; kind < unclean_log::kinds; ++kind) {
    const unclean_log start(kind);
    const event_map& all = start.built->events();
    const std::uint64_t durable = start.built->durable();
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      for (const crash_state& once : interrupt_everywhere(start.disk, {}, seed * 1000, 2)) {
        ++crashes;
        for (const crash_state& twice : interrupt_everywhere(*once.disk, {}, seed * 5000, 1)) {
          ++nested;
          const auto opened = open_log(*twice.disk, {}, small);
          ASSERT_TRUE(opened.log) << opened.log.error();
          ASSERT_FALSE(opened.log->damage) << *opened.log->damage << " kind " << kind;
          ASSERT_TRUE(is_prefix(opened.events, all, durable)) << "kind " << kind;
          if (!once.power_lost && !twice.power_lost) {
            ASSERT_EQ(opened.events, all);
          }
          const auto before = twice.disk->fingerprint();
          const auto again = open_log(*twice.disk, {}, small);
          ASSERT_TRUE(again.log && again.log->clean);
          ASSERT_EQ(again.events, opened.events);
          ASSERT_EQ(twice.disk->fingerprint(), before);
        }
      }
    }
  }
  EXPECT_GT(crashes, 500U);
  EXPECT_GT(nested, 5000U);
  RecordProperty("crashes", static_cast<int>(crashes));
  RecordProperty("nested", static_cast<int>(nested));
}

// What a recovery has given out, subscribers and other processes may have seen.
TEST(CrashDuringRecovery, NeverTakesBackWhatARecoveryGaveOut) {
  for (int kind = 0; kind < unclean_log::kinds; ++kind) {
    const unclean_log start(kind);
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      auto crashed = start.disk.crash(seed);
      const auto given = open_log(*crashed, {}, small);
      ASSERT_TRUE(given.log) << given.log.error();
      for (std::uint64_t later = 0; later < 5; ++later) {
        const auto lost =
            crashed->crash(seed * 100 + later,
                           {.unsynced = later == 0 ? os::survival::nothing : os::survival::random});
        const auto again = open_log(*lost, {}, small);
        ASSERT_TRUE(again.log) << again.log.error();
        ASSERT_EQ(again.events, given.events) << "kind " << kind << " seed " << seed;
      }
    }
  }
}

TEST(CrashDuringRecovery, LosesNothingWhileALossIsBeingAccepted) {
  os::simulated_disk disk;
  log_builder built(open_log_folder(disk), small);
  for (int segment = 0; segment < 2; ++segment) {
    ASSERT_TRUE(built.begin_segment());
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(built.commit_synced(2));
  }
  ASSERT_TRUE(built.commit(2));
  ASSERT_TRUE(disk.flip_bit(log_path(2), built.frames()[5].offset * 8));
  auto left = built.events();
  left.erase(11);
  left.erase(12);
  const log::recovery_request accepting{.accept_loss = true};
  for (const crash_state& once : interrupt_everywhere(disk, accepting, 1, 3)) {
    for (const crash_state& twice : interrupt_everywhere(*once.disk, accepting, 7000, 1)) {
      const auto opened = open_log(*twice.disk, accepting, small);
      ASSERT_TRUE(opened.log) << opened.log.error();
      // The last group had not been acknowledged.
      ASSERT_TRUE(is_prefix(opened.events, left, 16));
      const auto again = open_log(*twice.disk, {}, small);
      ASSERT_TRUE(again.log) << again.log.error();
      ASSERT_FALSE(again.log->damage) << *again.log->damage;
      ASSERT_EQ(again.events, opened.events);
    }
  }
}

// Lives that follow each other: write, crash, recover (and crash in there), write on.
TEST(CrashDuringRecovery, KeepsEveryPromiseOverManyLives) {
  std::size_t lives = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    fake_random random(seed);
    auto disk = std::make_unique<os::simulated_disk>();
    event_map promised;
    for (int life = 0; life < 8; ++life, ++lives) {
      for (std::uint64_t attempts = random.below(3); attempts > 0; --attempts) {
        const auto states = interrupt_everywhere(*disk, {}, random.next(), 1);
        disk = states[random.below(states.size())].disk->clone();
      }
      auto opened = open_log(*disk, {}, small);
      ASSERT_TRUE(opened.log) << opened.log.error();
      ASSERT_FALSE(opened.log->damage)
          << *opened.log->damage << " seed " << seed << " life " << life;
      for (const auto& [at, payload] : promised) {
        ASSERT_TRUE(opened.events.contains(at)) << at << " seed " << seed << " life " << life;
        ASSERT_EQ(opened.events.at(at), payload);
      }
      ASSERT_TRUE(opened.events.empty() || (opened.events.begin()->first == 1 &&
                                            opened.events.rbegin()->first == opened.events.size()));
      promised = opened.events;

      auto options = small;
      options.tag = "life" + std::to_string(life);
      log_builder built(open_log_folder(*disk), *opened.log, options);
      bool failed = false;
      if (random.chance(30)) disk->fail_call(1 + random.below(8), {.only = os::call_kind::sync});
      for (std::uint64_t i = random.below(12); i > 0 && !failed; --i) {
        const std::size_t events = 1 + random.below(3);
        if (!built.has_room(events)) {
          failed = !built.begin_segment();
          if (failed) break;
        }
        failed = !built.commit(events) || (random.chance(60) && !built.sync()) ||
                 (built.durable() == built.end().last.value() && random.chance(30) &&
                  !(built.mark() && built.sync()));
      }
      for (const auto& [at, payload] : up_to(built.events(), built.durable()))
        promised[at] = payload;
      disk->clear_faults();
      disk = random.chance(30) ? disk->clone()
                               : disk->crash(random.next(), {.stale_bytes = random.chance(30)});
    }
  }
  EXPECT_EQ(lives, 480U);
}

}  // namespace
}  // namespace mainstem::test
