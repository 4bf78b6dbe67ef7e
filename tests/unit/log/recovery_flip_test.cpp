// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/fake_clock.h"
#include "support/recovery_support.h"

// A byte changes somewhere in a small log. Whatever it is, nothing that was not appended is read,
// nothing that was acknowledged is missing without a word, and nothing dies.
namespace mainstem::test {
namespace {

constexpr std::uint64_t flipped_segment_bytes = 4096;

struct small_log {
  os::simulated_disk disk;
  std::unique_ptr<log_builder> built;

  small_log() {
    built = std::make_unique<log_builder>(
        open_log_folder(disk), log_builder_options{.segment_size_bytes = flipped_segment_bytes});
    EXPECT_TRUE(built->begin_segment());
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(built->commit_synced(i % 2 == 0 ? 1 : 2));
    EXPECT_TRUE(built->begin_segment());
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(built->commit_synced(i % 2 == 0 ? 1 : 2));
    EXPECT_TRUE(built->seal_previous());
    EXPECT_TRUE(built->mark());
    EXPECT_TRUE(built->sync());
  }
};

/// What is read is what was appended, and what is missing was reported.
void expect_no_silent_change(const opened_log& opened, const event_map& all) {
  if (!opened.log) {
    EXPECT_EQ(opened.log.error(), error_condition::corruption) << opened.log.error();
    return;
  }
  for (const auto& [at, payload] : opened.events) {
    ASSERT_TRUE(all.contains(at)) << at;
    ASSERT_EQ(payload, all.at(at)) << at;
  }
  if (!opened.log->damage) {
    ASSERT_EQ(opened.events, all);
  }
}

TEST(FlippedByte, IsDetectedOrDoesNotMatter) {
  const small_log sound;
  const auto files = sound.disk.files();
  std::size_t reported = 0;
  std::size_t silent = 0;
  for (const std::uint32_t number : {1U, 2U}) {
    const auto size = files.at(log_path(number)).size();
    for (std::uint64_t byte = 0; byte < size; ++byte) {
      auto disk = sound.disk.clone();
      ASSERT_TRUE(disk->flip_bit(log_path(number), byte * 8 + byte % 8));
      const auto opened = open_log(*disk, {}, {.segment_size_bytes = flipped_segment_bytes});
      const auto& all = sound.built->events();
      expect_no_silent_change(opened, all);
      ASSERT_FALSE(HasFatalFailure()) << "segment " << number << " byte " << byte;
      const bool quiet = opened.log && !opened.log->damage;
      quiet ? ++silent : ++reported;
      if (!quiet) continue;
      // Provably unused: behind the last frame that counts, in the last mark, or in a trailer, all
      // of which were made again.
      const auto& frames = sound.built->frames();
      const bool in_trailer = number == 1 && byte >= frames[2].end();
      const bool behind = number == 2 && byte >= frames.back().offset;
      EXPECT_TRUE(in_trailer || behind) << "segment " << number << " byte " << byte;
      const auto again = open_log(*disk, {}, {.segment_size_bytes = flipped_segment_bytes});
      ASSERT_TRUE(again.log);
      EXPECT_FALSE(again.log->damage);
      EXPECT_EQ(again.events, all);
    }
  }
  EXPECT_GT(reported, 1500U);
  EXPECT_GT(silent, 1000U);
}

TEST(RandomDamage, NeverChangesWhatIsReadAndNeverKills) {
  const small_log sound;
  const auto files = sound.disk.files();
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    fake_random random(seed);
    auto disk = sound.disk.clone();
    for (std::uint64_t i = 0, count = 1 + random.below(3); i < count; ++i) {
      const std::string path = log_path(static_cast<std::uint32_t>(1 + random.below(2)));
      const auto size = files.at(path).size();
      const std::uint64_t offset = random.below(size);
      std::vector<std::byte> bytes(1 + random.below(600));
      if (random.chance(70)) random.fill(bytes);
      switch (random.below(4)) {
        case 0: ASSERT_TRUE(disk->truncate(path, offset)); break;
        case 1: {  // A block from somewhere else.
          const auto& source = files.at(log_path(static_cast<std::uint32_t>(1 + random.below(2))));
          const std::uint64_t from = random.below(source.size() / 512) * 512;
          const std::uint64_t count512 = std::min<std::uint64_t>(512, source.size() - from);
          ASSERT_TRUE(
              disk->overwrite(path, offset / 512 * 512, std::span(source).subspan(from, count512)));
          break;
        }
        default: ASSERT_TRUE(disk->overwrite(path, offset, bytes));
      }
    }
    for (const bool accept : {false, true}) {
      const auto opened = open_log(*disk, {.evidence = position(8), .accept_loss = accept},
                                   {.segment_size_bytes = flipped_segment_bytes});
      if (!opened.log) {
        ASSERT_EQ(opened.log.error(), error_condition::corruption) << opened.log.error();
        continue;
      }
      ASSERT_TRUE(accept || opened.log->damage || opened.events == sound.built->events()) << seed;
      for (const auto& [at, payload] : opened.events)
        ASSERT_EQ(payload, sound.built->events().at(at)) << seed;
      if (!accept) continue;
      const auto again =
          open_log(*disk, {.evidence = position(8)}, {.segment_size_bytes = flipped_segment_bytes});
      ASSERT_TRUE(again.log) << again.log.error();
      ASSERT_FALSE(again.log->damage) << seed << " " << *again.log->damage;
      ASSERT_EQ(again.events, opened.events) << seed;
    }
  }
}

}  // namespace
}  // namespace mainstem::test
